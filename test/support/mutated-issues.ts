import { readdirSync, readFileSync } from 'node:fs'
import { marked } from 'marked'
import { checkIssue } from '../../src/issues/check.ts'
import type { Issue } from '../../src/issues/issue.ts'
import { parseIssue } from '../../src/issues/parse.ts'
import { plainText } from '../../src/issues/plain-text.ts'
import { compileIssue } from '../../src/messages/compile.tsx'
import { createFiller } from '../../src/messages/fill.ts'

const FOLDER = new URL('../../issues/', import.meta.url)

/** What editors and their tools put into an issue, right and wrong; its words are in nothing else. */
const FRAGMENTS = [
  ...[
    '**“引号”**后面',
    '**注意：**后面',
    '*（斜体）*后',
    '~~删去~~后',
    '**粗**（括）**粗**',
    '__under__ _em_',
  ],
  ...[
    '[链接](https://x.example/a_(b))',
    '![图画](https://x.example/i.png)',
    '[空]( )',
    '[a][b][c]',
  ],
  ...[
    '看https://x.example/p。后',
    '（[甲乙](https://x.example/q)）',
    '<https://x.example/auto>',
    'mail a@b.example',
  ],
  ...[
    '<b>粗体',
    '</div>',
    '</td></table>',
    '<p align="center">',
    '<a href="https://x.example/h">',
    '<!-- 注 -->',
  ],
  ...[
    '<center>**中**</center>',
    '<details><summary>摘要</summary>\n\n正文\n\n</details>',
    '<font color=red>红色',
  ],
  ...[
    '<img src="https://x.example/j.png" onerror="alert(1)">',
    '<svg onload=alert(1)>',
    '<a href="javascript:alert(1)">坏</a>',
  ],
  ...[
    '<style>p{position:fixed}</style>',
    '<iframe src="https://x.example/f"></iframe>',
    '<form action="https://x.example"><button>按钮</button></form>',
  ],
  ...[
    '| 列一 | 列二 |\n|---|:-:|\n| 单元 | 格子 |',
    '- [ ] 待办\n- [x] 完成',
    '> 引用\n> > 嵌套',
    '1. 一一\n2. 二二\n   - 三三',
  ],
  ...[
    '```js\nconst 代码 = 1\n```',
    '~~~\n未闭合',
    '    缩进代码',
    '\t- 制表',
    '***',
    '标题一\n===',
    '###### 六级',
  ],
  ...[
    '[^n]\n\n[^n]: 脚注',
    '&copy; &amp; &lt;b&gt;',
    '\\*转义\\*',
    '`行内` `` a`b ``',
    '　　全角缩进',
    'a  \nb\\\nc',
  ],
  ...[
    '::: tip 提示\n内容\n:::',
    '> [!NOTE]\n> 注记',
    '{: .cls}',
    '{{ subscriber.name | default: "读者" }}',
    '{{ 未知 }}',
  ],
  ...[
    '\u202e反向\u202c',
    '\u2028行',
    '👩‍👩‍👧',
    '<',
    '>',
    '[',
    '](',
    '**',
    '`',
    '~~',
    '\\',
    '|',
    '&',
    '<!',
    '{{',
    '}}',
    '# ',
    '> ',
  ],
]

/** A small generator, so that a number names a case for ever. */
export function randomFrom(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const sources = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))

/** One of our own issues with some dozen changes below its front matter. */
export function mutatedIssue(seed: number): string {
  const below = randomFrom(seed)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const source = pick(sources)
  const bodyAt = source.indexOf('\n---', 3) + 5
  const lines = source.slice(bodyAt).split('\n')
  for (let change = 1 + below(14); change > 0; change--) {
    const at = below(lines.length)
    const line = lines[at] ?? ''
    const column = below(line.length + 1)
    const way = below(7)
    if (way === 0) lines.splice(at, 1)
    else if (way === 1) lines.splice(at, 0, pick(FRAGMENTS))
    else if (way === 2) lines.splice(at, 0, '', pick(FRAGMENTS), '')
    else if (way === 3) lines[at] = line.slice(0, column) + pick(FRAGMENTS) + line.slice(column)
    else if (way === 4) lines[at] = pick(['  ', '    ', '> ', '- ', '\t', '1. ', '## ']) + line
    else if (way === 5) lines[at] = line.slice(0, column) + line.slice(column + 1 + below(3))
    else lines.splice(below(lines.length), 0, ...lines.slice(at, at + 1 + below(4)))
  }
  return source.slice(0, bodyAt) + lines.join('\n')
}

export type Mail = { issue: Issue; html: string; text: string; cpuMs: number }

/**
 * What a reader of whom nothing is known gets; null where it is refused, since an expression would decide where a link
 * leads.
 * @throws where it cannot be made for any other reason
 */
export async function mailOf(markdown: string): Promise<Mail | null> {
  const before = process.cpuUsage()
  const parsed = parseIssue(markdown, { file: 'issue.md' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings))
  checkIssue(parsed.issue, { file: 'issue.md' })
  const compiled = await compileIssue(parsed.issue, {
    newsletterName: 'N',
    language: parsed.issue.meta.language,
    timeZone: 'UTC',
    brandColor: '#0b6e4f',
    postalAddress: 'P',
  })
  if (!compiled.ok) {
    if (compiled.findings.every((each) => each.what.includes('scheme or host'))) return null
    throw new Error(JSON.stringify(compiled.findings))
  }
  const filled = createFiller(compiled.message)({
    ...{ address: 'r@readers.example', attributes: {}, newsletterName: 'N', issueTitle: 'T' },
    ...{ unsubscribeUrl: 'https://n.example/u', webUrl: 'https://n.example/w' },
  })
  const used = process.cpuUsage(before)
  return { ...filled, issue: parsed.issue, cpuMs: (used.user + used.system) / 1000 }
}

const ACTIVE_TAGS =
  /^(?:script|iframe|frame|frameset|object|embed|applet|form|input|button|textarea|select|option|base|svg|math|dialog|marquee|portal|link|noembed|xmp|plaintext)$/

/** What runs, loads or takes over the page in markup whose attributes stand in double quotes. */
export function activeContent(html: string): string[] {
  const tags = html.matchAll(/<([a-z][\w-]*)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi)
  return [...tags].flatMap(([tag, name = '', attributes = '']) => [
    ...(ACTIVE_TAGS.test(name.toLowerCase()) ? [tag] : []),
    ...[...attributes.matchAll(/([^\s=/>"']+)(?:\s*=\s*"([^"]*)")?/g)]
      .filter(([, key = '', value = '']) => isActive(key.toLowerCase(), value))
      .map(([attribute]) => `<${name} ${attribute}>`),
  ])
}

function isActive(key: string, written: string): boolean {
  const value = written.replace(/&[a-z]+;|[\s\p{Cc}]/giu, '').toLowerCase()
  if (/^on|^srcdoc$|^formaction$/.test(key)) return true
  if (key === 'style')
    return /expression\(|javascript:|position:(?:fixed|sticky|absolute)/.test(value)
  const leads = /^(?:href|src|action|background|poster)$/.test(key)
  // What does not begin with a scheme is relative, whatever it holds.
  return leads && !/^(?:https?:|mailto:|tel:|(?![a-z][a-z0-9+.-]*:))/.test(value)
}

/** Letters and digits alone, so that neither wrapping nor marks matter. */
const lettersOf = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

const decoded = (html: string): string =>
  plainText([
    {
      type: 'html',
      raw: '',
      text: html.replace(/<style>[\s\S]*?<\/style>/, ''),
      block: false,
    } as never,
  ])

/** Runs of letters that a Markdown parser without rules of ours shows, and that a part of the mail does not. */
export function lostWords(markdown: string, { html, text, issue }: Mail): string[] {
  const body = markdown.slice(markdown.indexOf('\n---', 3) + 5)
  // What is no text for a reader, here or anywhere; the syntax of sites; and expressions, which are filled.
  const seen = body
    .replace(/\{\{[\s\S]*?\}\}/g, ' ')
    .replace(/\{:[^}\n]*\}|^:::.*$|\[\^[^\]\s]+\]:?|\[![A-Z]+\]/gm, ' ')
  const reference = (marked.parse(seen) as string)
    .replace(/<!--[\s\S]*?(?:-->|$)|<(style|script|iframe)\b[\s\S]*?(?:<\/\1>|$)/gi, ' ')
    .replace(/<[^>]*>/g, '\n')
    // In a source line an address is shown as its host.
    .replace(/(?:https?:\/\/|www\.)\S+/g, ' ')
  const leftOut = issue.blocks
    .filter((block) => block.kind === 'section' && block.blocks.length === 0)
    .map((block) =>
      block.kind === 'section' ? block.plainTitle + plainText(block.tagline ?? []) : '',
    )
    .join('\n')
  const [inHtml, inText, inLeftOut] = [decoded(html), text, leftOut].map(lettersOf)
  const runs = decoded(reference.replace(/\n/g, ' \u0000')).match(/\p{L}[\p{L}\p{M}\p{N}]+/gu) ?? []
  return [...new Set(runs.map(lettersOf))].filter(
    (run) => !(inHtml?.includes(run) && inText?.includes(run)) && !inLeftOut?.includes(run),
  )
}
