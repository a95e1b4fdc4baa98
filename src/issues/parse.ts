import type { Token, Tokens } from 'marked'
import { encodeEntities } from './entities.ts'
import { collectFindings, type Findings } from './finding.ts'
import { createFootnotes, type Footnotes } from './footnotes.ts'
import { splitFrontMatter } from './front-matter.ts'
import type { Block, Finding, Issue, SourceLine } from './issue.ts'
import { detectLanguage } from './language.ts'
import { createAddresses, type Surroundings } from './links.ts'
import { readMarkdown } from './markdown.ts'
import { createMerges, type Merges } from './merge.ts'
import { completeMeta, isWebUrl, oneLine, readMeta, slugOf, type WrittenMeta } from './meta.ts'
import { normalise } from './normalise.ts'
import { childrenOf, plainText } from './plain-text.ts'
import { readStructure } from './structure.ts'
import { type Tidying, tidyBlocks } from './tidy.ts'

export type ParseOptions = {
  /** For findings, and for the slug where none is written. */
  file: string
  /** The newsletter's, for an issue whose own cannot be told. */
  language?: string
  /** The newsletter's, for an issue without base_url. */
  baseUrl?: string
  around?: Surroundings
}

export type ParseResult =
  | { ok: true; issue: Issue; findings: Finding[] }
  /** Nothing can be made of the file. */
  | { ok: false; findings: Finding[] }

/** Markdown → Issue. An issue that has findings of severity `error` can be looked at, and must not be sent. */
export function parseIssue(markdown: string, options: ParseOptions): ParseResult {
  const findings = collectFindings(options.file)
  const merges = createMerges(findings)
  const text = normalise(markdown, findings)
  if (text === null) return { ok: false, findings: findings.list }
  const front = splitFrontMatter(text, findings, merges.swap)
  const written = readMeta(front.fields, merges, findings)
  const baseUrl = written.baseUrl ?? defaultBase(options.baseUrl)
  const addresses = createAddresses(baseUrl, merges, findings, options.around)
  const footnotes = createFootnotes(findings)
  const body = merges.swap(front.body, front.bodyLine)
  const tokens = readBody(body, front.bodyLine, {
    addresses,
    merges,
    findings,
    footnotes,
  })
  const title = findTitle(tokens, written, merges, options.file, findings)
  const blocks = [...readStructure(withoutTitle(tokens, title)), ...noteBlock(footnotes)]
  const meta = completeMeta(written, {
    title,
    slug: slugOf(options.file, written.slug),
    language: findLanguage(tokens, title, written, merges, options.language),
    baseUrl,
  })
  tellMissing(written, blocks, findings)
  const issue: Issue = { meta, blocks, merges: merges.used(), lines: written.lines }
  return { ok: true, issue, findings: inOrder(findings.list) }
}

function defaultBase(baseUrl: string | undefined): string | null {
  return baseUrl !== undefined && isWebUrl(baseUrl) ? baseUrl : null
}

function readBody(body: string, line: SourceLine, tidying: Tidying): Token[] {
  try {
    return tidyBlocks(readMarkdown(body), line, tidying)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    tidying.findings.error(line, {
      what: 'the text is nested too deeply',
      why: 'quotes or lists within quotes and lists, some thousands of levels, cannot be read; it is shown as it is written',
      fix: 'look for a long row of > or - at the start of a line',
    })
    return tidyBlocks(asWritten(body), line, tidying)
  }
}

/** Paragraphs of text in which no mark means anything. */
function asWritten(body: string): Token[] {
  return body.split(/(?<=\n)/).map((raw) => {
    const text = encodeEntities(raw.trimEnd())
    const tokens = [{ type: 'text', raw, text, escaped: false }]
    return { type: text === '' ? 'space' : 'paragraph', raw, text, tokens } as Token
  })
}

function findTitle(
  tokens: readonly Token[],
  written: WrittenMeta,
  merges: Merges,
  file: string,
  findings: Findings,
): string {
  if (written.title !== null) return written.title
  const heading = tokens.find(
    (token) => token.type === 'heading' && plainText(childrenOf(token) ?? []) !== '',
  )
  if (heading) return oneLine(merges.plain(plainText(childrenOf(heading) ?? [])))
  findings.warning(null, {
    what: 'no title',
    why: 'without one the name of the file stands in the subject and in the list of issues',
    fix: 'write `title:` in the front matter, or start with a heading',
  })
  return slugOf(file, written.slug)
}

/** Notes stand at the end of the issue, in no section. */
function noteBlock(footnotes: Footnotes): Block[] {
  const tokens = footnotes.list()
  const [first] = tokens
  return first ? [{ kind: 'markdown', tokens, line: (first as Tokens.Generic).line }] : []
}

/** The mail shows the title itself: a first heading that says the same is not shown again. */
function withoutTitle(tokens: readonly Token[], title: string): readonly Token[] {
  const index = tokens.findIndex((token) => token.type === 'heading')
  const heading = tokens[index] as Tokens.Heading | undefined
  if (heading?.depth !== 1 || oneLine(plainText(heading.tokens)) !== title) return tokens
  const isPlain = heading.tokens.every((token) => ['text', 'escape'].includes(token.type))
  return isPlain ? tokens.filter((token) => token !== heading) : tokens
}

function findLanguage(
  tokens: readonly Token[],
  title: string,
  written: WrittenMeta,
  merges: Merges,
  newsletters: string | undefined,
): string {
  const prose = tokens.filter((token) => token.type !== 'code')
  return (
    written.language ??
    detectLanguage(merges.plain(`${title}\n${plainText(prose)}`)) ??
    newsletters ??
    'en'
  )
}

function tellMissing(written: WrittenMeta, blocks: readonly Block[], findings: Findings): void {
  if (blocks.length === 0) {
    findings.error(null, {
      what: 'the issue is empty',
      why: 'readers would get a mail with a title and nothing else',
      fix: 'write something under the front matter',
    })
  }
  if (written.date === null && !findings.list.some((each) => each.what.startsWith('the date '))) {
    findings.warning(null, {
      what: 'no date',
      why: 'the issue goes out without one',
      fix: 'write `date: 2026-08-02` in the front matter',
    })
  }
}

function inOrder(list: Finding[]): Finding[] {
  return list.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}
