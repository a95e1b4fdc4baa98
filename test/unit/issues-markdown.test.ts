import { describe, expect, test } from 'vitest'
import { checkIssue } from '../../src/issues/check.ts'
import { plainText } from '../../src/issues/plain-text.ts'
import { cpuMsOf } from '../support/cpu-time.ts'
import { bodyTokens, hrefs, parsed, visibleText } from '../support/issue-text.ts'

const linksIn = (markdown: string): string[] => hrefs(parsed(markdown).issue)
const emphasised = (markdown: string, type: 'strong' | 'em' | 'del' = 'strong'): string[] =>
  bodyTokens(markdown)
    .filter((token) => token.type === type)
    .map((token) => plainText(token.tokens ?? []))

describe('bare addresses', () => {
  test.each([
    ['看 https://a.example/x。后面', 'https://a.example/x'],
    ['看https://a.example/x，后面', 'https://a.example/x'],
    ['https://a.example。中文', 'https://a.example'],
    ['（https://a.example/y）', 'https://a.example/y'],
    ['「https://a.example/z」', 'https://a.example/z'],
    ['【https://a.example/z】', 'https://a.example/z'],
    ['真的吗 https://a.example/a？b', 'https://a.example/a'],
    ['甲 https://a.example/a、乙', 'https://a.example/a'],
    ['甲；www.a.example/b，乙', 'http://www.a.example/b'],
    ['来信 a.b+c@a.example。', 'mailto:a.b+c@a.example'],
    ['(https://a.example/w_(x))', 'https://a.example/w_(x)'],
    ['See https://a.example/x.', 'https://a.example/x'],
    ['**https://a.example/x**', 'https://a.example/x'],
    ['**https://a.example/x**后面', 'https://a.example/x'],
    ['<https://a.example/x>', 'https://a.example/x'],
    ['https://a.example/?a=1&amp;b=2', 'https://a.example/?a=1&b=2'],
    ['[文字]（https://a.example/x）', 'https://a.example/x'],
  ])('%s ends where its writer ended it', (markdown, href) => {
    expect(linksIn(markdown)).toEqual([href])
  })

  test('file names and code are no addresses', () => {
    expect(linksIn('main.rs, README.md, `https://a.example` and a.b.c')).toEqual([])
  })

  test('the text of a link is not taken for another link', () => {
    expect(linksIn('[https://a.example](https://b.example)')).toEqual(['https://b.example'])
  })

  test('a paragraph with a thousand addresses does not hold the reader up', async () => {
    const paragraph = Array.from({ length: 1000 }, (_, n) => `甲https://a.example/${n}。`).join('')
    const used = await cpuMsOf(() => expect(linksIn(paragraph)).toHaveLength(1000))
    expect(used).toBeLessThan(3000)
  })
})

describe('emphasis beside CJK punctuation', () => {
  test.each([
    ['**“引号”**后面', ['“引号”']],
    ['**注意：**后面，**重点**在', ['注意：', '重点']],
    ['后面**“引号”**后', ['“引号”']],
    ['后**（括）**后', ['（括）']],
    ['**"a"**后', ['"a"']],
    ['价**￥5**元', ['￥5']],
    ['**🎉**好', ['🎉']],
    ['**[链](https://a.example)**后', ['链']],
    ['然后（**括号**）及**甲**、**乙**。', ['括号', '甲', '乙']],
    ['***“重”***后', ['“重”']],
    ['これは**「重要」**です', ['「重要」']],
    ['**강조(强調)**는', ['강조(强調)']],
  ])('%s', (markdown, strong) => {
    expect(emphasised(markdown)).toEqual(strong)
  })

  test('works for single stars and for strikethrough', () => {
    expect(emphasised('*（斜）*后', 'em')).toEqual(['（斜）'])
    expect(emphasised('~~“删”~~后', 'del')).toEqual(['“删”'])
  })

  test('leaves other text as CommonMark reads it', () => {
    expect(emphasised('2 ** 3 ** 4 and a**"foo"**b')).toEqual([])
    expect(emphasised('**foo "*bar*" foo**')).toEqual(['foo "bar" foo'])
    expect(emphasised('*(**foo**)*', 'em')).toEqual(['(foo)'])
    expect(emphasised('`**“码”**后`')).toEqual([])
  })
})

describe('addresses', () => {
  test('marks of text direction do not make an address relative', () => {
    const { issue, findings } = parsed(
      '[a](\u202ahttps://a.example/x\u202c) [b](%E2%80%AAhttps://a.example/y)',
    )
    expect(hrefs(issue)).toEqual(['https://a.example/x', 'https://a.example/y'])
    expect(findings.filter((each) => each.severity === 'error')).toEqual([])
  })

  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'javascript&#58;alert(1)',
    '&#x6a;avascript:alert(1)',
    'data:text/html;base64,PHA',
    'vbscript:x',
    'file:///etc/passwd',
  ])('%s is taken out, and the text of its link stays', (href) => {
    const { issue, findings } = parsed(`vor [Wort](<${href}>) nach`)
    expect(hrefs(issue)).toEqual([])
    expect(visibleText(issue)).toContain('vor Wort nach')
    expect(findings.map((each) => each.what)).toContainEqual(
      expect.stringContaining('the address of this link was taken out'),
    )
  })

  test('are resolved against base_url, and against the newsletter’s where the issue has none', () => {
    const body = '[r](x.md) ![i](../i.png) [p](//c.example/x) [f](#sec) [q](?a=1)'
    const own = parsed(`---\ntitle: T\nbase_url: https://a.example/b/\n---\n${body}`)
    expect(hrefs(own.issue)).toEqual([
      'https://a.example/b/x.md',
      'https://c.example/x',
      '#sec',
      'https://a.example/b/?a=1',
    ])
    expect(JSON.stringify(own.issue.blocks)).toContain('"https://a.example/i.png"')
    const newsletters = parsed('[r](x.md)', { baseUrl: 'https://n.example/' })
    expect(hrefs(newsletters.issue)).toEqual(['https://n.example/x.md'])
  })

  test('that stay relative are errors with their lines, wherever they stand', () => {
    const { findings } = parsed(
      '---\ntitle: x\n---\n\n- a\n- [b](c.md)\n\n> q\n> ![alt](d.png)\n\n| a | b |\n|---|---|\n| x | [y](z) |\n\n<a href="e">e</a>\n',
    )
    expect(findings.filter((each) => each.severity === 'error')).toMatchObject([
      { line: 6, what: 'relative link: c.md' },
      { line: 9, what: 'relative image: d.png' },
      { line: 13, what: 'relative link: z' },
      { line: 15, what: 'relative link: e' },
    ])
  })

  test('with other than ASCII characters are encoded, the host as IDNA; others go out as written', () => {
    expect(linksIn('[a](https://例え.example/路?q=中) [b](https://A.example/%7eX?a=[1])')).toEqual([
      'https://xn--r8jz45g.example/%E8%B7%AF?q=%E4%B8%AD',
      'https://A.example/%7eX?a=[1]',
    ])
  })
})

test('footnotes are numbered as they are referred to and stand at the end, in no section', () => {
  const { issue } = parsed(
    '---\ntitle: T\n---\na[^b] c[^a] [^none] `[^a]`\n\n[^a]: Note [l](https://a.example)\nmore\n\n    second\n\n[^b]: Wort\n[^unused]: Left\n\n## S\n\nend[^b]\n',
  )
  expect(visibleText(issue)).toBe(
    'T a[1] c[2] [^none] [^a] S  end[1] Wort ↩ ↩ Note l more second ↩ Left',
  )
  expect(hrefs(issue)).toEqual([
    ...['#note-1', '#note-2', '#note-1'],
    ...['#ref-1', '#ref-1-2', 'https://a.example', '#ref-2'],
  ])
  expect(issue.blocks.at(-1)).toMatchObject({
    kind: 'markdown',
    tokens: [{ type: 'hr' }, { type: 'list', items: [{ line: 11 }, { line: 6 }, { line: 12 }] }],
  })
  expect(checkIssue(issue, { file: 'a.md' }).map((each) => each.what)).toEqual([
    'a footnote that is written nowhere: [^none]',
  ])
})

test('a text nested thousands of levels deep is an error, and is shown as it is written', () => {
  const deep = `${'>'.repeat(20_000)} word`
  const { issue, findings } = parsed(deep)
  expect(findings).toContainEqual(
    expect.objectContaining({ severity: 'error', what: 'the text is nested too deeply' }),
  )
  expect(visibleText(issue)).toContain(deep)
})

describe('a list of definitions', () => {
  const parts = (markdown: string): string =>
    bodyTokens(markdown)
      .filter(({ type }) => type === 'term' || type === 'definition')
      .map((token) => `${token.type}(${plainText(token.tokens ?? [])})`)
      .join(' ')

  test.each([
    ['T\n:   a\n:   b', 'term(T) definition(a) definition(b)'],
    ['T\n\n: a\n\n    b\n\nafter', 'term(T) definition(a b)'],
    ['x\nT\n: a\ngoes on\nU\n: b', 'term(T) definition(a goes on) term(U) definition(b)'],
    [': no\n: term', ''],
    ['- a\n\n> : b', ''],
    ['a\n:smile: b', ''],
    ['说明：\n：甲', ''],
  ])('is read as it is written: %j', (markdown, expected) => {
    expect(parts(markdown)).toBe(expected)
  })

  test('knows its lines, and holds what Markdown holds', () => {
    const { findings } = parsed('---\ntitle: T\n---\nx\n\nT\n: a\n\n    [b](rel)\n')
    expect(findings.find(({ severity }) => severity === 'error')?.line).toBe(9)
  })
})
