import { describe, expect, test } from 'vitest'
import { checkIssue } from '../../src/issues/check.ts'
import type { Finding } from '../../src/issues/issue.ts'
import { parsed } from '../support/issue-text.ts'

const FRONT = '---\ntitle: T\ndate: 2026-8-2\n---\n'

function check(body: string, front = FRONT): Finding[] {
  const { issue, findings } = parsed(front + body)
  return [...findings, ...checkIssue(issue, { file: 'weekly-001.md' })]
}

describe('check', () => {
  test('finds nothing wrong with a good issue', () => {
    expect(
      check(
        '## A\n> tag\n\n### B\n> https://a.example\n\n![A lantern](https://a.example/i.png) [to A](#a)\n',
      ),
    ).toEqual([])
  })

  test.each([
    ['\n![](https://a.example/i.png)\n', 6, 'image without alt text: https://a.example/i.png'],
    [
      '- a\n- ![ ](https://a.example/i.png)\n',
      6,
      'image without alt text: https://a.example/i.png',
    ],
    [
      '\n<img src="https://a.example/i.png">\n',
      6,
      'image without alt text: https://a.example/i.png',
    ],
    ['[](https://a.example/x)', 5, 'a link without text: https://a.example/x'],
    ['[here](https://a.example/x)', 5, 'the text of a link says nothing: "here"'],
    ['[点击这里](https://a.example/x)', 5, 'the text of a link says nothing: "点击这里"'],
    ['[words](#nowhere)', 5, '#nowhere leads to no heading of this issue'],
    ['[words]()', 5, 'a link without address: "words"'],
    ['## A\n\n#### B\n\ntext', 7, 'a heading of level 4 after one of level 2'],
    ['## A\n\na\n\n##\n\ntext', 9, 'a heading without text'],
    ['## A\n\n## B\n\ntext', 5, 'nothing stands under the heading "A"'],
    [
      '## A\n> about\n\n## B\n\ntext',
      5,
      'under the heading "A" stands its tagline and nothing else',
    ],
    ['## A\n\n### B\n\n## C\n\ntext', 5, 'under the heading "A" stands a heading and nothing else'],
    [
      '## A\n### B\n> https://a.example\n\ntext\n\n### C',
      11,
      'nothing stands under the heading "C"',
    ],
    ['## A\n> about\n\n## B\n### C\n> https://a.example\n\ntext', 5, 'the section "A" is empty'],
    [
      '| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 | lost \\| too |',
      8,
      'a row with more cells than the table: lost | too',
    ],
    ['<img src="https://a.example/i.png"\n\nz', 5, 'a tag that does not end: <img src="'],
    ['a\nb </div', 6, 'a tag that does not end: </div'],
    ['x <b>bold\n\nz', 5, '<b> is not closed'],
    ['x\n\n<div>\n<div>\n\ny\n\n</div>', 8, '<div> is not closed'],
    [
      'w <a href="javascript:x()">y</a> z',
      5,
      'the address of this link was taken out: javascript:x()',
    ],
    ['x\n\n</div>\n\n</p>', 7, '</div> ends nothing'],
    ['x <span onclick="x()" class="y">z</span>', 5, 'onclick is left out'],
    ['x\n\n<p style="display: none">y</p>', 7, 'a hidden <p> is shown to readers'],
    ['<p hidden>y</p>\n\n<p hidden>z</p>', 5, 'a hidden <p> is shown to readers'],
    [
      '<p style="float:left; text-align:center; margin:0">y</p>',
      5,
      'the style "float" is left out',
    ],
    [
      '[outer [inner](https://a.example/in) x](https://a.example/out)',
      5,
      'a link that Markdown does not read: its brackets are shown',
    ],
    ['[阅读原文](https://a.example/x)', 5, 'the text of a link says nothing: "阅读原文"'],
    ['[→](https://a.example/x)', 5, 'the text of a link says nothing: "→"'],
    [
      '[x y](https://u:secret@a.example/)',
      5,
      'a link with a password in it: https://u:…@a.example/',
    ],
    ['甲__「下」__后', 5, 'lines that mark nothing: __'],
    [
      'ALL OF THIS PARAGRAPH IS WRITTEN IN CAPITALS.',
      5,
      'a paragraph in capitals: "ALL OF THIS PARAGRAPH IS WRITTEN IN CAPI…"',
    ],
    ['a {% if x %} b', 5, '{% if x %} is shown as it is'],
    ['[文字]（ftp://a.example）', 5, 'a link in full-width brackets is none'],
    ['<canvas>text</canvas>', 5, '<canvas> is left out'],
    [
      '<video src="https://a.example/v.mp4"></video>text',
      5,
      '<video> is shown as a link to a.example',
    ],
    ['[a](b.md)', 5, 'relative link: b.md'],
    ['{{ foo.bar }}', 5, 'unknown name "foo.bar" in {{ foo.bar }}'],
  ])('%j', (body, line, what) => {
    expect(check(body).map((each) => ({ line: each.line, what: each.what }))).toEqual([
      { line, what },
    ])
  })

  test.each([
    'a < b, 3 <b, `<img src=`, &lt;img src="x", \\<img src="x"',
    '<p>a\n\n<ul><li>b<li>c</ul>\n\n<div align="center">\n<b>S</b>\n\ntext\n\n</div>',
    '[#12](https://a.example/12), [2026](https://a.example/y), ETSI EN 303 645, foo.__init__ and __x__',
    'Vec<T> and <your name> and List<String',
  ])('HTML that is whole and text that is none are left alone: %j', (body) => {
    expect(check(body)).toEqual([])
  })

  test.each(['| a | b |\n|---|---|\n| 1 \\| 2 | 3 | |\n1 | 2\n', '|a|b|\n|-|-|\n|1|\n||2|'])(
    'a table that fits is left alone: %j',
    (body) => expect(check(body)).toEqual([]),
  )

  test('errors are what must not be sent, all else warns; each says why and what to do', () => {
    const findings = check(
      '[a](b.md) {{ foo.bar }} ![](https://a.example/i.png) [here](https://a.example)',
    )
    expect(findings.map((each) => each.severity)).toEqual(['error', 'error', 'warning', 'warning'])
    for (const each of findings) {
      expect(each).toMatchObject({ file: 'weekly-001.md', line: 5 })
      expect(each.why).not.toBe('')
      expect(each.fix).not.toBe('')
      expect([each.what, each.why, each.fix].join('')).not.toMatch(/\.$/)
    }
  })

  test('a heading over another of a deeper level has that under it', () => {
    expect(check('# A\n\n## B\n\ntext')).toEqual([])
  })

  test('a missing title and date are warnings', () => {
    expect(check('text', '').map((each) => [each.severity, each.what])).toEqual([
      ['warning', 'no title'],
      ['warning', 'no date'],
    ])
  })

  test('counts a subject in columns, a CJK character as two, and without its expressions', () => {
    const subject = (text: string) =>
      check('text', `---\ntitle: T\ndate: 2026-8-2\nsubject: "${text}"\n---\n`).map(
        (each) => each.what,
      )
    expect(subject('字'.repeat(35))).toEqual([])
    expect(subject('字'.repeat(36))).toEqual(['the subject is 72 columns wide'])
    expect(subject('a'.repeat(71))).toEqual(['the subject is 71 columns wide'])
    expect(subject(`${'a'.repeat(69)}👩‍👩‍👧`)).toEqual(['the subject is 71 columns wide'])
    expect(subject(`${'a'.repeat(70)}{{ subscriber.first_name | default: 'x' }}`)).toEqual([])
  })

  test.each([
    ['## A\n\n## B\n', ''],
    ['## A\n\n### B\n', ''],
    ['## 읽을거리\n> 천천히 읽어도 좋은 글\n', ', taglines'],
  ])('an issue of empty sections only is an error: %j', (body, more) => {
    expect(check(body)).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        what: `the issue has headings${more} and nothing else`,
      }),
    )
  })

  test.each([
    '> about',
    '## A\n> I came, I saw.\n> — Caesar',
    '## A\n> [words](https://a.example)',
    '## A\n> [!NOTE]\n> words',
    `## A\n> ${'long '.repeat(30)}`,
  ])('a quote that is what there is to read is no tagline: %j', (body) => {
    expect(check(body)).toEqual([])
  })
})
