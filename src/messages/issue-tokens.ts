import type { Token, Tokens } from 'marked'
import type { Issue } from '../issues/issue.ts'
import { codeLanguage } from './code-tones.ts'
import { childrenOf } from './token-children.ts'

/** What the blocks of code in an issue say that they are written in. */
export function codeLanguagesOf(issue: Issue): Set<string> {
  const languages = new Set<string>()
  visitTokens(issue, (token) => {
    if (token.type === 'code') languages.add(codeLanguage(token.lang))
  })
  return languages
}

/** Every token of an issue, titles and taglines included, in document order. */
export function visitTokens({ blocks }: Issue, visit: (token: Token) => void): void {
  for (const block of blocks) {
    if (block.kind === 'markdown') {
      walk(block.tokens, visit)
      continue
    }
    walk([...block.title, ...(block.tagline ?? [])], visit)
    for (const part of block.blocks) {
      if (part.kind === 'item') walk(part.title, visit)
      walk(part.tokens, visit)
    }
  }
}

function walk(tokens: readonly Token[], visit: (token: Token) => void): void {
  for (const token of tokens) {
    visit(token)
    if (token.type === 'list') walk((token as Tokens.List).items, visit)
    else if (token.type === 'table') walk(cellTokens(token as Tokens.Table), visit)
    else walk(childrenOf(token) ?? [], visit)
  }
}

function cellTokens(table: Tokens.Table): Token[] {
  return [table.header, ...table.rows].flat().flatMap((cell) => cell.tokens)
}
