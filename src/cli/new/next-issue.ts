import { lexer, type Token, type Tokens } from 'marked'
import { isScalar, parseDocument } from 'yaml'
import { findNumber, findNumberInName, withNumber } from './number.ts'
import { dateWrittenAs, nextDate } from './rhythm.ts'

/** An issue that is there: its file's name and text, and its date as it was read. */
export type Earlier = Readonly<{ name: string; markdown: string; date: string | null }>

export type NextIssue = Readonly<{
  /** Without `.md`. */
  name: string
  markdown: string
  date: string
  number: number | null
  sections: readonly string[]
}>

/** Of front matter: those that are each issue's own, and say something wrong of the next one. */
const EMPTIED = ['preheader', 'description', 'summary', 'excerpt', 'cover', 'image']
const FRONT = /^\uFEFF?\s*---[ \t]*\r?\n([\s\S]*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/

/**
 * The next issue after those there are, oldest first: its number, its date by their rhythm, the front matter's keys,
 * the sections with their taglines, and what has stood in the last two word for word.
 * @param today in the newsletter's zone
 */
export function nextIssue(
  earlier: readonly [...Earlier[], Earlier],
  options: Readonly<{ today: string; title?: string | undefined; date?: string | undefined }>,
): NextIssue {
  const last = earlier.at(-1) as Earlier
  const dates = earlier.flatMap(({ date }) => (date === null ? [] : [date]))
  const date = options.date ?? nextDate(dates, options.today)
  const { front, body } = split(last.markdown)
  const tokens = lexer(body)
  const named = findNumberInName(last.name)
  const title = front === null ? null : scalar(front, 'title')
  const heading = tokens.find(isTitle)
  const number = findNumber(title ?? heading?.text ?? '', named?.number) ?? named
  const next = { date, number: number && number.number + 1, last, title: options.title }
  const kept = keptOf(tokens, earlier.at(-2))
  return {
    name: nextName(last, next),
    date,
    number: next.number,
    sections: kept.filter(isSection).map(({ text }) => text),
    markdown: endLines(
      `${front === null ? '' : `---\n${nextFront(front, next)}---\n\n`}${bodyOf(kept, next)}`,
      last.markdown,
    ),
  }
}

type Next = Readonly<{
  date: string
  number: number | null
  last: Earlier
  title: string | undefined
}>

function split(markdown: string): { front: string | null; body: string } {
  const match = FRONT.exec(markdown)
  const [front, body] = match
    ? [match[1] ?? '', markdown.slice(match[0].length)]
    : [null, markdown.replace(/^\uFEFF/, '')]
  return { front: front?.replace(/\r\n?/g, '\n') ?? null, body: body.replace(/\r\n?/g, '\n') }
}

function scalar(front: string, key: string): string | null {
  const value = parseDocument(front).get(key, true)
  return isScalar(value) ? String(value.source ?? value.value ?? '') : null
}

/** Keys, their order and comments stay; what is of the last issue alone is brought forward or emptied. */
function nextFront(front: string, next: Next): string {
  const document = parseDocument(front)
  const { contents } = document
  if (contents === null || !('items' in contents)) return `${front}\n`
  for (const { key, value } of contents.items as { key: unknown; value: unknown }[]) {
    const name = String(isScalar(key) ? key.value : key)
    if (!isScalar(value)) continue
    const written = String(value.source ?? value.value ?? '')
    const forward = nextValue(name.toLowerCase(), written, next)
    if (forward === written) continue
    document.set(
      name,
      /^\d+$/.test(forward) && typeof value.value === 'number' ? Number(forward) : forward,
    )
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function nextValue(name: string, written: string, next: Next): string {
  const { number, date, title } = next
  if (name === 'title' && title !== undefined) return title
  if (name === 'title') return nextTitle(written, next)
  if (name === 'date') return dateWrittenAs(written, date)
  // A subject without the number was written for that issue: without one, the title is the subject.
  if (name === 'subject') return isNumbered(written, next) ? nextTitle(written, next) : ''
  if (name === 'slug') return nextName({ ...next.last, name: written }, next)
  if (EMPTIED.includes(name)) return ''
  const isNumber = number !== null && /^\d+$/.test(written) && Number(written) === number - 1
  return isNumber ? withNumber(written, { number, start: 0, end: written.length }, number) : written
}

function isNumbered(text: string, { number }: Next): boolean {
  return number !== null && findNumber(text, number - 1)?.number === number - 1
}

/** "Field Notes 7: The quiet parts" → "Field Notes 8"; "周刊（第 12 期）：山" → "周刊（第 13 期）". */
function nextTitle(written: string, next: Next): string {
  const { number } = next
  const found = number === null ? null : findNumber(written, number - 1)
  if (number === null || found === null) return written
  const brought = weekOf(withNumber(written, found, number), next)
  const end = findNumber(brought, number)?.end ?? brought.length
  // What follows the number was the name of that issue.
  const tail = /^([^:：|｜—–-]*?)\s*(?:[:：|｜]|\s[-–—]+\s|——).*$/s.exec(brought.slice(end))
  return tail === null ? brought : brought.slice(0, end) + (tail[1] ?? '')
}

/** 2022年第49周: the week of the new date (ISO 8601). */
function weekOf(text: string, { date }: Next): string {
  return text.replace(
    /\d{4}(\s*年\s*第\s*)\d{1,2}(\s*[周週])/,
    (_, between: string, week: string) => {
      const day = new Date(`${date}T00:00:00Z`)
      day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7))
      const year = day.getUTCFullYear()
      const number = Math.ceil(((day.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7)
      return `${year}${between}${String(number).padStart(2, '0')}${week}`
    },
  )
}

/** `field-notes-007` → `field-notes-008`; `2026-08-06-notes` → the new date. */
function nextName({ name }: Pick<Earlier, 'name'>, next: Next): string {
  const { date, title } = next
  const dated = /\d{4}([-_.]?)\d{2}\1\d{2}/.exec(name)
  const withDate = dated ? name.replace(dated[0], date.replaceAll('-', dated[1] ?? '')) : name
  const found = findNumberInName(name)
  if (found !== null) return weekOf(withNumber(withDate, found, found.number + 1), next)
  if (dated) return withDate
  return (
    title
      ?.normalize('NFC')
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase() || date
  )
}

// ---- the body ----

type Heading = Tokens.Heading

const isTitle = (token: Token): token is Heading => token.type === 'heading' && token.depth === 1
const isSection = (token: Token): token is Heading => token.type === 'heading' && token.depth === 2

/** Sections with their taglines, and every other block that the last two issues share. */
function keptOf(tokens: readonly Token[], before: Earlier | undefined): Token[] {
  const shared = before === undefined ? [] : lexer(split(before.markdown).body)
  const words = new Set(shared.map(({ raw }) => raw.trim()))
  const lasting = sectionsOf(tokens, words)
  const kept = tokens.filter((token, i) => {
    if (token.type === 'space') return false
    if (isTitle(token)) return true
    if (isSection(token)) return lasting.has(token)
    if (isTagline(token)) {
      const heading = tokens.slice(0, i).findLast((each) => each.type !== 'space')
      if (heading && isSection(heading)) return lasting.has(heading)
    }
    const isSource = token.type === 'blockquote' && !isTagline(token)
    return !isSource && words.has(token.raw.trim())
  })
  // A rule parts two things.
  return kept.filter(
    (token, i) =>
      token.type !== 'hr' ||
      (i > 0 && kept[i + 1]?.type !== undefined && kept[i + 1]?.type !== 'hr'),
  )
}

/**
 * Sections that come again: those of the issue before too, or with a tagline. Where there are none, or there was no
 * issue before, all.
 */
function sectionsOf(tokens: readonly Token[], before: ReadonlySet<string>): Set<Token> {
  const all = tokens.filter(isSection)
  const again = all.filter((heading) => {
    const next = tokens.slice(tokens.indexOf(heading) + 1).find(({ type }) => type !== 'space')
    return before.has(heading.raw.trim()) || (next !== undefined && isTagline(next))
  })
  return new Set(again.length > 0 ? again : all)
}

/** A quote that says something; one of links alone is an item's source. */
function isTagline(token: Token): boolean {
  if (token.type !== 'blockquote') return false
  return /[\p{L}\p{N}]/u.test(token.text.replace(/\[[^\]]*\]\([^)]*\)|<?https?:\/\/\S+/g, ''))
}

function bodyOf(kept: readonly Token[], next: Next): string {
  let out = ''
  kept.forEach((token, i) => {
    const raw = isTitle(token) ? titleLine(token, next) : token.raw.trim()
    const after = kept[i + 1]
    const isTogether = isSection(token) && after !== undefined && isTagline(after)
    out += `${raw}${isTogether ? '\n' : '\n\n'}`
  })
  return `${out.trimEnd()}\n`
}

function titleLine(heading: Heading, next: Next): string {
  return `# ${next.title ?? nextTitle(heading.text, next)}`
}

function endLines(text: string, model: string): string {
  return model.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text
}
