import type { Token, Tokens } from 'marked'
import { decodeEntities, encodeEntities } from '../issues/entities.ts'
import type { Block, Issue, Item, MarkdownBlock, Section } from '../issues/issue.ts'
import type { TakenImages } from './design.ts'

/** The issue with the addresses that its pictures are served at, and their sizes by those. */
export function placeImages(
  issue: Issue,
  images: TakenImages,
): { issue: Issue; sizes: TakenImages } {
  const entries = Object.entries(images)
  if (entries.length === 0) return { issue, sizes: {} }
  const place = (address: string): string =>
    Object.hasOwn(images, address) ? (images[address]?.url ?? address) : address
  return {
    issue: { ...issue, blocks: issue.blocks.map((block) => placeBlock(block, place)) },
    sizes: Object.fromEntries(entries.map(([, image]) => [image.url, image])),
  }
}

type Place = (address: string) => string

function placeBlock(block: Block, place: Place): Block {
  if (block.kind === 'markdown') return placePart(block, place) as MarkdownBlock
  const section: Section = {
    ...block,
    title: placeTokens(block.title, place),
    tagline: block.tagline && placeTokens(block.tagline, place),
    blocks: block.blocks.map((part) => placePart(part, place)),
  }
  return section
}

function placePart(part: Item | MarkdownBlock, place: Place): Item | MarkdownBlock {
  const tokens = placeTokens(part.tokens, place)
  return part.kind === 'item'
    ? { ...part, title: placeTokens(part.title, place), tokens }
    : { ...part, tokens }
}

function placeTokens(tokens: readonly Token[], place: Place): Token[] {
  return tokens.map((token) => placeToken(token, place))
}

function placeToken(token: Token, place: Place): Token {
  switch (token.type) {
    case 'image':
      return { ...token, href: place(token.href) } as Token
    case 'html':
      return { ...token, text: placeInHtml(token.text, place) } as Token
    case 'list': {
      const list = token as Tokens.List
      return { ...list, items: placeTokens(list.items, place) as Tokens.ListItem[] }
    }
    case 'table': {
      const table = token as Tokens.Table
      const cells = (row: Tokens.TableCell[]) =>
        row.map((cell) => ({ ...cell, tokens: placeTokens(cell.tokens, place) }))
      return { ...table, header: cells(table.header), rows: table.rows.map(cells) }
    }
    default: {
      const inner = (token as Tokens.Generic).tokens
      return inner ? ({ ...token, tokens: placeTokens(inner, place) } as Token) : token
    }
  }
}

/** Markup that was made safe: attributes stand in double quotes. */
function placeInHtml(html: string, place: Place): string {
  return html.replace(
    /(<img\b[^>]*?\ssrc=")([^"]*)(")/gi,
    (_, before: string, src: string, after) => {
      const address = decodeEntities(src)
      const placed = place(address)
      return before + (placed === address ? src : encodeEntities(placed)) + after
    },
  )
}
