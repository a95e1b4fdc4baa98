import type { Token, Tokens } from 'marked'
import { decodeEntities } from './entities.ts'
import { collectFindings, type Findings, shorten } from './finding.ts'
import type { Block, Finding, Issue, Item, Section, SourceLine } from './issue.ts'
import { childrenOf, plainText } from './plain-text.ts'

/** The columns that a phone's inbox shows of a subject; a CJK character takes two. */
const LONGEST_SUBJECT = 70

/** What `parseIssue` cannot see piece by piece: how the whole reads. Offline. */
export function checkIssue(issue: Issue, options: { file: string }): Finding[] {
  const findings = collectFindings(options.file)
  checkSubject(issue, findings)
  checkSections(issue.blocks, findings)
  const anchors = anchorsOf(issue.blocks)
  const headings: Tokens.Generic[] = []
  const liquid: { tag: string; line: SourceLine }[] = []
  walkBlocks(issue.blocks, (token, line) => {
    checkImage(token, line, findings)
    checkLink(token, line, anchors, findings)
    checkText(token, line, findings)
    if (token.type === 'heading') headings.push({ ...token, line })
    const tag = token.type === 'text' ? /\{%.*?%\}/.exec(token.text)?.[0] : undefined
    if (tag !== undefined && !childrenOf(token)) liquid.push({ tag, line })
  })
  checkLiquidTags(liquid, findings)
  checkHeadingOrder(headings, findings)
  return findings.list.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

function checkSubject({ meta, merges }: Issue, findings: Findings): void {
  const written = merges.reduce((text, each) => text.replace(each.placeholder, ''), meta.subject)
  const columns = columnsOf(written)
  if (columns > LONGEST_SUBJECT) {
    findings.warning(null, {
      what: `the subject is ${columns} columns wide`,
      why: `inboxes cut it after about ${LONGEST_SUBJECT}, phones after about 40; a CJK character takes two`,
      fix: 'write a shorter `subject:` in the front matter',
    })
  }
}

function columnsOf(text: string): number {
  const wide =
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
  return [...new Intl.Segmenter().segment(text)].reduce(
    (sum, { segment }) => sum + (wide.test(segment) ? 2 : 1),
    0,
  )
}

function checkSections(blocks: readonly Block[], findings: Findings): void {
  const sections = blocks.filter((block): block is Section => block.kind === 'section')
  for (const section of sections) {
    if (section.blocks.length > 0) continue
    findings.warning(section.line, {
      what: `the section "${shorten(section.plainTitle)}" is empty`,
      why: section.tagline
        ? 'it is left out, and the quote under its heading with it'
        : 'it is left out',
      fix: 'write something under it, or take it out',
    })
  }
  if (blocks.length > 0 && blocks.every((b) => b.kind === 'section' && b.blocks.length === 0)) {
    findings.error(null, {
      what: 'every section of the issue is empty',
      why: 'readers would get a mail with a title and nothing else',
      fix: 'write something under at least one heading',
    })
  }
}

function checkImage(token: Token, line: SourceLine, findings: Findings): void {
  const sources = token.type === 'image' ? (plainText([token]) === '' ? [token.href] : []) : []
  const inHtml = token.type === 'html' ? [...token.text.matchAll(/<img\b[^>]*>/g)] : []
  const withoutAlt = inHtml.filter(([tag]) => !/\salt="[^"]*\S[^"]*"/.test(tag))
  for (const [tag] of withoutAlt) sources.push(/\ssrc="([^"]*)"/.exec(tag)?.[1] ?? '')
  for (const src of sources) {
    findings.warning(line, {
      what: `image without alt text: ${shorten(decodeEntities(src))}`,
      why: 'many mail programs show images only when asked, and screen readers read the alt text',
      fix: 'say in a few words what it shows: ![A lantern at dusk](…)',
    })
  }
}

const SAYS_NOTHING =
  /^(?:here|click here|this|link|this link|more|read more|learn more|hier|mehr|ici|aquí|这里|此处|这儿|點此|链接|点击|点击这里|点这里|点此|这|ここ|こちら|тут|здесь)$/iu

function checkLink(
  token: Token,
  line: SourceLine,
  anchors: ReadonlySet<string>,
  findings: Findings,
): void {
  if (token.type !== 'link') return
  const text = plainText(childrenOf(token) ?? []).replace(/[.…。>»→]+$/u, '')
  if (SAYS_NOTHING.test(text)) {
    findings.warning(line, {
      what: `the text of a link says nothing: "${text}"`,
      why: 'screen readers list links by their text alone',
      fix: 'name what it leads to',
    })
  }
  const href: string = token.href
  if (href.startsWith('#') && href.length > 1 && !anchors.has(href.slice(1))) {
    findings.warning(line, {
      what: `${shorten(href)} leads to no heading of this issue`,
      why: 'nothing happens when a reader follows it',
      fix: 'write the heading’s words in lower case, with - for each space',
    })
  }
  if (href === '' || href === '#') {
    findings.warning(line, {
      what: `a link without address: "${shorten(text, 30)}"`,
      why: 'nothing happens when a reader follows it',
      fix: 'write where it leads',
    })
  }
}

function checkText(token: Token, line: SourceLine, findings: Findings): void {
  if (token.type !== 'text' || childrenOf(token)) return
  if (/\]（https?:/.test(token.text) || /\][（(]$/.test(token.text)) {
    findings.warning(line, {
      what: 'a link in full-width brackets is none',
      why: 'Markdown reads only ( and ) around an address',
      fix: 'write [text](https://…)',
    })
  }
}

function checkLiquidTags(
  found: readonly { tag: string; line: SourceLine }[],
  findings: Findings,
): void {
  const [first, ...others] = found
  if (first === undefined) return
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  findings.warning(first.line, {
    what: `${shorten(decodeEntities(first.tag), 40)}${more} is shown as it is`,
    why: 'expressions may name a value, and there are no tags',
    fix: 'take it out, or write it as code',
  })
}

function checkHeadingOrder(headings: readonly Tokens.Generic[], findings: Findings): void {
  let last: number | null = null
  for (const heading of headings) {
    const depth = heading.depth as number
    if (plainText(heading.tokens ?? []) === '') {
      findings.warning(heading.line, {
        what: 'a heading without text',
        why: 'it shows as a gap, and screen readers announce it',
        fix: 'take it out',
      })
    } else if (last !== null && depth > last + 1) {
      findings.warning(heading.line, {
        what: `a heading of level ${depth} after one of level ${last}`,
        why: 'who reads with a screen reader takes the gap for a missing part',
        fix: `use ${'#'.repeat(last + 1)}`,
      })
    }
    last = depth
  }
}

function anchorsOf(blocks: readonly Block[]): ReadonlySet<string> {
  const anchors = new Set<string>()
  walkBlocks(blocks, (token) => {
    if (token.type === 'heading' && 'anchor' in token) anchors.add(String(token.anchor))
    if (token.type !== 'html') return
    for (const match of token.text.matchAll(/\s(?:id|name)="([^"]*)"/g)) {
      anchors.add(decodeEntities(match[1] ?? ''))
    }
  })
  return anchors
}

type Visit = (token: Token, line: SourceLine) => void

/** Every token of an issue in document order, sections and items by a heading token of theirs. */
function walkBlocks(blocks: readonly Block[], visit: Visit): void {
  for (const block of blocks) {
    if (block.kind === 'markdown') walk(block.tokens, block.line, visit)
    else walkSection(block, visit)
  }
}

function walkSection(section: Section, visit: Visit): void {
  walk([headingToken(section, 2)], section.line, visit)
  walk(section.tagline ?? [], section.line + 1, visit)
  for (const block of section.blocks) {
    if (block.kind === 'item') {
      walk([headingToken(block, 3)], block.line, visit)
      walk(block.sources.map(sourceToken), block.line + 1, visit)
    }
    walk(block.tokens, block.line, visit)
  }
}

function headingToken({ title, plainTitle, anchor, line }: Section | Item, depth: number): Token {
  return { type: 'heading', raw: '', depth, text: plainTitle, tokens: title, anchor, line } as Token
}

function sourceToken({ href, label }: Item['sources'][number]): Token {
  const tokens = [{ type: 'text', raw: label, text: label.replace(/&/g, '&amp;') }]
  return { type: 'link', raw: '', href, text: label, tokens } as Token
}

function walk(tokens: readonly Token[], line: SourceLine, visit: Visit): void {
  for (const token of tokens) {
    const at = ((token as Tokens.Generic).line as number | undefined) ?? line
    visit(token, at)
    if (token.type === 'image') continue
    if (token.type === 'list') walk((token as Tokens.List).items, at, visit)
    else if (token.type === 'table') walkTable(token as Tokens.Table, at, visit)
    else walk(childrenOf(token) ?? [], at, visit)
  }
}

function walkTable(table: Tokens.Table, line: SourceLine, visit: Visit): void {
  for (const cell of [table.header, ...table.rows].flat()) walk(cell.tokens, line, visit)
}
