import type { Issue } from '../issues/issue.ts'
import { plainText } from '../issues/plain-text.ts'
import type { Placeholders } from './holes.ts'
import { columnsOf } from './text-layout.ts'

/** About what an inbox shows beside the subject: 40 to 50 CJK characters. */
const COLUMNS_SHOWN = 110

/** What the issue is about, for the inbox: as written, else its first items' titles, else its first words. */
export function preheaderOf(issue: Issue, { pattern }: Placeholders): string | null {
  const written = issue.meta.preheader?.replace(/[\s\u3000]+/g, ' ').trim()
  if (written) return written
  // Cutting could cut a placeholder.
  const text = firstWords(issue).replace(pattern, '').replace(/\s+/g, ' ').trim()
  return text === '' ? null : shorten(text)
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
  const paragraph = tokens.find((token) => token.type === 'paragraph')
  return paragraph ? plainText([paragraph]) : ''
}

function shorten(text: string): string {
  let shown = ''
  let width = 0
  for (const character of text) {
    width += columnsOf(character)
    if (width > COLUMNS_SHOWN) return `${shown.trimEnd()}…`
    shown += character
  }
  return shown
}
