import { describe, expect, test } from 'vitest'
import { checkIssue } from '../../src/issues/check.ts'
import { bodyTokens, hrefs, parsed, visibleText } from '../support/issue-text.ts'

const linksIn = (markdown: string): string[] => hrefs(parsed(markdown).issue)

describe('a bare address', () => {
  test.each([
    // GFM: trailing punctuation, lone brackets and what looks like an entity are the sentence's.
    ['fix https://a.example/issues/86: x', 'https://a.example/issues/86'],
    ['https://a.example/a_b_ x', 'https://a.example/a_b'],
    ['www.a.example/search?q=commonmark&hl;', 'http://www.a.example/search?q=commonmark'],
    ['(https://a.example/x)后', 'https://a.example/x'],
    ["https://a.example/Rock_'n'_Roll", "https://a.example/Rock_'n'_Roll"],
    // Words that follow at once.
    ['https://a.example后面的', 'https://a.example'],
    ['看https://a.example/foo/bar这个项目。', 'https://a.example/foo/bar'],
    ['a@b.example后面', 'mailto:a@b.example'],
    ['https://a.example/x입니다', 'https://a.example/x'],
    ['https://a.example后/路径', 'https://a.example'],
    // And those that belong to it.
    ['https://zh.a.example/wiki/中文', 'https://zh.a.example/wiki/%E4%B8%AD%E6%96%87'],
    ['https://a.example/C语言.html 好', 'https://a.example/C%E8%AF%AD%E8%A8%80.html'],
    ['https://a.example/?q=中文#锚', 'https://a.example/?q=%E4%B8%AD%E6%96%87#%E9%94%9A'],
    ['https://例え.example/x', 'https://xn--r8jz45g.example/x'],
    // Punctuation that no address holds.
    ['“https://a.example/a”', 'https://a.example/a'],
    ['https://a.example/a—b', 'https://a.example/a'],
    ['https://a.example/a…', 'https://a.example/a'],
    ['\u202ahttps://a.example/x\u202c y', 'https://a.example/x'],
    ['<https://a.example/a。b>', 'https://a.example/a%E3%80%82b'],
  ])('%s ends where its writer ended it', (markdown, href) => {
    expect(linksIn(markdown)).toEqual([href])
  })

  test('two that only a comma parts are two', () => {
    expect(linksIn('https://a.example、https://b.example/x')).toEqual([
      'https://a.example',
      'https://b.example/x',
    ])
  })
})

describe('full-width brackets around an address', () => {
  test('make a link or an image, as they were meant to', () => {
    expect(linksIn('[文字]（https://a.example/x）后')).toEqual(['https://a.example/x'])
    expect(visibleText(parsed('---\ntitle: T\n---\n[**文**字]（https://a.example）后').issue)).toBe(
      'T 文字后',
    )
    expect(bodyTokens('![图]（https://a.example/i.png）')).toContainEqual(
      expect.objectContaining({ type: 'image', href: 'https://a.example/i.png' }),
    )
  })

  test('without an address are text', () => {
    expect(linksIn('[甲]（乙）')).toEqual([])
  })
})

describe('a link whose words are an address', () => {
  const shown = (markdown: string) => {
    const { issue, findings } = parsed(`---\ntitle: T\ndate: 2026-8-2\n---\n${markdown}`)
    return { text: visibleText(issue), links: hrefs(issue), said: findings.map((f) => f.what) }
  }

  test('leads there, or the true host is the link and the words are none', () => {
    expect(shown('[https://bank.example/x](https://evil.example/y)')).toEqual({
      text: 'T https://bank.example/x (evil.example)',
      links: ['https://evil.example/y'],
      said: ['a link shows https://bank.example/x and leads to evil.example'],
    })
    expect(shown('[https://a.co.uk](https://b.co.uk)').said).toHaveLength(1)
  })

  test.each([
    '<p><a href="https://evil.example/">www.bank.example</a></p>',
    'see <a href="https://evil.example/">www.bank.example</a> ok',
  ])('in HTML as well: %s', (markdown) => {
    const { text, said } = shown(markdown)
    expect(text.replace(/ (?=[a-z)]*\))|(?<=\() /g, '')).toContain(
      'www.bank.example (evil.example)',
    )
    expect(said).toHaveLength(1)
  })

  test.each([
    // Nothing but a host, with a path, in code, in another script, with entities, in brackets.
    ['[paypal.com](https://evil.example/2)', 'paypal.com (evil.example)'],
    ['[PayPal.com/login](https://evil.example/3)', 'PayPal.com/login (evil.example)'],
    ['[`paypal.com`](https://evil.example/10)', 'paypal.com (evil.example)'],
    ['[银行.中国](https://evil.example/29)', '银行.中国 (evil.example)'],
    ['[pay&#112;al.com](https://evil.example/4)', 'paypal.com (evil.example)'],
    ['[（paypal.com）](https://evil.example/22)', '（paypal.com） (evil.example)'],
    ['[https://x.github.io](https://y.github.io)', 'https://x.github.io (y.github.io)'],
    ['[README.md/raw](https://evil.example/5)', 'README.md/raw (evil.example)'],
    // In a sentence, with half a scheme.
    ['[go to https://paypal.com/ now](https://evil.example/16)', 'paypal.com/ now (evil.example)'],
    ['[官网：https://paypal.com](https://evil.example/23)', 'paypal.com (evil.example)'],
    ['[//paypal.com](https://evil.example/26)', '//paypal.com (evil.example)'],
    ['[ftp://paypal.com](https://evil.example/27)', 'ftp://paypal.com (evil.example)'],
    ['[https：//paypal.com](https://evil.example/9)', 'paypal.com (evil.example)'],
    [
      '[https://paypal.com@evil.example](https://evil.example/8)',
      '@evil.example (https://evil.example/8)',
    ],
    // The same host, another path.
    ['[https://a.example/a](https://a.example/b)', 'https://a.example/a (https://a.example/b)'],
    ['[https://a.example/doc](https://a.example/documents)', '(https://a.example/documents)'],
    // Mailboxes and telephones.
    ['[me@paypal.com](mailto:you@evil.example)', 'me@paypal.com (you@evil.example)'],
    ['[paypal.com](mailto:x@evil.example)', 'paypal.com (x@evil.example)'],
    ['[me@paypal.com](https://evil.example)', 'me@paypal.com (evil.example)'],
    ['[+1 555 0100](tel:+15550199)', '+1 555 0100 (+15550199)'],
    // Marks that nobody sees.
    ['[\u202ehttps://paypal.com](https://evil.example/14)', 'T https://paypal.com (evil.example)'],
    ['[p\u200baypal.com](https://evil.example/15)', 'aypal.com (evil.example)'],
    ['[\u202emoc.lapyap](https://evil.example/1)', 'T moc.lapyap'],
    // Relative.
    ['[https://paypal.com](/login)', 'https://paypal.com (/login)'],
    // HTML whose tags cut the address in two.
    ['<a href="https://evil.example/2">https://<span>paypal</span>.com</a>', 'com (evil.example)'],
    ['<a href="https://evil.example/6"><b>https://good</b>.com</a>', '.com (evil.example)'],
    ['<p><a title="x" href="https://evil.example/6"><b>https://good</b>.com</a></p>', '.com ('],
    ['x <a href="https://evil.example/6"><b>https://good.com</a> y', 'good.com (evil.example'],
  ])('also where it is one to a reader only: %s', (markdown, words) => {
    const { text, said } = shown(markdown)
    expect(text.replace(/\( ?/g, '(').replace(/ ?\)/g, ')')).toContain(words)
    expect(said.at(-1)).toMatch(/^a link shows |^relative link|^a mark that turns/)
  })

  test.each([
    '[https://www.a.example](https://blog.a.example/x)',
    '[a.example/x](https://a.example/x)',
    '[crates.io: a page of sizes](https://github.example/rust-lang/crates.io)',
    '[Node.js](https://nodejs.example)',
    '[README.md](https://github.example/x)',
    '[ASP.NET](https://dotnet.example)',
    '[https://例え.example](https://xn--r8jz45g.example/)',
    '[https://a.example/wiki/中文（甲）](https://a.example/wiki/%E4%B8%AD%E6%96%87%EF%BC%88%E7%94%B2%EF%BC%89)',
    '[github.com/a/b](https://github.com/a/b/issues/1?from=mail#x)',
    '[https://a.example/long…](https://a.example/longer/still)',
    '[https://a.example/x/](http://www.a.example/x#top)',
    '[a.example/{{ subscriber.id }}](https://a.example/{{ subscriber.id }})',
    '[me@a.example](mailto:me@a.example?subject=x)',
    '[0800 123](tel:+44800123)',
    '[v1.2.3](https://a.example)',
  ])('of the same owner, or that is only a name, stays: %s', (markdown) => {
    const { links, said, text } = shown(markdown)
    expect(links).toHaveLength(1)
    expect(text).not.toContain(' (')
    expect(said).toEqual([])
  })

  test('a mark that turns the text is left out where nothing ends it, and stays where something does', () => {
    const { text, said } = shown('a \u202eb **c** d\n\n\u2067e\u2069 f\u202c\n\n<p>g\u202e</p>')
    expect(text).toBe('T a b c d \u2067e\u2069 f g')
    expect(said).toHaveLength(3)
    expect(new Set(said).size).toBe(1)
  })
})

test('links that say nothing are told in each language, in HTML too', () => {
  const words = '点击这里 こちら 여기 hier ici aquí здесь اینجا'.split(' ')
  const markdown = words.map((word) => `[${word}](https://a.example)`).join('\n\n')
  const { issue } = parsed(
    `---\ntitle: T\n---\n${markdown}\n\n<p>\n<a href="https://a.example">more</a></p>`,
  )
  const found = checkIssue(issue, { file: 'a.md' }).filter((f) => f.what.includes('says nothing'))
  expect(found.map((f) => f.line)).toEqual([4, 6, 8, 10, 12, 14, 16, 18, 21])
})
