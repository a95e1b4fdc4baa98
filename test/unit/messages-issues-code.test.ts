import fc from 'fast-check'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { makeTheme } from '../../emails/theme.ts'
import { decodeEntities } from '../../src/issues/entities.ts'
import { codeLanguage, loadCodeReader } from '../../src/messages/code-tones.ts'
import { createTokenHtml } from '../../src/messages/token-html.ts'

const THEME = makeTheme('#b4532a', 'en')

const SOURCE = `// a remark <b>
const name = 'x & "y"' ?? null
\tif (a < b) return \`\${name}\`
`

async function rendered(markdown: string, languages: string[]): Promise<string> {
  const readCode = await loadCodeReader(languages)
  return createTokenHtml(THEME, { readCode }).blocks(marked.lexer(markdown))
}

const textOf = (html: string): string => decodeEntities(html.replace(/<[^>]*>/g, ''))

describe('a block of code', () => {
  test('is copied exactly, whatever its tones', async () => {
    const html = await rendered(`\`\`\`ts\n${SOURCE}\`\`\``, ['ts'])
    expect(html).toContain('<span class="quiet" style="color:#59636e">// a remark &lt;b&gt;')
    expect(html).toMatch(/<b>const<\/b>/)
    expect(html).toMatch(/<span class="accent" style="color:#b4532a">'x &amp;/)
    expect(textOf(html)).toBe(SOURCE.trimEnd())
  })

  test('is read as exactly what it is, in every language that we know', async () => {
    const known =
      'ts js tsx jsx json html xml css sh py rs go java kotlin swift c cs ruby php sql yaml toml hs nix lua diff'
    const languages = known.split(' ')
    const readCode = await loadCodeReader(languages)
    const code = fc
      .array(
        fc.constantFrom(
          '/* ',
          ' */',
          '//',
          '"',
          "'",
          '`',
          '${',
          '}',
          '<a b="',
          '>',
          '\n',
          '\t',
          'fn ',
          'x',
          '灯',
          '#',
          '\\',
          '{{ x }}',
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(code, fc.constantFrom(...languages), (text, language) => {
        const runs = readCode(text, language)
        expect(runs?.map((run) => run.text).join('') ?? text).toBe(text)
      }),
      { numRuns: 60 },
    )
    expect(languages.filter((language) => readCode('a "b"', language) === null)).toEqual([])
  })

  test('of an unknown language, or a very long one, is plain', async () => {
    const readCode = await loadCodeReader(['ts', 'brainfuck'])
    expect(readCode('+++', 'brainfuck')).toBeNull()
    expect(readCode('const a = 1\n'.repeat(2000), 'ts')).toBeNull()
    const html = await rendered('```brainfuck\n+[<b>]\n```', ['brainfuck'])
    expect(html).toMatch(/<pre style="[^"]*">\+\[&lt;b&gt;\]<\/pre>/)
  })

  test('keeps the line break that it begins with', async () => {
    expect(await rendered('```\n\na\n```', [])).toMatch(/>\n\na<\/pre>/)
  })

  test.each([
    ['js {1,3}', 'js'],
    ['ts:app.ts', 'ts'],
    ['Rust,ignore', 'rust'],
    ['c++', 'c++'],
    ['', ''],
    [undefined, ''],
  ])('named %j is in %j', (info, language) => {
    expect(codeLanguage(info)).toBe(language)
  })
})
