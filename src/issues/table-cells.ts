import type { Tokens } from 'marked'
import { type Findings, shorten } from './finding.ts'
import type { SourceLine } from './issue.ts'
import type { Merges } from './merge.ts'

/** "The excess is ignored" (GFM, example 204): text that nobody would miss until a reader does. */
export function tellLostCells(
  table: Tokens.Table,
  line: SourceLine,
  { findings, merges }: { findings: Findings; merges: Merges },
): void {
  for (const [n, row] of table.raw.trimEnd().split('\n').entries()) {
    const lost = cellsOf(row).slice(table.header.length).filter(Boolean)
    if (lost.length === 0) continue
    findings.warning(line + n, {
      what: `a row with more cells than the table: ${shorten(merges.restore(lost.join(' | ')), 40)}`,
      why: 'Markdown leaves out what the first row has no column for',
      fix: 'give the first row as many cells, or write \\| for a | that is text',
    })
  }
}

/** Code does not keep a | from ending a cell either. */
function cellsOf(row: string): string[] {
  const inner = row.trim().replace(/^\|/, '')
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim())
}
