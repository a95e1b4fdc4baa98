import type { InlineText } from './inline-text.ts'
import { linkLines } from './link-lines.ts'
import { htmlLines } from './table-text.ts'

/** Wrapped, with the addresses that its links lead to below, each on a line of its own. */
export function inlineToText(written: InlineText, columns: number): string[] {
  return [...htmlLines(written.text, columns), ...linkLines(written, columns)]
}
