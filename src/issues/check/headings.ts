import type { Token, Tokens } from 'marked'
import { columnsOf } from '../columns.ts'
import { type Findings, shorten } from '../finding.ts'
import type { Block, Item, MarkdownBlock, Section, SourceLine } from '../issue.ts'
import { childrenOf, plainText } from '../plain-text.ts'
import { isQuotation } from '../structure.ts'

type Heading = { token: Tokens.Heading; line: SourceLine }

export function checkHeadings(headings: readonly Heading[], findings: Findings): void {
  let last: number | null = null
  for (const { token, line } of headings) {
    const text = plainText(token.tokens)
    if (text === '' && !holdsImage(token.tokens)) {
      findings.warning(line, {
        what: 'a heading without text',
        why: 'it shows as a gap, and screen readers announce it',
        fix: 'take it out',
      })
    } else if (last !== null && token.depth > last + 1) {
      findings.warning(line, {
        what: `a heading of level ${token.depth} after one of level ${last}`,
        why: 'who reads with a screen reader takes the gap for a missing part',
        fix: `use ${'#'.repeat(last + 1)}`,
      })
    }
    if (isShouted(text)) {
      findings.warning(line, {
        what: `a heading in capitals: "${shorten(text, 40)}"`,
        why: 'it reads as shouting, and some screen readers spell it out',
        fix: 'write it in small letters',
      })
    }
    last = token.depth
  }
}

function holdsImage(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token) => token.type === 'image' || holdsImage((token as Tokens.Generic).tokens ?? []),
  )
}

/** In letters: names and their like are shorter. */
const SHORTEST_SHOUT = 30

export function checkShouting(token: Token, line: SourceLine, findings: Findings): void {
  if (token.type !== 'paragraph') return
  const text = plainText(childrenOf(token) ?? [])
  if (!isShouted(text) || (text.match(/\p{Lu}/gu)?.length ?? 0) < SHORTEST_SHOUT) return
  findings.warning(line, {
    what: `a paragraph in capitals: "${shorten(text, 40)}"`,
    why: 'it reads as shouting, and spam filters count it',
    fix: 'write it in small letters',
  })
}

/** Two words at least: `API` and `GPT-5` are names. */
function isShouted(text: string): boolean {
  const words = text.match(/\p{Lu}{2,}/gu) ?? []
  return words.length >= 2 && words.join('').length >= 8 && !/\p{Ll}|\p{Lo}/u.test(text)
}

export function checkSections(blocks: readonly Block[], findings: Findings): void {
  for (const section of blocks.filter((block): block is Section => block.kind === 'section')) {
    if (section.blocks.length === 0) findings.warning(section.line, emptySection(section))
    else if (holdsNothing(section)) findings.warning(section.line, onlyTitles(section))
    else
      for (const item of section.blocks.filter(isBareItem))
        findings.warning(item.line, lone(item.plainTitle))
  }
  for (const { line, title } of loneHeadings(blocks)) findings.warning(line, lone(title))
  if (blocks.length > 0 && blocks.every(holdsNothing)) {
    findings.error(null, {
      what: `the issue has headings${blocks.some(hasTagline) ? ', taglines' : ''} and nothing else`,
      why: 'readers would get a mail of titles',
      fix: 'write something under at least one heading',
    })
  }
}

function lone(title: string): Parameters<Findings['warning']>[1] {
  return {
    what: `nothing stands under the heading "${shorten(title)}"`,
    why: 'readers see a title and then the next',
    fix: 'write something under it, or take it out',
  }
}

function onlyTitles(section: Section): Parameters<Findings['warning']>[1] {
  return {
    what: `under the heading "${shorten(section.plainTitle)}" stands ${hasTagline(section) ? 'its tagline' : 'a heading'} and nothing else`,
    why: 'readers see a title and then the next',
    fix: 'write something under it, or take it out',
  }
}

function emptySection({ plainTitle, tagline }: Section): Parameters<Findings['warning']>[1] {
  return {
    what: `the section "${shorten(plainTitle)}" is empty`,
    why: tagline ? 'it is left out, and the quote under its heading with it' : 'it is left out',
    fix: 'write something under it, or take it out',
  }
}

/** Those that stay, since the issue has no items: a block of one heading, with another after it. */
function loneHeadings(blocks: readonly Block[]): { line: SourceLine; title: string }[] {
  return blocks.flatMap((block, n) => {
    if (block.kind !== 'markdown' || !holdsNothing(block) || isAboveOthers(block, blocks[n + 1]))
      return []
    const title = plainText(block.tokens)
    return title === '' || saysEnough(block.tokens) ? [] : [{ line: block.line, title }]
  })
}

/** A heading of level 1 over one of level 2 has that under it. */
function isAboveOthers({ tokens }: MarkdownBlock, next: Block | undefined): boolean {
  const depth = (tokens.at(-1) as Tokens.Heading | undefined)?.depth ?? 0
  if (next?.kind === 'section') return depth < 2
  const [first] = next?.tokens ?? []
  return first?.type === 'heading' && (first as Tokens.Heading).depth > depth
}

function holdsNothing(block: Block | Item): boolean {
  if (block.kind === 'item') return isBareItem(block)
  if (block.kind === 'markdown') return block.tokens.every(isPlainHeading)
  return block.blocks.every((each, n) => holdsNothing(n === 0 ? withoutTagline(each) : each))
}

const isPlainHeading = (token: Token): boolean =>
  token.type === 'heading' && !saysEnough(childrenOf(token) ?? [])

/** What is a tagline where there are items is the text of a section where there are none. */
function withoutTagline(block: Section['blocks'][number]): Section['blocks'][number] {
  const [first, ...rest] = block.tokens
  return block.kind === 'markdown' && first !== undefined && isTagline(first)
    ? { ...block, tokens: rest }
    : block
}

const isBareItem = (block: Section['blocks'][number]): block is Item =>
  block.kind === 'item' &&
  block.sources.length === 0 &&
  block.tokens.length === 0 &&
  !saysEnough(block.title)

function hasTagline(block: Block): boolean {
  if (block.kind !== 'section') return false
  return block.tagline !== null || block.blocks[0]?.tokens[0]?.type === 'blockquote'
}

/** In columns: a longer quote is what there is to read. */
const LONGEST_TAGLINE = 100

/** As `new` leaves it: one short line in a quote, said by nobody. */
function isTagline(token: Token): boolean {
  if (token.type !== 'blockquote' || !token.raw.startsWith('>') || isQuotation(token)) return false
  const [only, ...more] = childrenOf(token) ?? []
  return (
    only?.type === 'paragraph' &&
    more.length === 0 &&
    !saysEnough(childrenOf(only) ?? []) &&
    columnsOf(plainText([only])) <= LONGEST_TAGLINE
  )
}

function saysEnough(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token) =>
      ['link', 'image', 'html'].includes(token.type) ||
      saysEnough((token as Tokens.Generic).tokens ?? []),
  )
}
