import type { InlineText, TextLink } from './inline-text.ts'
import { columnsOf, wrapText } from './text-layout.ts'

/** The addresses behind a text, each on a line of its own, with the words that lead there where they are needed. */
export function linkLines({ text, links }: InlineText, columns: number): string[] {
  return links.flatMap(({ label, href }) => {
    const needsNoLabel = links.length === 1 || label === text.trim()
    return linkLine({ label: needsNoLabel ? '' : label, href }, columns)
  })
}

/** `label: address`, on two lines where one would not hold it. */
export function linkLine({ label, href }: TextLink, columns: number): string[] {
  if (label === '') return [href]
  const line = `${label}: ${href}`
  return columnsOf(line) <= columns ? [line] : [...wrapText(`${label}:`, columns), href]
}
