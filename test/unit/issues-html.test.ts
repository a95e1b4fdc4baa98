import { describe, expect, test } from 'vitest'
import { bodyTokens, hrefs, parsed, visibleText } from '../support/issue-text.ts'

/** What the tokens say as HTML: `html` tokens as they are, of the others the text. */
function markup(markdown: string): string {
  const text: string[] = []
  const walk = (tokens: readonly { type: string; text?: string; tokens?: unknown[] }[]): void => {
    for (const token of tokens) {
      if (token.type === 'html' || !token.tokens) text.push(token.text ?? '')
      else walk(token.tokens as typeof tokens)
    }
  }
  for (const block of parsed(markdown).issue.blocks) {
    if (block.kind === 'markdown') walk(block.tokens as never)
  }
  return text.join('')
}

/** Only what stands in tokens as HTML; of all others the text is escaped when it is shown. */
function htmlOf(markdown: string): string {
  return bodyTokens(markdown)
    .filter((token) => token.type === 'html')
    .map((token) => token.text)
    .join('')
}

describe('HTML in an issue', () => {
  test('keeps what mail programs show', () => {
    const html = 'H<sub>2</sub>O, <kbd>Ctrl</kbd>, <b>x</b><br>'
    expect(markup(html)).toBe('H<sub>2</sub>O, <kbd>Ctrl</kbd>, <b>x</b><br />')
    expect(markup('<details>\n<summary>S</summary>\n\ntext\n\n</details>')).toBe(
      '<details>\n<summary>S</summary>text</details>',
    )
    expect(markup('<p style="text-align:center; position:fixed">c</p>')).toBe(
      '<p style="text-align:center">c</p>',
    )
  })

  test('wraps Markdown as it was written to, piece by piece', () => {
    expect(markup('<div align="center">\n\n**md**\n\n</div>\n\nend').replace(/\n/g, '')).toBe(
      '<div align="center">md</div>end',
    )
  })

  test.each([
    '<script>alert(1)</script>',
    'a <script>alert(1)</script> b',
    '<img src="https://a.example/x.png" onerror="alert(1)" alt="x">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<svg onload=alert(1)>',
    '<math><a xlink:href="javascript:alert(1)">x</a></math>',
    '<style>@import "https://evil.example"; alert(1)</style>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<b onmouseover=alert(1)>x</b>',
    '<scr<script>ipt>alert(1)</scr</script>ipt>',
    '<form action="javascript:alert(1)"><button formaction="javascript:alert(1)">x</button></form>',
  ])('lets nothing run: %s', (markdown) => {
    const html = htmlOf(markdown)
    expect(html).not.toMatch(/<(?:script|iframe|svg|math|style|form|button)\b/i)
    expect(html).not.toMatch(/<[^>]*(?:\son\w+=|javascript:|srcdoc)/i)
  })

  test('says what it left out, with the line', () => {
    const { findings } = parsed('---\ntitle: T\n---\nText\n\n<canvas></canvas>\n')
    expect(findings).toContainEqual(
      expect.objectContaining({ severity: 'warning', line: 6, what: '<canvas> is left out' }),
    )
  })

  test('keeps the text where a tag goes', () => {
    expect(visibleText(parsed('<form>\n<label>Wort eins</label>\n</form>').issue)).toContain(
      'Wort eins',
    )
    expect(visibleText(parsed('a <blink>Wort</blink> b').issue)).toContain('Wort')
  })

  test('shows what only looks like a tag', () => {
    expect(visibleText(parsed('Vec<T> and Option<Vec<u8>>').issue)).toContain(
      'Vec<T> and Option<Vec<u8>>',
    )
  })

  test('loses its comments, and an unclosed one is an error', () => {
    const { issue, findings } = parsed('a <!-- hidden --> b\n\n<!-- hidden\ntoo -->\n\nc')
    expect(visibleText(issue)).not.toContain('hidden')
    expect(visibleText(issue)).toContain('c')
    expect(findings.filter((each) => each.severity === 'error')).toEqual([])
    const open = parsed('a\n\n<!-- hidden\n\nrest')
    expect(open.findings).toContainEqual(expect.objectContaining({ severity: 'error', line: 3 }))
  })

  test('has its addresses resolved and its images looked at', () => {
    const { issue, findings } = parsed(
      '---\ntitle: T\nbase_url: https://a.example/\n---\n<a href="x"><img src="i.png"></a>\n',
    )
    expect(JSON.stringify(issue.blocks)).toContain('https://a.example/i.png')
    expect(findings).toContainEqual(
      expect.objectContaining({ line: 5, what: 'image without alt text: https://a.example/i.png' }),
    )
    expect(hrefs(issue)).toEqual([])
  })

  test.each([
    ['x <iframe src="https://a.example/f"></iframe> y', 'https://a.example/f', 'a.example'],
    [
      '<iframe src="https://www.youtube.com/embed/abcdef12345" title="A film">\n<b>fallback</b></iframe>',
      'https://www.youtube.com/watch?v=abcdef12345',
      'A film',
    ],
    [
      '<video controls>\n<source src="https://a.example/v.mp4"><source src="https://a.example/v.webm">\nNo player\n</video>',
      'https://a.example/v.mp4',
      'a.example',
    ],
    ['<audio src="//a.example/s.mp3"></audio>', 'https://a.example/s.mp3', 'a.example'],
    [
      '<object data="https://a.example/x.pdf">Get it</object>',
      'https://a.example/x.pdf',
      'a.example',
    ],
    ['<embed src="https://a.example/e">', 'https://a.example/e', 'a.example'],
  ])('leads where a player would have played: %s', (markdown, href, label) => {
    expect(htmlOf(markdown)).toContain(`<a href="${href}">${label}</a>`)
    expect(htmlOf(markdown).match(/<a /g)).toHaveLength(1)
    expect(htmlOf(markdown)).not.toMatch(/<(?:iframe|video|audio|source|object|embed)\b/)
  })

  test('leads nowhere for a player without a safe address', () => {
    expect(htmlOf('<iframe src="javascript:alert(1)"></iframe><video></video>')).not.toContain('<a')
  })

  test.each([
    ['<select><option>Eins</option></select>', 'Eins'],
    ['<noscript>Wort</noscript>', 'Wort'],
    ['<DIV><Font COLOR=red>Wort</FONT></dIv>', 'Wort'],
    ['<center>\n\n**Wort**\n\n</center>', 'Wort'],
    ['<ul><li>Wort<li>zwei</ul>', 'zwei'],
    ['<b><i>Wort</b> zwei</i>', 'zwei'],
    ['| <p>a | b |\n|---|---|\n| <b>Wort | <i>zwei</b> |', 'zwei'],
    ['Type <your name> or <T>', '<your name> or <T>'],
    ['<Badge text="x">Wort</Badge>', 'Wort'],
    ['<math><mi>Wort</mi></math>', 'Wort'],
  ])('keeps its text: %s', (markdown, text) => {
    expect(visibleText(parsed(`---\ntitle: T\n---\n${markdown}`).issue)).toContain(text)
  })

  test('does not carry a link on past its end, whatever stands in it', () => {
    const html = htmlOf('x <a href="https://a.example">one <b>two</b> three</a> four')
    expect(html).toBe('<a href="https://a.example"><b></b></a>')
  })

  test('finds the address of an image that loads late', () => {
    expect(
      htmlOf('<img data-src="https://a.example/l.png" src="data:image/gif;base64,R0lGOD" alt="x">'),
    ).toContain('src="https://a.example/l.png"')
  })

  test('reads <https://…> in a block of HTML as the link that it was meant to be', () => {
    expect(htmlOf('<p>\n<https://a.example/x>\n</p>')).toContain('<a href="https://a.example/x">')
  })
})
