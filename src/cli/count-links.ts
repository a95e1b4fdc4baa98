import { type Token, walkTokens } from 'marked'
import type { Block, Issue } from '../issues/issue.ts'

/** Links that a reader can follow: an item's sources, and those in texts. */
export function countLinks(issue: Issue): number {
  return sum(issue.blocks, inBlock)
}

function inBlock(block: Block | Extract<Block, { kind: 'section' }>['blocks'][number]): number {
  switch (block.kind) {
    case 'markdown':
      return inTokens(block.tokens)
    case 'item':
      return block.sources.length + inTokens(block.tokens)
    case 'section':
      return inTokens(block.tagline ?? []) + sum(block.blocks, inBlock)
  }
}

function inTokens(tokens: Token[]): number {
  let links = 0
  void walkTokens(tokens, ({ type }) => {
    if (type === 'link') links += 1
  })
  return links
}

const sum = <T>(all: readonly T[], count: (one: T) => number) =>
  all.reduce((total, one) => total + count(one), 0)
