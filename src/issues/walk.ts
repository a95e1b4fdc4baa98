import type { Token, Tokens } from 'marked'
import type { Block, Item, Section, SourceLine } from './issue.ts'
import { childrenOf } from './plain-text.ts'

export type Visit = (token: Token, line: SourceLine) => void

/** Every token of an issue in document order, the titles of sections and items as heading tokens of their own. */
export function walkBlocks(blocks: readonly Block[], visit: Visit): void {
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

function sourceToken({ href, label, bare }: Item['sources'][number]): Token {
  const tokens = [{ type: 'text', raw: label, text: label.replace(/&/g, '&amp;') }]
  return { type: 'link', raw: '', href, text: label, tokens, isSource: true, bare } as Token
}

/** Depth first; what stands within an image is its alt text. */
export function walk(tokens: readonly Token[], line: SourceLine, visit: Visit): void {
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
