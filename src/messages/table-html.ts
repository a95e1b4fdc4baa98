import type { Token, Tokens } from 'marked'
import { plainText } from '../issues/plain-text.ts'
import { columnsOf, wrapText } from './text-layout.ts'

/** Of a character of 14 px, and of a cell's padding. */
const COLUMN_PX = 7.7
const PADDING_PX = 16
/** Beside the padding of a phone of 320 px. */
const PHONE_PX = 280
/** Narrower than this a column of words is a ladder, and one of sentences a longer one. */
const LEAST = { words: 8, sentences: 18 } as const

type Inline = (tokens: readonly Token[]) => string

/**
 * A table that a phone can read: it scrolls within its box where its columns cannot become narrow enough, short cells
 * are not broken, and no column of text becomes a ladder.
 */
export function renderTable(token: Tokens.Table, inline: Inline): string {
  const columns = token.header.map((head, i) =>
    measure([head, ...token.rows.flatMap((row) => row[i] ?? [])]),
  )
  const sum = (of: (column: Measured) => number): number =>
    columns.reduce((total, column) => total + of(column) * COLUMN_PX + PADDING_PX, 0)
  const isWide = sum((column) => Math.min(column.whole, 40)) > PHONE_PX
  const head = token.header.map((cell, i) => renderCell('th', cell, i, columns[i], inline)).join('')
  const rows = token.rows.map(
    (row) =>
      `<tr>${row.map((cell, i) => renderCell('td', cell, i, undefined, inline)).join('')}</tr>`,
  )
  const table = `<table data-boxed="y"${isWide ? ' width="100%"' : ''}><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
  return box(table, sum((column) => column.least) > PHONE_PX)
}

/** In characters of one column. `room`: what must be asked for, since the text could be broken further. */
type Measured = { least: number; whole: number; room: number | null }

function measure(cells: readonly Tokens.TableCell[]): Measured {
  const texts = cells.map((cell) => plainText(cell.tokens))
  const whole = Math.max(...texts.map(columnsOf), 1)
  const unbroken = Math.max(
    ...texts.map((text) => (isShort(text) ? columnsOf(text) : longestPiece(text))),
    1,
  )
  const room = whole > 40 ? LEAST.sentences : Math.min(whole, LEAST.words)
  return { least: Math.max(unbroken, room), whole, room: unbroken < room ? room : null }
}

/** A number with its unit, a word or two: a narrow column must not pull them apart. */
function isShort(text: string): boolean {
  return columnsOf(text) <= 10
}

function longestPiece(text: string): number {
  return Math.max(...wrapText(text, 1).map(columnsOf), 1)
}

function renderCell(
  tag: 'th' | 'td',
  cell: Tokens.TableCell,
  column: number,
  measured: Measured | undefined,
  inline: Inline,
): string {
  const style = `first${tag === 'th' ? 'Th' : 'Td'}`
  const attributes = [
    tag === 'th' ? ' scope="col"' : '',
    column === 0 ? ` data-style="${style}"` : '',
    cell.align ? ` align="${cell.align}"` : '',
    isShort(plainText(cell.tokens)) ? ' nowrap' : '',
    measured?.room ? ` style="min-width:${Math.round(measured.room * COLUMN_PX)}px"` : '',
  ]
  return `<${tag}${attributes.join('')}>${inline(cell.tokens)}</${tag}>`
}

/** What scrolls must be reachable by keyboard; and only within a fixed layout does it not widen the mail instead. */
function box(table: string, mayScroll: boolean): string {
  if (!mayScroll) return `<div data-style="tableBox">${table}</div>`
  const guard =
    '<table data-boxed="y" data-style="tableGuard" role="presentation" width="100%" border="0" cellpadding="0" cellspacing="0"><tbody><tr><td data-style="plain">'
  return `${guard}<div data-style="tableBox" tabindex="0">${table}</div></td></tr></tbody></table>`
}

/** The same box around the tables of the editor's own HTML, whose widths nobody knows. */
export function boxTables(html: string): string {
  let depth = 0
  let boxed = false
  const [open, close] = box('\0', true).split('\0') as [string, string]
  return html
    .replace(/<(\/?)table\b([^>]*)>/gi, (tag, slash: string, attributes: string) => {
      if (slash === '') {
        depth += 1
        if (depth > 1) return tag
        boxed = !attributes.includes('data-boxed')
        return boxed ? `${open}${tag}` : tag
      }
      depth = Math.max(0, depth - 1)
      return depth === 0 && boxed ? `${tag}${close}` : tag
    })
    .replace(/ data-boxed="y"/g, '')
}
