import { randomBytes } from 'node:crypto'
import { type Findings, shorten } from './finding.ts'
import type { MergeExpression, SourceLine } from './issue.ts'

export type { MergeExpression } from './issue.ts'

/** What an expression may pass its value through; all are Liquid's own. */
export const MERGE_FILTERS = [
  'default',
  'upcase',
  'downcase',
  'capitalize',
  'strip',
  'truncate',
  'escape',
] as const

const PLACEHOLDER = /zq[a-z0-9]{16}/g
// Quoted text may hold braces. The bounds keep an unclosed quote from being searched for to the end of the file.
const QUOTED = String.raw`(?:"[^"\n]{0,200}"|'[^'\n]{0,200}')`
const EXPRESSION = new RegExp(
  String.raw`\{\{[^{}"']{0,200}(?:${QUOTED}[^{}"']{0,200}){0,12}\}\}|\{\{[^{}\n]{0,400}\}\}`,
  'g',
)

// An attribute is named as its column is: in letters of any script, or in quotes.
const ATTRIBUTE = String.raw`(?:\.[\p{L}_][\p{L}\p{M}\p{N}_]*|\["[^"\\{}\n]+"\]|\['[^'\\{}\n]+'\])`
const NAME = String.raw`(?:subscriber${ATTRIBUTE}|newsletter\.name|issue\.title)`
const VALUE = String.raw`(?:"(?:[^"\\{}]|\\[^{}])*"|'(?:[^'\\{}]|\\[^{}])*'|-?\d+|${NAME})`
const FILTER = String.raw`\|\s*(?:${MERGE_FILTERS.join('|')})(?:\s*:\s*${VALUE}(?:\s*,\s*${VALUE})?)?\s*`
const ALLOWED = new RegExp(String.raw`^\{\{-?\s*${NAME}\s*(?:${FILTER})*-?\}\}$`, 'u')

export type Merges = {
  /** Replaces every expression by its placeholder; lines stay as many as they were. */
  swap(text: string, firstLine: SourceLine): string
  /** Puts all back as written: for code, and for what is not text of the issue. */
  restore(text: string): string
  /** Puts back those that cannot be filled, and notes which of the others are used. */
  settle(text: string, write?: (source: string) => string): string
  has(text: string): boolean
  /** Plain words in place of the expressions: their defaults. */
  plain(text: string): string
  /** Those that are used outside code, in order. */
  used(): MergeExpression[]
}

export function createMerges(findings: Findings): Merges {
  const known = new Map<string, MergeExpression>()
  const used = new Set<string>()
  const refused = new Set<string>()
  const replace = (text: string, put: (merge: MergeExpression) => string): string =>
    text.replace(PLACEHOLDER, (match) => {
      const merge = known.get(match)
      return merge ? put(merge) : match
    })
  return {
    swap(text, firstLine) {
      let line = firstLine
      let from = 0
      return text.replace(EXPRESSION, (source, offset: number) => {
        line += countLines(text.slice(from, offset))
        from = offset
        const placeholder = makePlaceholder()
        known.set(placeholder, { placeholder, source, line })
        return placeholder + '\n'.repeat(countLines(source))
      })
    },
    restore: (text) => replace(text, (merge) => merge.source),
    settle: (text, write = (source) => source) =>
      replace(text, (merge) => {
        const source = fillable(merge.source)
        if (source !== null) {
          merge.source = source
          used.add(merge.placeholder)
          return merge.placeholder
        }
        if (!refused.has(merge.placeholder)) findings.error(merge.line, refusal(merge.source))
        refused.add(merge.placeholder)
        return write(merge.source)
      }),
    has: (text) => text.match(PLACEHOLDER)?.some((match) => known.has(match)) ?? false,
    plain: (text) => replace(text, (merge) => defaultOf(merge.source)),
    used: () => [...known.values()].filter((merge) => used.has(merge.placeholder)),
  }
}

/** The expression itself, or as it was meant inside a quoted YAML value, or null. */
function fillable(source: string): string | null {
  const readings = [source, source.replaceAll('\\"', '"'), source.replaceAll("''", "'")]
  return readings.find((reading) => ALLOWED.test(reading)) ?? null
}

/** The attribute of a reader that an expression names: `城市` of `{{ subscriber["城市"] }}`. */
export function attributeOf(source: string): string | null {
  const match =
    /^\{\{-?\s*subscriber(?:\.([\p{L}_][\p{L}\p{M}\p{N}_]*)|\["([^"]+)"\]|\['([^']+)'\])/u.exec(
      source,
    )
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? null
}

/** The text of a `default` filter, or nothing. */
function defaultOf(source: string): string {
  const match = /\|\s*default\s*:\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/.exec(source)
  return (match?.[1] ?? match?.[2] ?? '').replace(/\\(.)/g, '$1')
}

function refusal(source: string): { what: string; why: string; fix: string } {
  const name = /^\{\{-?\s*((?:[^\s|{}"'[\]]|\["[^"]*"\]|\['[^']*'\])*)/.exec(source)?.[1] ?? ''
  const filters = [...source.matchAll(/\|\s*([A-Za-z_]\w*)/g)].map((match) => match[1] ?? '')
  const unknown = filters.find((filter) => !(MERGE_FILTERS as readonly string[]).includes(filter))
  const isKnown = new RegExp(`^${NAME}$`, 'u').test(name)
  const what = !isKnown
    ? `unknown name "${name}" in ${shorten(source)}`
    : unknown !== undefined
      ? `unknown filter "${unknown}" in ${shorten(source)}`
      : `${shorten(source)} cannot be read`
  return {
    what,
    why: 'nothing could be filled in for a reader',
    fix: isKnown
      ? `use {{ name | filter: "value" }} with the filters ${MERGE_FILTERS.join(', ')}`
      : 'use subscriber.email, subscriber.<attribute>, subscriber["<attribute>"], newsletter.name or issue.title, or write it as code',
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}

function makePlaceholder(): string {
  const letters = [...randomBytes(16)].map((octet) => (octet % 36).toString(36))
  return `zq${letters.join('')}`
}
