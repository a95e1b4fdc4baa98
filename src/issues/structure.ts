import type { Token, Tokens } from 'marked'
import { createAnchors } from './anchors.ts'
import type { Block, Item, MarkdownBlock, Section } from './issue.ts'
import { childrenOf, plainText } from './plain-text.ts'
import { readSources } from './sources.ts'

type Draft = { section: Section; quote: Token | null }

/**
 * Sees sections and items in tidy tokens. What is neither stays ordinary Markdown in its place; of the tokens
 * none is lost but the tagline of a section that has nothing else, which is kept in `tagline`.
 */
export function readStructure(tokens: readonly Token[]): Block[] {
  const anchors = createAnchors()
  const anchored = tokens.map((token) =>
    token.type === 'heading'
      ? { ...token, anchor: anchors(plainText(childrenOf(token) ?? [])) }
      : token,
  ) as Token[]
  const blocks: Block[] = []
  const drafts: Draft[] = []
  for (const part of splitBefore(anchored, (token) => headingDepth(token) <= 2)) {
    const [first, ...rest] = part
    if (first === undefined || headingDepth(first) !== 2) {
      addMarkdown(blocks, part)
      continue
    }
    const draft = readSection(first as Tokens.Heading, rest)
    blocks.push(draft.section)
    drafts.push(draft)
  }
  keepLoneQuotes(blocks, drafts)
  return blocks
}

/** Infinity for what is no heading. */
function headingDepth(token: Token): number {
  return token.type === 'heading' ? (token as Tokens.Heading).depth : Number.POSITIVE_INFINITY
}

function lineOf(token: Token): number {
  return (token as Tokens.Generic).line as number
}

function splitBefore(tokens: readonly Token[], starts: (token: Token) => boolean): Token[][] {
  const parts: Token[][] = [[]]
  for (const token of tokens) {
    if (starts(token)) parts.push([])
    parts.at(-1)?.push(token)
  }
  return parts.filter((part) => part.length > 0)
}

function addMarkdown(blocks: (Block | Item | MarkdownBlock)[], tokens: Token[]): void {
  const [first] = tokens
  if (first) blocks.push({ kind: 'markdown', tokens, line: lineOf(first) })
}

function readSection(heading: Tokens.Heading, rest: readonly Token[]): Draft {
  const quote = isTagline(rest[0]) ? (rest[0] as Token) : null
  const section: Section = {
    kind: 'section',
    ...headed(heading),
    tagline: (quote && childrenOf(quote)) ?? null,
    blocks: [],
  }
  for (const part of splitBefore(quote ? rest.slice(1) : rest, isThirdHeading)) {
    const item = readItem(part)
    if (item) section.blocks.push(item)
    else joinMarkdown(section.blocks, part)
  }
  return { section, quote }
}

function isThirdHeading(token: Token): boolean {
  return headingDepth(token) === 3
}

function headed(
  heading: Tokens.Heading,
): Pick<Section, 'title' | 'plainTitle' | 'anchor' | 'line'> {
  return {
    title: heading.tokens,
    plainTitle: plainText(heading.tokens),
    anchor: (heading as Tokens.Generic).anchor as string,
    line: lineOf(heading),
  }
}

/** Paragraphs that are more than links: a list or a heading in a quote is content of its own. */
function isTagline(token: Token | undefined): boolean {
  if (token?.type !== 'blockquote' || readSources(token)) return false
  const tokens = childrenOf(token) ?? []
  return tokens.length > 0 && tokens.every((each) => each.type === 'paragraph')
}

function readItem(tokens: readonly Token[]): Item | null {
  const [heading, quote, ...rest] = tokens
  if (!heading || !isThirdHeading(heading) || quote?.type !== 'blockquote') return null
  const sources = readSources(quote)
  if (!sources) return null
  return { kind: 'item', ...headed(heading as Tokens.Heading), sources, tokens: rest }
}

function joinMarkdown(blocks: (Item | MarkdownBlock)[], tokens: Token[]): void {
  const last = blocks.at(-1)
  if (last?.kind === 'markdown') last.tokens.push(...tokens)
  else addMarkdown(blocks, tokens)
}

/**
 * A heading with a quote and nothing else is an empty section of an issue that has items elsewhere. In any
 * other issue, or with a name under it, the quote is what the section is about.
 */
function keepLoneQuotes(blocks: readonly Block[], drafts: readonly Draft[]): void {
  const hasItems = blocks.some(
    (block) => block.kind === 'section' && block.blocks.some((each) => each.kind === 'item'),
  )
  for (const { section, quote } of drafts) {
    if (section.blocks.length > 0 || quote === null) continue
    if (hasItems && !isQuotation(quote)) continue
    section.tagline = null
    addMarkdown(section.blocks, [quote])
  }
}

function isQuotation(quote: Token): boolean {
  const tokens = childrenOf(quote) ?? []
  return tokens.length > 1 || /(?:^|\n)\s*(?:[—–―]|--)/.test(tokens[0]?.raw ?? '')
}
