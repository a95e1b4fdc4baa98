import { describe, expect, test } from 'vitest'
import { checkIssue } from '../../src/issues/check.ts'
import { parseIssue } from '../../src/issues/parse.ts'

/** The lines of all findings about what is marked in the text by the word `bad`, by hand. */
function linesOf(markdown: string): { found: number[]; written: number[] } {
  const result = parseIssue(markdown, { file: 'a.md' })
  const findings = result.ok
    ? [...result.findings, ...checkIssue(result.issue, { file: 'a.md' })]
    : result.findings
  const found = findings.filter((each) => each.what.includes('bad')).map((each) => each.line ?? 0)
  const written = markdown
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .flatMap((line, n) => (line.includes('bad') ? [n + 1] : []))
  return { found: [...new Set(found)].sort((a, b) => a - b), written }
}

const BODIES: Readonly<Record<string, string>> = {
  'in a paragraph': 'one\ntwo [x](bad1.md)\nthree [y](bad2.md)',
  'after a long link text': '[two\nlines](https://a.example) [x](bad1.md)\nand ![y](bad2.png)',
  'in nested lists':
    '- a\n  - b [x](bad1.md)\n    - c\n\n      [y](bad2.md)\n- d\n\n\n  [z](bad3.md)',
  'in an ordered list with code': '1. a\n   ```\n   code\n   ```\n   [x](bad1.md)\n2. [y](bad2.md)',
  'in tasks': '- [ ] a\n- [x] [x](bad1.md)',
  'in a quote': '> a\n> [x](bad1.md)\n>\n> > b\n> > [y](bad2.md)\nlazy [z](bad3.md)',
  'in a table': 'text\n\n| a | b |\n|---|---|\n| c | [x](bad1.md) |\n| ![d](bad2.png) | e |',
  'in HTML':
    '<div>\n<p>a\n<img\n alt="x">\n<a class="x"\n>z</a> <a href="bad1.md"\n>x</a>\n</p></div>',
  'in HTML of several tags':
    '<div>\n\n[x](bad1.md)\n\n<img alt="x" src="bad2.png">\n<p>\n<a href="bad3.md">y</a></p>\n</div>',
  'in inline HTML': 'a <b>b\nc <a href="bad1.md">x</a></b>\n<img src="bad2.png" alt="y">',
  'after comments': '<!-- one\ntwo\n-->\n[x](bad1.md) <!-- a --> b\n[y](bad2.md) <!-- c -->',
  'in footnotes': 'a[^1]\n\n[^1]: note\n    [x](bad1.md)\n\n    [y](bad2.md)\n\nend [z](bad3.md)',
  'under definitions': '[r]: https://a.example\n[s]: https://b.example "t"\n\n[x](bad1.md) [r] [s]',
  'after code': '```js\na\n\nb\n```\n\n    indented\n\n    more\n\n[x](bad1.md)',
  'after headings': 'A\n===\n\nB [x](bad1.md)\n---\n\n### C\n[y](bad2.md)\n#### D [z](bad3.md)',
  'in sections and items':
    '## S [x](bad1.md)\n> tag [y](bad2.md)\n\n### I\n> https://a.example\n\ntext\n[z](bad3.md)',
  'after merge expressions': 'a {{ subscriber.a\n| default: "b" }} [x](bad1.md)\n[y](bad2.md)',
  'with hard breaks': 'a  \nb\\\n[x](bad1.md)<br>\n[y](bad2.md)',
}

const FRONTS: Readonly<Record<string, string>> = {
  'without front matter': '',
  'after front matter': '---\ntitle: T\n\ndate: 2026-8-2\n---\n',
  'after front matter and blank lines': '\n\n---\ntitle: T\n---\n\n\n',
}

describe.each(Object.entries(FRONTS))('lines %s', (_, front) => {
  test.each(Object.entries(BODIES))('are right %s', (_name, body) => {
    for (const end of ['\n', '\r\n', '\r']) {
      const { found, written } = linesOf((front + body).replaceAll('\n', end))
      expect(found).toEqual(written)
    }
  })
})
