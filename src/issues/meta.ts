import { type Findings, shorten } from './finding.ts'
import type { FrontMatter } from './front-matter.ts'
import type { IssueMeta } from './issue.ts'
import type { Merges } from './merge.ts'

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
} & { topics: string[]; extra: Record<string, unknown> }

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
  }
  for (const [name, field] of fields) {
    const known = Object.hasOwn(NAMES, name.toLowerCase()) ? NAMES[name.toLowerCase()] : undefined
    if (known === undefined) meta.extra[name] = restoreDeep(field.value, merges)
    else if (known === 'topics') meta.topics = readTopics(field.value, merges)
    else if (known !== 'extra') meta[known] = readText(known, field, merges, findings)
  }
  return meta
}

function readText(
  name: keyof WrittenMeta,
  field: { text: string | null; line: number; value: unknown },
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
  const text = oneLine(field.text ?? '')
  if (text === '') return null
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
  return merges.restore(text)
}

/** A title or subject goes into a header: nothing in it may end a line, turn the text around, or hide. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .trim()
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

function readTopics(value: unknown, merges: Merges): string[] {
  const list = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(/[,，、]/)
      : []
  const names = list.filter((each) => ['string', 'number'].includes(typeof each))
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
  return { ...written, ...rest, subject: written.subject ?? rest.title }
}
