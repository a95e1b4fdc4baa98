import { type Findings, shorten } from './finding.ts'
import type { FrontMatter } from './front-matter.ts'
import type { IssueMeta, MetaLines, SourceLine } from './issue.ts'
import type { Merges } from './merge.ts'
import { tellMisspelt } from './misspelt.ts'

/** What the front matter says of the fields that we know; null: nothing. */
export type WrittenMeta = {
  [Key in
    | 'title'
    | 'date'
    | 'subject'
    | 'preheader'
    | 'slug'
    | 'language'
    | 'newsletter'
    | 'baseUrl']: string | null
} & { topics: string[]; extra: Record<string, unknown>; lines: MetaLines }

const NAMES: Readonly<Record<string, keyof WrittenMeta>> = {
  title: 'title',
  date: 'date',
  subject: 'subject',
  preheader: 'preheader',
  slug: 'slug',
  language: 'language',
  lang: 'language',
  newsletter: 'newsletter',
  base_url: 'baseUrl',
  topics: 'topics',
}

/** Those whose expressions are filled for each reader. */
const FILLED: readonly (keyof WrittenMeta)[] = ['subject', 'preheader']

export function readMeta(
  fields: FrontMatter['fields'],
  merges: Merges,
  findings: Findings,
): WrittenMeta {
  const meta: WrittenMeta = {
    title: null,
    date: null,
    subject: null,
    preheader: null,
    slug: null,
    language: null,
    newsletter: null,
    baseUrl: null,
    topics: [],
    extra: {},
    lines: {},
  }
  for (const [name, field] of fields) {
    const known = Object.hasOwn(NAMES, name.toLowerCase()) ? NAMES[name.toLowerCase()] : undefined
    if (known === undefined) {
      meta.extra[name] = restoreDeep(field.value, merges)
      tellUnpublished(name, field, findings)
      tellMisspelt(name, field.line, findings)
    } else if (known === 'topics') meta.topics = readTopics(field, merges, findings)
    else if (known !== 'extra' && known !== 'lines') {
      meta[known] = readText(known, field, merges, findings)
      if (hasLine(known)) meta.lines[known] = field.line
    }
  }
  return meta
}

function hasLine(name: keyof WrittenMeta): name is keyof MetaLines {
  return ['title', 'subject', 'preheader', 'date', 'language', 'slug'].includes(name)
}

/** `draft: true` and the like mean something to the generators of sites; here they would be overlooked. */
function tellUnpublished(name: string, field: Field, findings: Findings): void {
  const value = String(field.value).toLowerCase()
  const isHidden =
    (/^(?:draft|hidden|private|unlisted)$/i.test(name) && ['true', 'yes'].includes(value)) ||
    (/^(?:published|publish)$/i.test(name) && ['false', 'no'].includes(value))
  if (!isHidden) return
  findings.warning(field.line, {
    what: `"${name}: ${value}" says that the issue is not to be seen yet`,
    why: 'it is sent all the same',
    fix: 'take the line out when the issue is ready',
  })
}

type Field = { text: string | null; line: SourceLine; value: unknown }

function readText(
  name: keyof WrittenMeta,
  field: Field,
  merges: Merges,
  findings: Findings,
): string | null {
  if (field.text === null && field.value !== null && field.value !== undefined) {
    findings.error(field.line, {
      what: `"${name}" is no text`,
      why: 'one value is expected here',
      fix: 'write it on one line, in quotes if it has a colon in it',
    })
  }
  const text = withinBounds(name, oneLine(field.text ?? ''), field.line, findings)
  if (text === '') return null
  tellCleaned(name, field, findings)
  if (FILLED.includes(name)) return merges.settle(text)
  if (name === 'title' && merges.has(text)) {
    findings.error(field.line, {
      what: 'an expression in the title',
      why: 'the title stands on pages that are the same for everybody',
      fix: 'write it in `subject` and leave it out of `title`',
    })
  }
  if (name === 'date') return readDate(text, field.line, findings)
  if (name === 'language') return readLanguage(text, field.line, findings)
  if (name === 'baseUrl') return readBaseUrl(text, field.line, findings)
  if (name === 'slug') tellSlug(merges.restore(text), field.line, findings)
  return merges.restore(text)
}

const TURNING = /[\u202a-\u202e\u2066-\u2069\ufeff]/
const ALL_TURNING = new RegExp(TURNING, 'g')

/** A title or subject goes into a header: nothing in it may end a line, turn the text around, or hide. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .replace(ALL_TURNING, '')
    .trim()
}

/** In characters: more than any header or page shows. */
const LONGEST_TEXT = 5000

function withinBounds(name: string, text: string, line: SourceLine, findings: Findings): string {
  if (text.length <= LONGEST_TEXT) return text
  findings.error(line, {
    what: `"${name}" has ${text.length.toLocaleString('en')} characters`,
    why: `the most that is read is ${LONGEST_TEXT.toLocaleString('en')}`,
    fix: 'write a line, and the rest under the front matter',
  })
  return text.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, '')
}

/** A folded or block scalar ends with a line break of its own. */
function tellCleaned(name: string, field: Field, findings: Findings): void {
  const text = (field.text ?? '').trim()
  const what = /[\n\r\u2028\u2029]/.test(text)
    ? 'line breaks'
    : /[\p{Cc}]/u.test(text.replace(/\t/g, ''))
      ? 'control characters'
      : TURNING.test(text)
        ? 'marks that turn the direction of text'
        : null
  if (what === null) return
  findings.warning(field.line, {
    what: `${what} in "${name}"`,
    why: 'they could end a header line or hide what follows; they are taken out',
    fix: 'write it on one line, in plain characters',
  })
}

function tellSlug(written: string, line: SourceLine, findings: Findings): void {
  const slug = cleanSlug(written)
  if (slug === written) return
  findings.warning(line, {
    what: `the slug "${shorten(written, 40)}" becomes ${slug === '' ? 'the name of the file' : `"${shorten(slug, 40)}"`}`,
    why: 'it stands in addresses, where only letters, digits and . _ ~ - may stand',
    fix: slug === '' ? 'write one of letters and digits' : `write slug: ${slug}`,
  })
}

/** By hand: `new Date('2023-8-6')` is a day earlier or later depending on where it runs. */
function readDate(text: string, line: number, findings: Findings): string | null {
  const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)/.exec(text)
  const [year, month, day] = [match?.[1], match?.[2], match?.[3]].map(Number)
  if (year && month && day && day <= daysIn(year, month)) {
    return [year, month, day].map((part) => String(part).padStart(2, '0')).join('-')
  }
  findings.warning(line, {
    what: `the date "${shorten(text, 30)}" cannot be read`,
    why: 'the issue goes out without one',
    fix: 'write year, month and day, as in 2026-08-02',
  })
  return null
}

function daysIn(year: number, month: number): number {
  if (month < 1 || month > 12) return 0
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function readLanguage(text: string, line: number, findings: Findings): string | null {
  try {
    const [tag] = Intl.getCanonicalLocales(text.replaceAll('_', '-'))
    if (tag && /^[a-z]{2,3}(?:-|$)/.test(tag)) return tag
  } catch {
    // Said below.
  }
  findings.warning(line, {
    what: `"${shorten(text, 30)}" is no language`,
    why: 'the language is guessed from the text instead',
    fix: 'write its code, as in zh-CN, en or pt-BR',
  })
  return null
}

function readBaseUrl(text: string, line: number, findings: Findings): string | null {
  if (isWebUrl(text)) return text
  findings.error(line, {
    what: `the base_url "${shorten(text)}" is no web address`,
    why: 'relative links would lead nowhere',
    fix: 'write it in full, as in https://weekly.example/',
  })
  return null
}

export function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

function readTopics({ value, line }: Field, merges: Merges, findings: Findings): string[] {
  const list = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(/[,，、]/)
      : []
  const names = list.filter((each) => ['string', 'number'].includes(typeof each))
  const isList =
    value === null || value === undefined || Array.isArray(value) || typeof value === 'string'
  if (!isList || names.length < list.length) {
    findings.warning(line, {
      what: '"topics" is no list of names',
      why: 'what is no name is left out, and readers who chose topics may miss the issue',
      fix: 'write it as topics: [first, second]',
    })
  }
  return [...new Set(names.map((each) => oneLine(merges.restore(String(each)))).filter(Boolean))]
}

function restoreDeep(value: unknown, merges: Merges): unknown {
  if (typeof value === 'string') return merges.restore(value)
  if (Array.isArray(value)) return value.map((each) => restoreDeep(each, merges))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, restoreDeep(each, merges)]),
  )
}

/** `weeklies/012 first.md` → `012-first`: what the issue is known by, in addresses too. */
export function slugOf(file: string, written: string | null): string {
  const base = (file.split(/[/\\]/).at(-1) ?? '').replace(/\.(?:md|markdown|mdown|mkd|txt)$/i, '')
  return cleanSlug(written ?? '') || cleanSlug(base) || 'issue'
}

function cleanSlug(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._~-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
}

export function completeMeta(
  written: WrittenMeta,
  rest: Pick<IssueMeta, 'title' | 'slug' | 'language' | 'baseUrl'>,
): IssueMeta {
  const { lines: _, ...meta } = written
  return { ...meta, ...rest, subject: written.subject ?? rest.title }
}
