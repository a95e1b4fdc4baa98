import { describe, expect, test } from 'vitest'
import { parseIssue } from '../../src/issues/parse.ts'
import { parsed, visibleText } from '../support/issue-text.ts'

const said = (markdown: string) =>
  parsed(markdown)
    .findings.filter((each) => each.what !== 'no date')
    .map(({ line, what }) => [line, what])

describe('what is taken out without harm is said', () => {
  test.each([
    ['a\n\nb\0c', 'NUL characters in the text'],
    ['a\n\nb\u0007c', 'control characters in the text'],
    ['a\n\nb\u001b[31mc', 'escape sequences of a terminal in the text'],
    ['a\n\nb\u2028c', 'line separators that are no line breaks in the text'],
    ['a\n\nb\ud800c', 'broken characters in the text'],
  ])('%j', (body, what) => {
    expect(said(`---\ntitle: T\n---\n${body}`)).toEqual([[6, what]])
  })

  test.each([
    ['subject: "a\\r\\nBcc: x@a.example"', 'line breaks in "subject"'],
    ['subject: "a\\0b"', 'control characters in "subject"'],
    ['subject: "a\\u202Eb"', 'marks that turn the direction of text in "subject"'],
    ['slug: ../../etc/passwd', 'the slug "../../etc/passwd" becomes "etc-passwd"'],
    ['slug: "/"', 'the slug "/" becomes the name of the file'],
    ['topics: {a: 1}', '"topics" is no list of names'],
    ['hidden: true', '"hidden: true" says that the issue is not to be seen yet'],
    ['published: false', '"published: false" says that the issue is not to be seen yet'],
  ])('%s', (field, what) => {
    expect(said(`---\ntitle: T\n${field}\n---\ntext`)).toEqual([[3, what]])
  })

  test('nothing is said of what everybody writes', () => {
    expect(
      said('\ufeff---\r\ntitle: >\r\n  folded\r\n  title\r\nslug: a-b\r\n---\r\ntext\r\n'),
    ).toEqual([])
  })
})

describe('a file that is too much', () => {
  test('is an error that names the size, whether it has lines or not', () => {
    for (const text of ['word '.repeat(300_000), `${'line\n'.repeat(300_000)}`]) {
      const result = parseIssue(text, { file: 'a.md' })
      expect(result).toMatchObject({ ok: false, findings: [{ severity: 'error' }] })
      expect(result.findings[0]?.what).toBe('the issue has 1,500,000 characters')
    }
  })

  test('just below that is read whole, in one line as well', () => {
    const text = Array.from({ length: 20_000 }, (_, n) => `word${n} [l](https://a.example/${n})`)
    const { issue, findings } = parsed(`---\ntitle: T\n---\n${text.join(' ')}`)
    expect(visibleText(issue)).toContain('word19999 l')
    expect(findings.filter((each) => each.severity === 'error')).toEqual([])
  })

  test('as a title is cut, and an error', () => {
    const { issue, findings } = parsed(`---\ntitle: ${'字'.repeat(6000)}\n---\ntext`)
    expect(issue.meta.title).toHaveLength(5000)
    expect(findings).toContainEqual(expect.objectContaining({ severity: 'error', line: 2 }))
    expect(parsed(`---\ntitle: ${'字'.repeat(2000)}\n---\ntext`).issue.meta.title).toHaveLength(
      2000,
    )
  })
})
