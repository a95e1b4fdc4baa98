import type { Token, Tokens } from 'marked'
import { htmlToText } from './html-text.ts'
import { inlineToText } from './inline-lines.ts'
import { writeInline } from './inline-text.ts'
import { linkLines } from './link-lines.ts'
import { tableToText } from './table-text.ts'
import { columnsOf, wrapText } from './text-layout.ts'
import { childrenOf } from './token-children.ts'

/** Block tokens as plain text: lines of at most `columns`, one empty line between blocks. */
export function blocksToText(tokens: readonly Token[], columns: number): string[] {
  const lines: string[] = []
  for (const group of groupInline(tokens)) {
    const block = blockToText(group, columns)
    if (block.length === 0) continue
    if (lines.length > 0) lines.push('')
    lines.push(...block)
  }
  return lines
}

/** A list item's text arrives as inline tokens among blocks: neighbours belong to one paragraph. */
function groupInline(tokens: readonly Token[]): Token[] {
  const out: Token[] = []
  for (const token of tokens) {
    const last = out.at(-1)
    if (token.type === 'space' || token.type === 'def' || 'wayBack' in token) continue
    if (token.type !== 'text' && token.type !== 'checkbox') out.push(token)
    else if (last?.type === 'inline-run') last.tokens?.push(token)
    else out.push({ type: 'inline-run', raw: '', tokens: [token] } as Tokens.Generic)
  }
  return out
}

function blockToText(token: Token, columns: number): string[] {
  switch (token.type) {
    case 'heading':
      return headingToText(token as Tokens.Heading, columns)
    case 'blockquote':
      // Not `>`: mail programs take that for an answer's quote, and fold it away.
      return blocksToText(token.tokens ?? [], columns - 2).map((line) => `  ${line}`.trimEnd())
    case 'list':
      return listToText(token as Tokens.List, columns)
    case 'definitions':
      return definitionsToText(childrenOf(token) ?? [], columns)
    case 'code':
      return String(token.text)
        .split('\n')
        .map((line) => `    ${line}`.trimEnd())
    case 'hr':
      return ['* * *']
    case 'table':
      return tableToText(token as Tokens.Table, columns)
    case 'html':
      return htmlToText(token.text, columns)
    default:
      return inlineToText(writeInline(childrenOf(token) ?? [token]), columns)
  }
}

function definitionsToText(parts: readonly Token[], columns: number): string[] {
  return parts.flatMap((part, n) => {
    const tokens = childrenOf(part) ?? []
    if (part.type !== 'term') {
      return blocksToText(tokens, columns - 4).map((line) => `    ${line}`.trimEnd())
    }
    const lines = inlineToText(writeInline(tokens), columns)
    return n > 0 && parts[n - 1]?.type !== 'term' ? ['', ...lines] : lines
  })
}

function headingToText(token: Tokens.Heading, columns: number): string[] {
  const written = writeInline(token.tokens)
  if (token.depth > 2) return inlineToText(written, columns)
  return [
    ...underlined(written.text, token.depth === 1 ? '=' : '-', columns),
    ...linkLines(written, columns),
  ]
}

/** A title's lines with a rule of its width below. */
export function underlined(title: string, mark: '=' | '-', columns: number): string[] {
  const lines = wrapText(title, columns)
  const width = Math.max(...lines.map(columnsOf), 1)
  return [...lines, mark.repeat(Math.min(columns, width))]
}

function listToText(token: Tokens.List, columns: number): string[] {
  const first = Number(token.start) || 1
  const width = token.ordered ? `${first + token.items.length - 1}. `.length : 2
  const items = token.items.map((item, i) => {
    const mark = token.ordered ? `${first + i}. `.padStart(width) : '- '
    const lines = blocksToText(item.tokens, columns - width)
    const shown = item.loose ? lines : lines.filter((line) => line !== '')
    return shown.map((line, n) => (n === 0 ? mark + line : ' '.repeat(width) + line).trimEnd())
  })
  return items.flatMap((lines, i) => (i > 0 && token.loose ? ['', ...lines] : lines))
}
