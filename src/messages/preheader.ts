import type { Issue } from '../issues/issue.ts'
import { plainText } from '../issues/plain-text.ts'
import type { Placeholders } from './holes.ts'
import { columnsOf } from './text-layout.ts'

/** About what an inbox shows beside the subject: 40 to 50 CJK characters. */
const COLUMNS_SHOWN = 110

/** What the issue is about, for the inbox: as written, else its first items' titles, else its first words. */
export function preheaderOf(issue: Issue, { pattern }: Placeholders): string | null {
  const written = oneLine(issue.meta.preheader ?? '')
  if (written !== '') return written
  const text = oneLine(firstWords(issue))
  return text === '' ? null : shorten(text, pattern)
}

function oneLine(text: string): string {
  return text.replace(/[\s\u3000]+/g, ' ').trim()
}

function firstWords(issue: Issue): string {
  const sections = issue.blocks.flatMap((block) => (block.kind === 'section' ? [block] : []))
  const titles = sections.flatMap((section) =>
    section.blocks.flatMap((part) => (part.kind === 'item' ? [plainText(part.title).trim()] : [])),
  )
  if (titles.length > 0) return titles.slice(0, 4).join(' · ')
  const first = issue.blocks.find((block) => block.kind === 'markdown' || block.blocks.length > 0)
  if (first?.kind === 'section' && first.tagline) return plainText(first.tagline)
  const tokens =
    first?.kind === 'section' ? first.blocks.flatMap((part) => part.tokens) : (first?.tokens ?? [])
  const paragraph = tokens.find((token) => token.type === 'paragraph' && plainText([token]) !== '')
  return paragraph ? plainText([paragraph]) : ''
}

/** Cut between characters, or between a character and a hole: half of a hole would be shown as it is. */
function shorten(text: string, holes: RegExp): string {
  let shown = ''
  let width = 0
  for (const piece of piecesOf(text, holes)) {
    width += columnsOf(piece)
    if (width > COLUMNS_SHOWN) return `${shown.trimEnd()}…`
    shown += piece
  }
  return shown
}

function piecesOf(text: string, holes: RegExp): string[] {
  const pieces: string[] = []
  let from = 0
  for (const match of text.matchAll(holes)) {
    pieces.push(...text.slice(from, match.index), match[0])
    from = match.index + match[0].length
  }
  return [...pieces, ...text.slice(from)]
}
