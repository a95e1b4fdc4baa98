import type { Token, Tokens } from 'marked'
import { hostOf } from './host-of.ts'
import type { Source } from './issue.ts'
import { childrenOf } from './plain-text.ts'
import { readAddressLine, readSources } from './sources.ts'

/** At which depths of headings an issue has its sections and its items. */
export type Shape = {
  section: number
  item: number
  /** Whether it has items at all: then a heading of their depth is one too, with a source or without. */
  hasItems: boolean
}

const USUAL: Shape = { section: 2, item: 3, hasItems: false }

/** Infinity for what is no heading. */
export function headingDepth(token: Token | undefined): number {
  return token?.type === 'heading' ? (token as Tokens.Heading).depth : Number.POSITIVE_INFINITY
}

/**
 * Items stand where most headings have a quote of links right under them, sections where the headings above those
 * are. `##` and `###` where that says nothing.
 */
export function findShape(tokens: readonly Token[]): Shape {
  const pairs = new Map<string, { section: number; item: number; times: number }>()
  const above: number[] = []
  for (const [n, token] of tokens.entries()) {
    const depth = headingDepth(token)
    if (depth > 6) continue
    while ((above.at(-1) ?? 0) >= depth) above.pop()
    const section = above.at(-1)
    above.push(depth)
    if (section === undefined || !isSourced(tokens[n + 1])) continue
    const pair = pairs.get(`${section} ${depth}`) ?? { section, item: depth, times: 0 }
    pair.times += 1
    pairs.set(`${section} ${depth}`, pair)
  }
  const [most] = [...pairs.values()].sort((a, b) => b.times - a.times)
  return most ? { section: most.section, item: most.item, hasItems: true } : USUAL
}

function isSourced(next: Token | undefined): boolean {
  return next?.type === 'blockquote' && readSources(next) !== null
}

export type ItemParts = { sources: Source[]; tokens: Token[] }

/** Where an item has its sources; the first that fits. */
type ItemRule = (heading: Tokens.Heading, rest: readonly Token[], shape: Shape) => ItemParts | null

/** `### Title` over `> https://…`, or over some of them. */
const quoteUnderTitle: ItemRule = (_, [quote, ...tokens]) => {
  const sources = quote?.type === 'blockquote' ? readSources(quote) : null
  return sources && { sources, tokens }
}

/** The same without the `>`: a line of nothing but addresses. */
const addressUnderTitle: ItemRule = (_, [line, ...tokens]) => {
  const sources = line?.type === 'paragraph' ? readAddressLine(line) : null
  return sources && { sources, tokens }
}

/** Text first, and the quote of links below it, where it is the only one. */
const quoteAtEnd: ItemRule = (_, rest) => {
  const last = rest.at(-1)
  const body = rest.slice(0, -1)
  if (last?.type !== 'blockquote' || body.length === 0 || body.some(isSourced)) return null
  const sources = readSources(last)
  return sources && { sources, tokens: body }
}

/** `### [Title](https://…)` */
const linkedTitle: ItemRule = (heading, rest, { hasItems }) => {
  const [link, ...more] = heading.tokens.filter((token) => token.raw.trim() !== '')
  if (!hasItems || link?.type !== 'link' || more.length > 0) return null
  const sources = readSources({ type: 'blockquote', raw: '', tokens: [link] } as Token)
  return sources && { sources: sources.map(asHost), tokens: [...rest] }
}

/** Among items one without a source is an item as well. */
const noSource: ItemRule = (_, rest, { hasItems }) =>
  hasItems ? { sources: [], tokens: [...rest] } : null

const ITEM_RULES: readonly ItemRule[] = [
  quoteUnderTitle,
  addressUnderTitle,
  quoteAtEnd,
  linkedTitle,
  noSource,
]

export function readItemParts(
  heading: Tokens.Heading,
  rest: readonly Token[],
  shape: Shape,
): ItemParts | null {
  for (const rule of ITEM_RULES) {
    const parts = rule(heading, rest, shape)
    if (parts) return parts
  }
  return null
}

/** The title is its words already. */
function asHost(source: Source): Source {
  return { ...source, label: hostOf(source.href), bare: true }
}

/** Whether a heading says more than words: what leads somewhere must not go with an empty section. */
export function leadsSomewhere(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token) =>
      ['link', 'image', 'html'].includes(token.type) || leadsSomewhere(childrenOf(token) ?? []),
  )
}
