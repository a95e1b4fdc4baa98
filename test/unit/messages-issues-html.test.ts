import { describe, expect, test } from 'vitest'
import { makeTheme } from '../../emails/theme.ts'
import { compileIssue } from '../../src/messages/compile.tsx'
import type { Design, TakenImages } from '../../src/messages/design.ts'
import { createFiller } from '../../src/messages/fill.ts'
import { parsed } from '../support/issue-text.ts'

const DESIGN: Design = {
  newsletterName: 'Field Notes',
  language: 'en',
  timeZone: 'UTC',
  brandColor: '#b4532a',
  postalAddress: '1 Example Street',
}

async function mail(
  body: string,
  options: { language?: string; images?: TakenImages; design?: Partial<Design> } = {},
): Promise<{ html: string; text: string; web: string }> {
  const { language = 'en', images = {} } = options
  const { issue } = parsed(`---\ntitle: T\nlanguage: ${language}\n---\n\n${body}`)
  const design = { ...DESIGN, language, ...options.design }
  const compiled = await compileIssue(issue, design, { images })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings))
  const filled = createFiller(compiled.message)({
    address: 'ada@mail.example',
    attributes: { name: 'Ada' },
    unsubscribeUrl: 'https://news.example/u/token',
    webUrl: 'https://news.example/w',
    newsletterName: 'Field Notes',
    issueTitle: 'T',
  })
  return { ...filled, web: compiled.webHtml }
}

const preheaderOf = (html: string): string => /mso-hide:all">(.*?)<span/.exec(html)?.[1] ?? ''

describe('the preview text', () => {
  test('shows what is filled in, as the first words do', async () => {
    const { html } = await mail('Hello {{ subscriber.name | default: "you" }}, good evening.')
    expect(preheaderOf(html)).toBe('Hello Ada, good evening.')
  })

  test('is cut between words and holes, never within a hole', async () => {
    const { html } = await mail(`${'word '.repeat(21)}{{ subscriber.name }} ${'more '.repeat(20)}`)
    expect(preheaderOf(html)).toMatch(
      /^(?:word )+(?:word…|Ada (?:more )*(?:m|mo|mor|more)?…|Ada…)$/,
    )
    expect(preheaderOf(html)).not.toMatch(/zq[a-z0-9]/)
  })

  test('is followed by enough that is invisible, so that nothing else is shown beside it', async () => {
    const { html } = await mail('Hello.')
    expect(/(?:&#847;&#8199;){100,}/.test(html)).toBe(true)
  })
})

describe('a picture', () => {
  const images: TakenImages = {
    'pics/wide.png': { url: 'https://m.example/w.png?a=1&b=2', width: 1072, height: 500 },
    'pics/icon.png': { url: 'https://m.example/i.png', width: 24, height: 24 },
  }

  test('that was taken in is shown from there in both parts, with its size and no wider than the column', async () => {
    const { html, text, web } = await mail(
      '![Wide](pics/wide.png)\n\nAn ![icon](pics/icon.png) and <img src="pics/wide.png" width="268" alt="half">',
      { images },
    )
    for (const part of [html, web]) {
      expect(part).toMatch(
        /<img src="https:\/\/m\.example\/w\.png\?a=1&amp;b=2" alt="Wide" width="536" height="250" style="display:block;width:100%;[^"]*max-width:536px"/,
      )
      expect(part).toMatch(
        /<img src="https:\/\/m\.example\/i\.png" alt="icon" width="24" height="24"/,
      )
      expect(part).toMatch(/alt="half" width="268" height="125"|width="268"[^>]*height="125"/)
      expect(part).not.toContain('pics/')
    }
    expect(text).toContain('https://m.example/w.png?a=1&b=2')
    expect(text).not.toContain('pics/')
  })

  test('of a stated width of 2,000 is brought down in proportion, and one of unknown size is the column’s in Word', async () => {
    const { html } = await mail(
      '<img src="https://a.example/x.png" width="2000" height="1000" alt="x">\n\n![y](https://a.example/y.png)',
    )
    expect(html).toMatch(
      /alt="x" [^>]*width="536" height="268"|width="536" height="268"[^>]*alt="x"/,
    )
    // By the attribute, which Word reads; the style takes it back for all others.
    expect(html).toMatch(
      /<img src="https:\/\/a\.example\/y\.png" alt="y" style="display:block;width:auto;max-width:100%;[^"]*" width="536"|alt="y" width="536" style="display:block;width:auto;max-width:100%/,
    )
  })

  test('of half the column’s width stays that', async () => {
    const { html } = await mail('<img src="https://a.example/x.png" width="50%" alt="x">')
    expect(html).toMatch(/<img [^>]*width="50%"/)
    expect(html).not.toContain('50%px')
  })

  test('without words gets an empty alt, so that no client reads its address out', async () => {
    const { html } = await mail('<img src="https://a.example/x.png">')
    expect(html).toMatch(/<img [^>]*alt=""/)
  })
})

describe('a table', () => {
  const wide = `|${' column name |'.repeat(12)}\n|${'-|'.repeat(12)}\n|${' some words |'.repeat(12)}`

  test('that fits a phone stands as it is; a wide one scrolls in a box that a keyboard reaches', async () => {
    const small = await mail('| a | b |\n|-|-|\n| 1 | 2 |')
    expect(small.html).not.toContain('table-layout')
    const large = await mail(wide)
    expect(large.html).toMatch(
      /<table [^>]*table-layout:fixed[^>]*><tbody><tr><td><div [^>]*tabindex="0" style="[^"]*overflow-x:auto"|tabindex="0"[^>]*overflow-x:auto/,
    )
  })

  test('of the editor’s HTML is boxed once, nested ones and all', async () => {
    const { html } = await mail(
      '<table><tr><td><table><tr><td>in</td></tr></table></td><td>out</td></tr></table>\n\nAfter.',
    )
    expect(html.match(/overflow-x:auto/g)).toHaveLength(1)
    expect(html.match(/<table/g)?.length).toBe(html.match(/<\/table>/g)?.length)
  })

  test('keeps short cells whole and gives a column of sentences room', async () => {
    const { html } = await mail(
      `| n | text |\n|-|-|\n| 12 kg | ${'这是一个很长的单元格'.repeat(6)} |`,
    )
    expect(html).toMatch(/<td[^>]* nowrap[^>]*>12 kg/)
    expect(html).toMatch(/<th[^>]*min-width:\d{3}px/)
  })
})

describe('a passage in another language', () => {
  test('has its direction, and the faces of its script', async () => {
    const { html } = await mail(
      'نخست <span lang="en">English</span> و <span lang="ja">直</span> و `code`.',
      { language: 'fa' },
    )
    expect(html).toMatch(/<span lang="en" dir="ltr">English/)
    expect(html).toMatch(/<span lang="ja" dir="ltr" style="font-family:[^"]*Hiragino Sans/)
    expect(html).toMatch(/<code dir="ltr"/)
    expect(html).toMatch(/<html dir="rtl" lang="fa">/)
  })
})

describe('links within the mail', () => {
  const body =
    '[down](#1-the-shed) [gone](#nowhere)\n\n## 1. The shed\n\nText.\n\n## Other\n\nText.'

  test('lead to ids that begin with a letter, and what nobody links to has none', async () => {
    const { html, web } = await mail(body)
    expect(html).toContain('href="#p-1-the-shed"')
    expect(html).toContain('<a id="p-1-the-shed" name="p-1-the-shed"></a>')
    expect(html).not.toContain('id="other"')
    // From anywhere.
    expect(web).toContain('<a id="other" name="other"></a>')
  })
})

describe('what a newsletter chooses', () => {
  const items =
    '## S\n\n### A\n> https://a.example/\n\nText with `code`.\n\n### B\n> https://b.example/\n\nText.'
  const choices = {
    logo: null,
    textFont: 'sans',
    headingFont: 'sans',
    width: null,
    contents: 'auto',
    itemStyle: 'plain',
  } as const

  test('contents always or never, whatever the number of items', async () => {
    expect((await mail(items)).html).not.toContain('In this issue')
    const always = await mail(items, { design: { theme: { ...choices, contents: 'always' } } })
    expect(always.html).toContain('In this issue')
    const four = items + items.replace('## S', '## R')
    expect((await mail(four)).html).toContain('In this issue')
    const never = await mail(four, { design: { theme: { ...choices, contents: 'never' } } })
    expect(never.html).not.toContain('In this issue')
  })

  test('a logo in place of the name, with a dark form that is hidden until it is dark', async () => {
    const logo = {
      url: 'https://l.example/light.png',
      darkUrl: 'https://l.example/dark.png',
      width: 120,
      height: 40,
    }
    const { html } = await mail('Hi.', { design: { theme: { ...choices, logo } } })
    expect(html).toMatch(
      /<img width="120" height="40" src="https:\/\/l\.example\/light\.png" alt="Field Notes"/,
    )
    expect(html).toMatch(/dark\.png"[^>]*style="display:none;mso-hide:all/)
    expect(html).toContain('.logo-light{display:none!important}')
  })

  test('cards, on which code stands out by the paper’s white', async () => {
    const theme = makeTheme('#b4532a', 'en')
    const { html } = await mail(items, { design: { theme: { ...choices, itemStyle: 'card' } } })
    expect(html).toMatch(
      new RegExp(`<td class="card ink" style="[^"]*background-color:${theme.light.soft}`),
    )
    expect(html).toMatch(/<code style="[^"]*background-color:#ffffff/)
  })

  test('faces and width, in the column and in the headings', async () => {
    const design = { theme: { ...choices, headingFont: 'serif', width: 520 } as const }
    const { html } = await mail(items, { design })
    expect(html).toContain('.column{width:520px}')
    expect(html).toMatch(/max-width:520px/)
    expect(html).toMatch(/<h1 style="[^"]*font:700 28px\/1\.3 Georgia/)
    expect(html).toMatch(/<td class="side ink"[^>]*font:16px\/1\.65 Segoe UI/)
  })
})

describe('a large issue', () => {
  const LIMIT = 102 * 1024
  const size = (html: string): number => Buffer.byteLength(html)

  test('loses the tones of its code before Gmail would cut it off', async () => {
    const block = `\`\`\`ts\n${'const value = compute("x", 1) // why\n'.repeat(40)}\`\`\`\n\n`
    const small = await mail(block)
    expect(small.html).toMatch(/<b>const ?<\/b>/)
    const { html } = await mail(block.repeat(20))
    expect(html).not.toMatch(/<b>const ?<\/b>/)
    expect(size(html)).toBeLessThan(LIMIT)
    expect(html).toMatch(/<pre style="/)
  })

  test('then leaves to the style sheet what it can say, and keeps every link', async () => {
    const list = Array.from(
      { length: 800 },
      (_, i) => `- [Article number ${i}](https://n.example/${i})`,
    )
    const { html } = await mail(list.join('\n'))
    expect(size(html)).toBeLessThan(LIMIT)
    expect(html).toContain('.prose a{color:')
    expect(html).toContain('<a href="https://n.example/799">Article number 799</a>')
    expect(html).toContain('https://news.example/u/token')
  })
})

describe('the text part', () => {
  const textOf = async (body: string): Promise<string> => {
    const { text } = await mail(body)
    return text.replace(/^[\s\S]*?news\.example\/w\n\n/, '').replace(/\n\n-{60,}[\s\S]*/, '')
  }

  test.each([
    ['`<pre>`', '<pre>a  b\n  c</pre>', '    a  b\n      c'],
    [
      'lists',
      '<ol start=5><li>x<li>y<ul><li>z <a href="https://x.example/1">l</a></ul><li>w</ol>',
      '5. x\n6. y\n   - z l\n     https://x.example/1\n7. w',
    ],
    [
      'headings, rules and quotes',
      '<h3>H</h3>x<hr><blockquote>q<p>r</p></blockquote>z',
      'H\n\nx\n\n* * *\n\n  q\n\n  r\n\nz',
    ],
  ])('draws %s of HTML as those of Markdown', async (_, body, lines) => {
    expect(await textOf(body)).toBe(lines)
  })

  test('breaks no address, whatever script it goes on in, and parts it from what follows', async () => {
    const address = `https://zh.example/wiki/${'中文'.repeat(20)}`
    expect(await textOf(`${'后'.repeat(40)}${address} 后`)).toContain(`\n${address}\n`)
    expect(await textOf('看https://a.example/3后面')).toBe('看https://a.example/3 后面')
  })

  test('leads nowhere back from a note that ends in code', async () => {
    expect(await textOf('a[^1]\n\n[^1]: x\n\n    ```\n    code\n    ```')).not.toContain('↩')
  })
})

describe('HTML that would break the mail', () => {
  test.each(['td', 'th', 'tr', 'tbody', 'thead', 'tfoot', 'caption'])(
    'a lone <%s> goes, and its words stay in their place in both parts',
    async (name) => {
      const { html, text } = await mail(`a <${name}>b</${name}> c\n\n<${name}>d</${name}> e\n\nf`)
      expect(html).toMatch(/<p[^>]*>a b c<\/p>[\s\S]*d[\s\S]*e[\s\S]*<p[^>]*>f<\/p>/)
      expect(text).toMatch(/a b c\n\nd e\n\nf/)
    },
  )

  test('within a table its parts stay, also where Markdown stands between them', async () => {
    const { html } = await mail('<table><tr><td>x</td><td>\n\n**y**\n\n</td></tr></table>')
    expect(html).toMatch(
      /<tr><td[^>]*>x<\/td><td[^>]*><p[^>]*><strong>y<\/strong><\/p><\/td><\/tr>/,
    )
  })

  test.each([
    '[![](https://a.example/i.png)](https://a.example/)',
    'x <a href="https://a.example/"><img src="https://a.example/i.png"></a>',
    '<a href="https://a.example/"></a>',
    '<p><a href="https://a.example/"> <img alt="" src="https://a.example/i.png"></a></p>',
  ])('a link without a name shows where it leads: %s', async (body) => {
    const { html } = await mail(body)
    expect(html).toMatch(
      /<a href="https:\/\/a\.example\/"[^>]*>\s*(?:a\.example|<img[^>]*alt="a\.example")/,
    )
  })

  test('a picture beside words cannot widen a phone, nor lists in lists', async () => {
    const { html } = await mail(
      'x <img src="https://a.example/4.png" width="9999" height="9999"> y',
    )
    expect(html).toMatch(/<img[^>]*style="[^"]*width:100%;max-width:536px/)
    const deep = Array.from({ length: 14 }, (_, n) => `${'  '.repeat(n)}- a`).join('\n')
    expect([...(await mail(deep)).html.matchAll(/<ul[^>]*padding-left:24px/g)]).toHaveLength(7)
  })
})
