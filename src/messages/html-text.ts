import { decodeEntities } from '../issues/entities.ts'
import { inlineToText } from './inline-lines.ts'
import { writeInline } from './inline-text.ts'
import { linkLines } from './link-lines.ts'

/** Empty lines stand around these, but not within a list. */
const APART = /^(?:blockquote|details|dl|figure|h[1-6]|hr|ol|p|pre|table|ul)$/
const BREAKS = /^(?:address|center|dd|div|dt|figcaption|li|summary)$/

type List = { number: number | null; width: number }

type Page = {
  readonly lines: string[]
  readonly columns: number
  /** Open lists, outermost first. */
  readonly lists: List[]
  quotes: number
  /** HTML that makes up the next lines. */
  part: string
  /** Of the list item that has no text yet. */
  mark: string
  isApart: boolean
}

/** A piece of HTML that was made safe, with its lists, quotes and blocks of code as Markdown's own are written. */
export function htmlToText(html: string, columns: number): string[] {
  const page: Page = {
    ...{ lines: [], columns, lists: [], quotes: 0, part: '', mark: '', isApart: false },
  }
  for (const [part, name] of partsOf(html)) {
    if (name === 'table' || name === 'pre') {
      breakHere(page, name)
      if (name === 'pre') addLines(page, preLines(part, columns))
      else page.part = part
      breakHere(page, name)
    } else if (name !== '' && (APART.test(name) || BREAKS.test(name))) {
      enter(page, name, part)
    } else page.part += part
  }
  breakHere(page, '')
  return page.lines
}

/** Tags, what stands between them, and whole tables and blocks of code. */
function* partsOf(html: string): Generator<[part: string, name: string]> {
  const whole = /<(table|pre)\b[^>]*>[\s\S]*?<\/\1>|<\/?([a-z][a-z0-9]*)[^>]*>|[^<]+|</gi
  for (const [part, block, name] of html.matchAll(whole)) {
    yield [part, (block ?? name ?? '').toLowerCase()]
  }
}

function enter(page: Page, name: string, tag: string): void {
  const closes = tag.startsWith('</')
  breakHere(page, name)
  if (name === 'hr') addLines(page, ['* * *'])
  else if (name === 'blockquote') page.quotes = Math.max(0, page.quotes + (closes ? -1 : 1))
  else if (name === 'li' && !closes) beginItem(page)
  else if (name === 'ul' || name === 'ol') {
    if (closes) page.lists.pop()
    else page.lists.push({ number: name === 'ol' ? startOf(tag) : null, width: 0 })
  }
  keepApart(page, name)
}

function keepApart(page: Page, name: string): void {
  if (APART.test(name) && page.lists.length === 0) page.isApart = true
}

function startOf(tag: string): number {
  return Number(/\sstart="(-?\d{1,6})"/.exec(tag)?.[1] ?? 1)
}

function beginItem(page: Page): void {
  const list = page.lists.at(-1) ?? { number: null, width: 0 }
  page.mark = list.number === null ? '- ' : `${list.number}. `
  if (list.number !== null) list.number += 1
  list.width = page.mark.length
}

/** Writes what has come so far. */
function breakHere(page: Page, name: string): void {
  const { part } = page
  page.part = ''
  const written = writeInline([{ type: 'html', raw: '', text: part, block: true, pre: false }])
  addLines(page, inlineToText(written, page.columns - indentOf(page)))
  keepApart(page, name)
}

function addLines(page: Page, lines: readonly string[]): void {
  if (lines.length === 0) return
  if (page.isApart && page.lines.length > 0) page.lines.push('')
  page.isApart = false
  const indent = ' '.repeat(indentOf(page))
  for (const [n, line] of lines.entries()) {
    const first = indent.slice(page.mark.length) + page.mark
    page.lines.push(((n === 0 ? first : indent) + line).trimEnd())
  }
  page.mark = ''
}

function indentOf({ lists, quotes }: Page): number {
  return Math.min(
    20,
    lists.reduce((sum, { width }) => sum + width, 2 * quotes),
  )
}

function preLines(pre: string, columns: number): string[] {
  const { links } = writeInline([{ type: 'html', raw: '', text: pre, block: true, pre: true }])
  const code = decodeEntities(pre.replace(/<[^>]*>/g, '')).replace(/^\n|\s+$/g, '')
  const lines = code.split('\n').map((line) => `    ${line}`)
  return [...lines, ...linkLines({ text: '', links }, columns)]
}
