import type { Tokens } from 'marked'
import { CELL, CELL_END, CELL_OF_HEAD, type TextLink, writeInline } from './inline-text.ts'
import { linkLines } from './link-lines.ts'
import { columnsOf, wrapText } from './text-layout.ts'

type Cell = { text: string; links: TextLink[] }

/** In columns where the page is wide enough, else each row as lines of `column: value`. */
export function tableToText(token: Tokens.Table, columns: number): string[] {
  const rows = [token.header, ...token.rows].map((row) =>
    row.map((cell) => {
      const { text, links } = writeInline(cell.tokens)
      return { text: text.replace(CELL_END, ' ').replace(/\s+/g, ' ').trim(), links }
    }),
  )
  const texts = rows.map((row) => row.map((cell) => cell.text))
  const widths = widthsOf(texts)
  if (totalOf(widths) > columns) return stackedRows(rows, columns)
  const links = linkLines({ text: '', links: rows.flat().flatMap((cell) => cell.links) }, columns)
  const lines = alignedRows(texts, widths, { align: token.align, hasHead: true })
  return links.length === 0 ? lines : [...lines, '', ...links]
}

/** Wrapped lines of what HTML says; its tables in columns, or cell by cell where the page is too narrow. */
export function htmlLines(text: string, columns: number): string[] {
  const lines: string[] = []
  let rows: string[] = []
  const endTable = (): void => {
    if (rows.length > 0) lines.push(...htmlTable(rows, columns))
    rows = []
  }
  for (const line of text.split('\n')) {
    if (line.includes(CELL) || line.includes(CELL_OF_HEAD)) rows.push(line)
    else if (line.trim() !== '') {
      endTable()
      lines.push(...wrapText(line, columns))
    }
  }
  endTable()
  return lines
}

function htmlTable(rows: readonly string[], columns: number): string[] {
  const cells = rows.map((row) =>
    row
      .split(CELL_END)
      .map((cell) => cell.replace(/\s+/g, ' ').trim())
      .slice(0, -1),
  )
  const widths = widthsOf(cells)
  if (totalOf(widths) > columns || widths.length === 1) {
    return cells.flat().flatMap((cell) => wrapText(cell, columns))
  }
  const hasHead =
    rows.length > 1 && !rows[0]?.includes(CELL) && Boolean(rows[0]?.includes(CELL_OF_HEAD))
  return alignedRows(cells, widths, { align: [], hasHead })
}

function widthsOf(rows: readonly string[][]): number[] {
  const count = Math.max(...rows.map((row) => row.length), 0)
  return Array.from({ length: count }, (_, i) =>
    Math.max(...rows.map((row) => columnsOf(row[i] ?? ''))),
  )
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 2, -2)
}

function alignedRows(
  rows: readonly string[][],
  widths: readonly number[],
  { align, hasHead }: { align: readonly (string | null)[]; hasHead: boolean },
): string[] {
  const lines = rows.map((row) =>
    widths
      .map((width, i) => {
        const cell = row[i] ?? ''
        const space = ' '.repeat(width - columnsOf(cell))
        return align[i] === 'right' ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return hasHead ? [lines[0] ?? '', rule, ...lines.slice(1)] : lines
}

/** The addresses stand under the row that they belong to. */
function stackedRows([header = [], ...rows]: readonly Cell[][], columns: number): string[] {
  if (rows.length === 0) return header.flatMap((cell) => wrapText(cell.text, columns))
  const head = linkLines({ text: '', links: header.flatMap((cell) => cell.links) }, columns)
  const isEmpty = header.map((_, i) => rows.every((row) => (row[i]?.text ?? '') === ''))
  const stacked = rows.map((row, n) => {
    const lines = header.flatMap(({ text: name }, i) => {
      const value = row[i]?.text ?? ''
      // A column of nothing is still one of the table's names.
      if (value === '') return isEmpty[i] && n === 0 ? wrapText(name, columns) : []
      return wrapText(name === '' ? value : `${name}: ${value}`, columns)
    })
    return [...lines, ...linkLines({ text: '', links: row.flatMap((cell) => cell.links) }, columns)]
  })
  return [...head, ...stacked.flatMap((lines, n) => (n === 0 ? lines : ['', ...lines]))]
}
