import type { Token, Tokens } from 'marked'
import { createAnchors } from './anchors.ts'
import type { Block, Item, MarkdownBlock, Section } from './issue.ts'
import { childrenOf, plainText } from './plain-text.ts'
import { findShape, headingDepth, leadsSomewhere, readItemParts, type Shape } from './shape.ts'
import { readSources } from './sources.ts'

type Draft = { section: Section; heading: Token; quote: Token | null }

/**
 * Sees sections and items in tidy tokens. What is neither stays ordinary Markdown in its place; of the tokens
 * none is lost but the heading and tagline of a section that has nothing else, in an issue of items.
 */
export function readStructure(tokens: readonly Token[]): Block[] {
  const anchors = createAnchors()
  const anchored = tokens.map((token) => withAnchor(token, anchors))
  const shape = findShape(anchored)
  const drafts: Draft[] = []
  const blocks: Block[] = []
  for (const part of splitBefore(anchored, (token) => headingDepth(token) <= shape.section)) {
    const [first, ...rest] = part
    if (first === undefined || headingDepth(first) !== shape.section) {
      addMarkdown(blocks, part)
      continue
    }
    const draft = readSection(first as Tokens.Heading, rest, shape)
    blocks.push(draft.section)
    drafts.push(draft)
  }
  keepLoneQuotes(drafts)
  return keepLoneHeadings(blocks, drafts, shape)
}

function withAnchor(token: Token, anchors: ReturnType<typeof createAnchors>): Token {
  if (token.type !== 'heading') return token
  const written = (token as Tokens.Generic).anchor as string | undefined
  return { ...token, anchor: anchors(written ?? plainText(childrenOf(token) ?? [])) } as Token
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

function readSection(heading: Tokens.Heading, rest: readonly Token[], shape: Shape): Draft {
  const quote = isTagline(rest[0]) ? (rest[0] as Token) : null
  const section: Section = {
    kind: 'section',
    ...headed(heading),
    tagline: (quote && childrenOf(quote)) ?? null,
    blocks: [],
  }
  const isItemHeading = (token: Token | undefined) => headingDepth(token) === shape.item
  const startsPart = (token: Token) => headingDepth(token) <= shape.item
  for (const part of splitBefore(quote ? rest.slice(1) : rest, startsPart)) {
    const item = isItemHeading(part[0]) ? readItem(part, shape) : null
    if (item) section.blocks.push(item)
    else joinMarkdown(section.blocks, part)
  }
  return { section, heading, quote }
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

function readItem([first, ...rest]: readonly Token[], shape: Shape): Item | null {
  const heading = first as Tokens.Heading
  if (plainText(heading.tokens) === '') return null
  const parts = readItemParts(heading, rest, shape)
  return parts && { kind: 'item', ...headed(heading), ...parts }
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
function keepLoneQuotes(drafts: readonly Draft[]): void {
  const hasItems = drafts.some(({ section }) => section.blocks.some((each) => each.kind === 'item'))
  for (const { section, quote } of drafts) {
    if (section.blocks.length > 0 || quote === null) continue
    const says = isQuotation(quote) || leadsSomewhere(section.tagline ?? [])
    if (hasItems && !says) continue
    section.tagline = null
    addMarkdown(section.blocks, [quote])
  }
}

/** With a name under it. */
export function isQuotation(quote: Token): boolean {
  const tokens = childrenOf(quote) ?? []
  return tokens.length > 1 || /(?:^|\n)\s*(?:[—–―]|--)/.test(tokens[0]?.raw ?? '')
}

/** In an issue without items a heading over nothing is a heading; in any, one that leads somewhere says enough. */
function keepLoneHeadings(
  blocks: readonly Block[],
  drafts: readonly Draft[],
  shape: Shape,
): Block[] {
  const byBlock = new Map<Block, Draft>(drafts.map((draft) => [draft.section, draft]))
  return blocks.map((block) => {
    const draft = byBlock.get(block)
    if (block.kind !== 'section' || block.blocks.length > 0 || draft === undefined) return block
    if (shape.hasItems && !leadsSomewhere(block.title)) return block
    const tokens = draft.quote ? [draft.heading, draft.quote] : [draft.heading]
    return { kind: 'markdown', tokens, line: block.line }
  })
}
