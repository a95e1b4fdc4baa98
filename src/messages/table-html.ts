import type { Token, Tokens } from 'marked'
import { plainText } from '../issues/plain-text.ts'
import { columnsOf, wrapText } from './text-layout.ts'

/** Of a character of 14 px, rather too much, and of a cell's padding. */
const COLUMN_PX = 7.7
const PADDING_PX = 16
/** Beside the padding of a phone of 320 px, in the clients that know no media queries. */
const PHONE_PX = 256
/** Narrower than this a column of words is a ladder, and one of sentences a longer one. */
const LEAST = { words: 6, sentences: 18 } as const
/** What a column of text gets of a table that surely scrolls, or its rows become as high as the phone. */
const ROOMY = [30, 24, 18] as const
/** Beside the padding of the column on a desk. */
const DESK_PX = 536

type Inline = (tokens: readonly Token[]) => string

/**
 * A table that a phone can read: it scrolls within its box where its columns cannot become narrow enough, short cells
 * are not broken, and no column of text becomes a ladder.
 */
export function renderTable(token: Tokens.Table, inline: Inline): string {
  const columns = token.header.map((head, i) =>
    measure([head, ...token.rows.flatMap((row) => row[i] ?? [])]),
  )
  const { rooms, mayScroll } = arrange(columns)
  const isWide = pixels(columns.map((column) => Math.min(column.whole, 40))) > PHONE_PX
  const head = token.header.map((cell, i) => renderCell('th', cell, i, rooms[i], inline)).join('')
  const rows = token.rows.map(
    (row) => `<tr>${row.map((cell, i) => renderCell('td', cell, i, null, inline)).join('')}</tr>`,
  )
  const table = `<table data-boxed="y"${isWide ? ' width="100%"' : ''}><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
  return box(table, mayScroll)
}

/** In characters: what cannot be broken, and all of its longest cell. */
type Column = { unbroken: number; whole: number }

function measure(cells: readonly Tokens.TableCell[]): Column {
  const texts = cells.map((cell) => plainText(cell.tokens))
  const unbroken = texts.map((text) => (isShort(text) ? columnsOf(text) : longestPiece(text)))
  return { unbroken: Math.max(...unbroken, 1), whole: Math.max(...texts.map(columnsOf), 1) }
}

function pixels(columns: readonly number[]): number {
  return columns.reduce((total, column) => total + column * COLUMN_PX + PADDING_PX, 0)
}

/** `rooms`: what must be asked for in each column whose text could be broken further; null: nothing. */
function arrange(columns: readonly Column[]): { rooms: (number | null)[]; mayScroll: boolean } {
  const tight = columns.map(({ whole }) =>
    whole > 40 ? LEAST.sentences : Math.min(whole, LEAST.words),
  )
  const widths = (rooms: readonly number[]): number[] =>
    columns.map(({ unbroken }, i) => Math.max(unbroken, rooms[i] ?? 0))
  const narrowest = pixels(widths(tight))
  const roomy = ROOMY.map((room) => columns.map(({ whole }) => Math.min(whole, room)))
  const fitting = roomy.find((rooms) => pixels(widths(rooms)) <= DESK_PX)
  const rooms = (narrowest > 1.25 * PHONE_PX && fitting) || tight
  return {
    rooms: columns.map(({ unbroken }, i) => {
      const room = rooms[i] ?? 0
      return unbroken < room ? room : null
    }),
    mayScroll: narrowest > PHONE_PX,
  }
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
  room: number | null | undefined,
  inline: Inline,
): string {
  const style = `first${tag === 'th' ? 'Th' : 'Td'}`
  const attributes = [
    tag === 'th' ? ' scope="col"' : '',
    column === 0 ? ` data-style="${style}"` : '',
    cell.align ? ` align="${cell.align}"` : '',
    isShort(plainText(cell.tokens)) ? ' nowrap' : '',
    room ? ` style="min-width:${Math.round(room * COLUMN_PX)}px"` : '',
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
