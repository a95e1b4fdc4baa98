import type { Token, Tokens } from 'marked'
import type { Issue } from '../issues/issue.ts'
import { codeLanguage } from './code-tones.ts'
import { childrenOf } from './token-children.ts'

/** What the blocks of code in an issue say that they are written in. */
export function codeLanguagesOf(issue: Issue): Set<string> {
  const languages = new Set<string>()
  walk(blocksOf(issue), (token) => {
    if (token.type === 'code') languages.add(codeLanguage(token.lang))
  })
  return languages
}

function blocksOf({ blocks }: Issue): Token[] {
  return blocks.flatMap((block) =>
    block.kind === 'markdown' ? block.tokens : block.blocks.flatMap((part) => part.tokens),
  )
}

function walk(tokens: readonly Token[], visit: (token: Token) => void): void {
  for (const token of tokens) {
    visit(token)
    if (token.type === 'list')
      for (const item of (token as Tokens.List).items) walk(item.tokens, visit)
    else walk(childrenOf(token) ?? [], visit)
  }
}
