import type { Earlier } from './next-issue.ts'
import { findNumber, findNumberInName, type Numbered } from './number.ts'

// A folder may hold the issues of several newsletters, and the next issue of one is begun from its own alone.

/** An issue of a folder, as far as it tells whose it is. */
export type Member = Earlier &
  Readonly<{ newsletter: string | null; language: string; title: string }>

export type Wanted = Readonly<{
  /** Of the file to begin, without `.md`; null: the folder's next. */
  name: string | null
  title: string | undefined
  newsletter: string | undefined
}>

/** The issues of the newsletter that is meant, oldest first as they came; none: nothing there is of it. */
export function seriesFor<One extends Member>(all: readonly One[], wanted: Wanted): One[] {
  const { newsletter } = wanted
  const own = all.filter((each) => newsletter !== undefined && each.newsletter === newsletter)
  if (own.length > 0) return own
  const open = all.filter((each) => newsletter === undefined || each.newsletter === null)
  const meant = open.findLast((each) => isLike(each, wanted)) ?? byDefault(open, wanted)
  return meant === undefined ? [] : open.filter((each) => keyOf(each) === keyOf(meant))
}

/** Where nothing names a newsletter it is that of the newest issue; where something does, the only one there is. */
function byDefault<One extends Member>(all: readonly One[], wanted: Wanted): One | undefined {
  const { name, title, newsletter } = wanted
  const newest = all.at(-1)
  if (newest === undefined || (name !== null && fileStem(name) !== null)) return undefined
  const isNamed = name !== null || newsletter !== undefined || titleStem(title ?? '', null) !== null
  return isNamed && new Set(all.map(keyOf)).size > 1 ? undefined : newest
}

/** Called as the file, the title or the newsletter that is given. */
function isLike(one: Member, { name, title, newsletter }: Wanted): boolean {
  const file = fileStem(one.name)
  if (file !== null && name !== null && file === fileStem(name)) return true
  if (file !== null && newsletter !== undefined && file.startsWith(`${newsletter}-`)) return true
  const stem = titleStem(title ?? '', null)
  return stem !== null && stem === titleStem(one.title, findNumberInName(one.name)?.number ?? null)
}

/** What all issues of one newsletter have in common. */
function keyOf({ name, title, language, newsletter }: Member): string {
  if (newsletter !== null) return `newsletter ${newsletter}`
  const file = fileStem(name)
  if (file !== null) return `file ${file}`
  const stem = titleStem(title, null)
  return stem === null ? `language ${language}` : `title ${stem}`
}

/** `field-notes-007` → `field-notes-#`, `2026-11-15-update` → `#-#-#-update`. Null: nothing in it counts. */
function fileStem(name: string): string | null {
  const stem = withoutNumber(name, findNumberInName(name)).replace(/\d+/g, '#')
  return stem.includes('#') ? stem : null
}

/** "Field Notes 7: The quiet parts" → "field notes #": what follows the number is the issue's own. */
function titleStem(title: string, hint: number | null): string | null {
  const [head = ''] = title.split(/[:：|｜]|\s[-–—]+\s/)
  const found = findNumber(head, hint) ?? findNumber(title, hint)
  return found && withoutNumber(title.slice(0, found.end), found).trim()
}

function withoutNumber(text: string, found: Numbered | null): string {
  const masked = found ? `${text.slice(0, found.start)}#${text.slice(found.end)}` : text
  return masked.normalize('NFC').toLowerCase()
}
