import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { simpleParser } from 'mailparser'
import { marked, type Token, type Tokens } from 'marked'
import { describe, expect, test } from 'vitest'
import type { Issue } from '../../src/issues/issue.ts'
import { parseIssue } from '../../src/issues/parse.ts'
import { buildMime } from '../../src/mail/mime.ts'
import { compileIssue } from '../../src/messages/compile.tsx'
import { createFiller } from '../../src/messages/fill.ts'
import { issueHeaders } from '../../src/messages/issue-headers.ts'
import { columnsOf } from '../../src/messages/text-layout.ts'
import { programPath, programTest } from '../support/programs.ts'

const FOLDER = new URL('../../issues/', import.meta.url)
const ALL_FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.md'))
/** Without HTML and footnotes, so that plain marked can say what stands in them. */
const FILES = ['field-notes-007.md', 'qingdeng-weekly-001.md']

type Mail = { subject: string; html: string; text: string }
type Facts = { headings: string[]; links: string[]; paragraphs: string[] }

const READER = 'Ada'

async function build(file: string): Promise<Buffer> {
  const parsed = parseIssue(readFileSync(new URL(file, FOLDER), 'utf8'), { file })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings))
  return buildFrom(parsed.issue)
}

async function buildFrom(issue: Issue): Promise<Buffer> {
  const compiled = await compileIssue(issue, {
    newsletterName: '青灯周刊',
    language: issue.meta.language,
    timeZone: 'Asia/Shanghai',
    brandColor: '#b4532a',
    postalAddress: '1 Example Street',
  })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings))
  const mail = createFiller(compiled.message)({
    address: 'ada@mail.example',
    attributes: { first_name: READER },
    unsubscribeUrl: 'https://news.example/u/token',
    webUrl: 'https://news.example/w/issue',
    newsletterName: '青灯周刊',
    issueTitle: issue.meta.title,
  })
  const headers = issueHeaders({
    from: { name: '青灯周刊', address: 'editor@news.example' },
    replyTo: null,
    to: 'ada@mail.example',
    subject: mail.subject,
    date: new Date(0),
    messageId: '<m@news.example>',
    listId: { name: '青灯周刊', id: 'weekly.news.example' },
    unsubscribeUrl: 'https://news.example/u/token',
    unsubscribeMailto: null,
    feedbackId: '1:2:3:POSTRIDER',
  })
  return buildMime(headers, mail)
}

async function byMailparser(bytes: Buffer): Promise<Mail> {
  const mail = await simpleParser(bytes, { skipHtmlToText: true })
  return { subject: mail.subject ?? '', html: mail.html || '', text: mail.text ?? '' }
}

const PYTHON = `
import sys, json, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
print(json.dumps({"subject": m["subject"], "html": m.get_body(("html",)).get_content(), "text": m.get_body(("plain",)).get_content()}))
`

function byPython(bytes: Buffer): Mail {
  return JSON.parse(
    execFileSync(programPath('python3'), ['-c', PYTHON], { input: bytes }).toString(),
  )
}

/** What the source says, read by plain marked and not by our own parser; empty sections left out. */
function factsOf(file: string): Facts {
  const source = readFileSync(new URL(file, FOLDER), 'utf8')
  const [, frontMatter = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(source) ?? []
  const base = /^base_url: (.*)$/m.exec(frontMatter)?.[1]
  const tokens = withoutEmptySections(marked.lexer(body.replace(/(?<!`)\{\{.*?\}\}/g, READER)))
  const all = [...walk(tokens)]
  return {
    headings: all.filter((token) => token.type === 'heading').map((token) => squeeze(plain(token))),
    // Quotes that hold links alone become the line of sources.
    paragraphs: all
      .filter((token) => token.type === 'paragraph' && !isSources(token))
      .map((token) => squeeze(plain(token))),
    links: all
      .filter((token) => token.type === 'link' || token.type === 'image')
      // GFM's own rule takes what follows an address in Chinese for a part of it.
      .map((token) => (token as Tokens.Link).href.replace(/(?:%E3|[。，]).*$/, ''))
      .map((href) => (base ? new URL(href, base).href : href)),
  }
}

function* walk(tokens: readonly Token[]): Generator<Token> {
  for (const token of tokens) {
    yield token
    if (token.type === 'list') yield* walk((token as Tokens.List).items)
    else if ('tokens' in token && token.type !== 'image') yield* walk(token.tokens ?? [])
  }
}

function withoutEmptySections(tokens: Token[]): Token[] {
  const shown = tokens.filter((token) => token.type !== 'space')
  return shown.filter((token, i) => {
    const starts = (at: number): boolean =>
      shown[at]?.type === 'heading' && (shown[at] as Tokens.Heading).depth === 2
    const isTagline = token.type === 'blockquote' && starts(i - 1) && starts(i + 1)
    return !isTagline && !(starts(i) && shown[i + 1]?.type === 'blockquote' && starts(i + 2))
  })
}

function isSources(token: Token): boolean {
  return (
    plain(token).replace(/https?:\/\/\S+|[|\s]/g, '') === '' ||
    /^\[[^\]]+\]\([^)]+\) \| \[/.test(token.raw)
  )
}

function plain(token: Token): string {
  if (token.type === 'image') return ''
  if ('tokens' in token && token.tokens) return token.tokens.map(plain).join('')
  return 'text' in token ? String(token.text) : ''
}

/** marked leaves Chinese emphasis before a bracket as asterisks (CommonMark's rule), we do not. */
function squeeze(text: string): string {
  return text.replace(/[\s*]+/g, '')
}

function htmlToText(html: string): string {
  return html
    .replace(/<(style|title)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&quot;/g, '"')
    .replace(/&#39;|&#x27;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}

function expectInOrder(wanted: readonly string[], found: readonly string[]): void {
  let at = 0
  for (const each of wanted) {
    const next = found.indexOf(each, at)
    expect(next, `${each} after ${found.slice(Math.max(0, at - 2), at).join(' ')}`).toBeGreaterThan(
      -1,
    )
    at = next + 1
  }
}

function expectRunsInOrder(wanted: readonly string[], text: string): void {
  let at = 0
  for (const each of wanted) {
    const next = text.indexOf(each, at)
    expect(next, `${each} in ${text.slice(at, at + 80)}`).toBeGreaterThan(-1)
    at = next + each.length
  }
}

function expectWhole(mail: Mail, facts: Facts): void {
  const headings = [...mail.html.matchAll(/<h[23][^>]*>([\s\S]*?)<\/h[23]>/g)]
  expect(headings.map((match) => squeeze(htmlToText(match[1] ?? '')))).toEqual(facts.headings)
  const addresses = [...mail.html.matchAll(/(?:href|src)="([^"]*)"/g)]
  expectInOrder(
    facts.links,
    addresses.map((match) => htmlToText(match[1] ?? '')),
  )
  expectRunsInOrder(facts.paragraphs, squeeze(htmlToText(mail.html)))

  const lines = mail.text.split(/\r?\n/)
  expectInOrder(facts.headings, lines.map(squeeze))
  expectInOrder(facts.links, mail.text.match(/(?:https?:\/\/|mailto:)[\x21-\x7e]+/g) ?? [])
  expectRunsInOrder(facts.paragraphs, squeeze(mail.text))
  for (const line of lines.filter((each) => !/:\/\/|^ {4}/.test(each))) {
    expect(columnsOf(line), line).toBeLessThanOrEqual(72)
  }
}

test('issues in seven languages are shipped, each whole and sendable', async () => {
  const languages = new Set<string>()
  for (const file of ALL_FILES) {
    const parsed = parseIssue(readFileSync(new URL(file, FOLDER), 'utf8'), { file })
    expect(parsed.findings.filter((each) => each.severity === 'error')).toEqual([])
    if (!parsed.ok) continue
    languages.add(parsed.issue.meta.language)
    const { html, text } = await byMailparser(await buildFrom(parsed.issue))
    expect(html).toContain(` lang="${parsed.issue.meta.language}"`)
    for (const line of text.split('\n').filter((each) => !/:\/\/|^ {4}/.test(each))) {
      expect(columnsOf(line), line).toBeLessThanOrEqual(72)
    }
  }
  expect([...languages].sort()).toEqual(['de', 'en', 'fa', 'ja', 'ko', 'ru', 'zh-CN'])
})

describe.each(FILES)('%s', (file) => {
  test('is whole and in order in both parts, as mailparser reads them', async () => {
    const facts = factsOf(file)
    expect(facts.headings.length).toBeGreaterThan(4)
    expect(facts.links.length).toBeGreaterThan(5)
    expect(facts.paragraphs.length).toBeGreaterThan(5)
    expectWhole(await byMailparser(await build(file)), facts)
  })

  programTest('python3', 'is whole and in order in both parts, as Python reads them', async () => {
    expectWhole(byPython(await build(file)), factsOf(file))
  })

  test('names its language, leaves out what is empty, and leads to its own anchors', async () => {
    const { html, text } = await byMailparser(await build(file))
    const language = file.startsWith('qingdeng') ? 'zh-CN' : 'en'
    expect(html).toContain(`<html dir="ltr" lang="${language}">`)
    expect(html).toMatch(new RegExp(`<td class="side ink" lang="${language}" dir="ltr"`))
    expect(html + text).not.toContain('用得顺手的软件')
    const ids = [...html.matchAll(/<a id="([^"]+)" name="\1"><\/a>/g)].map((match) => match[1])
    const anchors = [...html.matchAll(/href="#([^"]+)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    if (language === 'zh-CN') expect(anchors).toEqual(ids)
    // Too few items for a list of contents.
    else expect(anchors).toEqual([])
  })

  test('can be unsubscribed and read on the web from either part', async () => {
    const { html, text } = await byMailparser(await build(file))
    for (const url of ['https://news.example/u/token', 'https://news.example/w/issue']) {
      expect(html).toContain(`href="${url}"`)
      expect(text.split('\n')).toContain(url)
    }
  })

  test('needs no style sheet: every colour, face and measure stands where it is used', async () => {
    const { html } = await byMailparser(await build(file))
    const bare = html.replace(/<style[\s\S]*?<\/style>/, '')
    expect(bare).not.toContain('<style')
    for (const link of bare.match(/<a [^>]*href="[^"]*"[^>]*>/g) ?? [])
      expect(link).toMatch(/style="[^"]*color:/)
    for (const cell of bare.match(/<td class="side[^>]*>/g) ?? []) {
      expect(cell).toMatch(/word-break:break-word;overflow-wrap:break-word/)
      expect(cell).toMatch(/font:16px\/1\.(8|65) [^;]+;color:#1f2328/)
    }
    for (const image of bare.match(/<img [^>]*>/g) ?? []) expect(image).toMatch(/max-width:100%/)
  })
})

test('a hostile front matter stays text: in headers, in the head of the HTML, in the title', async () => {
  const hostile = [
    'title: "</title><script>alert(1)</script>"',
    'subject: "期刊\\r\\nBcc: victim@mail.example\\r\\n\\r\\n<b>x</b> =?utf-8?Q?y?="',
    'preheader: "<img src=x onerror=alert(1)>"',
    'slug: "../../x"',
    'topics: ["</td>"]',
  ]
  const source = `---\n${hostile.join('\n')}\n---\n\nHello.\n`
  const parsed = parseIssue(source, { file: 'hostile.md', language: 'zh-CN' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings))
  const mail = await byMailparser(await buildFrom(parsed.issue))
  expect(mail.subject).toBe('期刊 Bcc: victim@mail.example <b>x</b> =?utf-8?Q?y?=')
  expect(mail.html).not.toMatch(/<script|<img/)
  expect(mail.html).toContain('&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(mail.text).toContain('Hello.')
})

test('a link to a heading of plain Markdown leads there', async () => {
  const source = '---\ntitle: T\nlanguage: en\n---\n\n[down](#the-shed)\n\n#### The shed\n\nText.\n'
  const parsed = parseIssue(source, { file: 'anchors.md' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings))
  const { html } = await byMailparser(await buildFrom(parsed.issue))
  expect(html).toContain('href="#the-shed"')
  expect(html).toMatch(/<a id="the-shed" name="the-shed"><\/a><h4/)
})
