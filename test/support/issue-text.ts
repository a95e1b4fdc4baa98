import type { Token, Tokens } from 'marked'
import type { Finding, Issue } from '../../src/issues/issue.ts'
import { parseIssue } from '../../src/issues/parse.ts'
import { childrenOf, plainText } from '../../src/issues/plain-text.ts'

/** The issue, or a failed test that shows the findings. */
export function parsed(
  markdown: string,
  options: { file?: string; language?: string; baseUrl?: string } = {},
): { issue: Issue; findings: Finding[] } {
  const result = parseIssue(markdown, { file: 'weekly-001.md', ...options })
  if (!result.ok) throw new Error(JSON.stringify(result.findings))
  return result
}

/** Everything that a reader would see of the issue, in document order, as one line. */
export function visibleText({ meta, blocks }: Issue): string {
  const parts: string[] = [meta.title]
  for (const block of blocks) {
    if (block.kind === 'markdown') {
      parts.push(plainText(block.tokens))
      continue
    }
    parts.push(block.plainTitle, plainText(block.tagline ?? []))
    for (const each of block.blocks) {
      if (each.kind === 'item') {
        parts.push(each.plainTitle, ...each.sources.map((source) => source.label))
      }
      parts.push(plainText(each.tokens))
    }
  }
  return parts.join(' ')
}

/** Every address that a reader can follow, in document order. */
export function hrefs({ blocks }: Issue): string[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'markdown') return links(block.tokens)
    const inner = block.blocks.flatMap((each) =>
      each.kind === 'item'
        ? [
            ...links(each.title),
            ...each.sources.map((source) => source.href),
            ...links(each.tokens),
          ]
        : links(each.tokens),
    )
    return [...links(block.title), ...links(block.tagline ?? []), ...inner]
  })
}

function links(tokens: readonly Token[]): string[] {
  return everyToken(tokens)
    .filter((token) => token.type === 'link')
    .map((token) => String(token.href))
}

/** Depth first, list items and table cells included. */
export function everyToken(tokens: readonly Token[]): Tokens.Generic[] {
  return tokens.flatMap((token) => {
    const children =
      token.type === 'list'
        ? (token as Tokens.List).items
        : token.type === 'table'
          ? [(token as Tokens.Table).header, ...(token as Tokens.Table).rows]
              .flat()
              .flatMap((cell) => cell.tokens)
          : (childrenOf(token) ?? [])
    return [token as Tokens.Generic, ...everyToken(children as Token[])]
  })
}

/** All tokens of an issue that is only Markdown. */
export function bodyTokens(markdown: string): Tokens.Generic[] {
  return parsed(markdown).issue.blocks.flatMap((block) =>
    block.kind === 'markdown' ? everyToken(block.tokens) : [],
  )
}
