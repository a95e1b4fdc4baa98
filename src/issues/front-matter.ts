import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import { type Findings, shorten } from './finding.ts'
import type { SourceLine } from './issue.ts'

export type FrontMatter = {
  /** `text` is the value as it stands in the file where it is a plain scalar, so that `012` stays `012`. */
  fields: Map<string, { text: string | null; value: unknown; line: SourceLine }>
  body: string
  /** The line of the file at which the body starts. */
  bodyLine: SourceLine
}

const MOST_ALIASES = 20
const FENCE = /^---[ \t]*$/
const CLOSING_FENCE = /^(?:---|\.\.\.)[ \t]*$/
const KEY = /^["']?[\w.-]+["']?[ \t]*:(?:[ \t]|$)/

/**
 * Takes the front matter off an issue: YAML between `---` lines, or a header of `Title: …` lines up to the
 * first blank one, as Pelican writes it. `text` has LF line ends and no byte order mark. Where it cannot be read
 * the findings say why, and what stands in plain lines is kept, so that the issue can be looked at.
 */
export function splitFrontMatter(
  text: string,
  findings: Findings,
  prepare: (yaml: string, firstLine: SourceLine) => string,
): FrontMatter {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => line.trim() !== '')
  const opening = lines[first] ?? ''
  if (FENCE.test(opening)) return splitYaml(lines, first, findings, prepare)
  if (/^title[ \t]*:[ \t]*\S/i.test(opening)) {
    const header = splitHeader(lines, first)
    if (header) return header
  }
  if (/^\+\+\+[ \t]*$/.test(opening)) {
    findings.warning(first + 1, {
      what: 'front matter between +++ is not read',
      why: 'it is TOML, and would be shown to readers as text',
      fix: 'write it as YAML between --- lines',
    })
  }
  return { fields: new Map(), body: text, bodyLine: 1 }
}

function splitYaml(
  lines: readonly string[],
  first: number,
  findings: Findings,
  prepare: (yaml: string, firstLine: SourceLine) => string,
): FrontMatter {
  const whole: FrontMatter = { fields: new Map(), body: lines.join('\n'), bodyLine: 1 }
  const length = lines.slice(first + 1).findIndex((line) => CLOSING_FENCE.test(line))
  const inside = length === -1 ? lines.slice(first + 1) : lines.slice(first + 1, first + 1 + length)
  const isEmpty = length !== -1 && inside.every((line) => line.trim() === '')
  const looksLikeFields = inside.some((line) => KEY.test(line))
  // A rule at the top of a document is also written as ---.
  if (!looksLikeFields && !isEmpty) return whole
  if (length === -1) {
    if (!KEY.test(inside.find((line) => line.trim() !== '') ?? '')) return whole
    findings.error(first + 1, {
      what: 'the front matter is not closed',
      why: 'a line of --- opens it, and none ends it',
      fix: 'write --- on a line of its own after the last field',
    })
    return untilLastField(lines, first, prepare)
  }
  const bodyLine = first + length + 3
  const prepared = prepare(inside.join('\n'), first + 2)
  const fields = readYaml(prepared, first + 2, findings) ?? plainFields(prepared, first + 2)
  return { fields, body: lines.slice(bodyLine - 1).join('\n'), bodyLine }
}

/** The issue begins after the lines that look like fields; a blank one ends them, since `Note: …` is a sentence. */
function untilLastField(
  lines: readonly string[],
  first: number,
  prepare: (yaml: string, firstLine: SourceLine) => string,
): FrontMatter {
  const rest = lines.slice(first + 1)
  const end = rest.findIndex((line) => !KEY.test(line) && !/^[ \t]+\S/.test(line))
  const bodyLine = first + 2 + (end === -1 ? rest.length : end)
  const yaml = prepare(rest.slice(0, bodyLine - first - 2).join('\n'), first + 2)
  const body = lines.slice(bodyLine - 1).join('\n')
  return { fields: plainFields(yaml, first + 2), body, bodyLine }
}

/** Of YAML that is broken: each `name: value` on a line of its own. */
function plainFields(yaml: string, firstLine: SourceLine): FrontMatter['fields'] {
  const fields: FrontMatter['fields'] = new Map()
  for (const [n, line] of yaml.split('\n').entries()) {
    const match = /^["']?([\w.-]+)["']?[ \t]*:[ \t]+(\S.*)$/.exec(line)
    const [, name, value = ''] = match ?? []
    if (name === undefined || fields.has(name) || /^[[{|>&*!]/.test(value)) continue
    const text = value.replace(/^(["'])(.*)\1\s*$/, '$2').trim()
    fields.set(name, { text, value: text, line: firstLine + n })
  }
  return fields
}

function readYaml(
  yaml: string,
  firstLine: SourceLine,
  findings: Findings,
): FrontMatter['fields'] | null {
  const lineCounter = new LineCounter()
  const document = parseDocument(yaml, { schema: 'core', logLevel: 'silent', lineCounter })
  const lineOf = (offset: number): SourceLine => firstLine + lineCounter.linePos(offset).line - 1
  for (const problem of document.errors) {
    findings.error(lineOf(problem.pos[0]), {
      what: `the front matter cannot be read: ${shorten(problem.message.split('\n')[0] ?? '', 160).replace(/ at line \d+, column \d+:?$/, '')}`,
      why: 'without it the title, the date and the subject are unknown',
      fix: 'mend this line; a value with a colon, a quote or a # in it wants quotes around it',
    })
  }
  if (document.errors.length > 0) return null
  if (document.contents === null) return new Map()
  if (!isMap(document.contents)) {
    findings.error(firstLine, {
      what: 'the front matter is no list of fields',
      why: 'without it the title, the date and the subject are unknown',
      fix: 'write each field as `name: value` on a line of its own',
    })
    return null
  }
  try {
    const values = document.contents.toJS(document, { maxAliasCount: MOST_ALIASES })
    return readFields(document.contents, lineOf, values)
  } catch (error) {
    // What the library says of aliases that would grow without end, or name nothing.
    if (!(error instanceof ReferenceError)) throw error
    findings.error(firstLine, {
      what: `the front matter has more aliases (*name) than ${MOST_ALIASES} values can come from`,
      why: 'a few lines of them can grow to gigabytes',
      fix: 'write the values out',
    })
    return null
  }
}

function readFields(
  map: YAMLMap,
  lineOf: (offset: number) => SourceLine,
  values: Record<string, unknown>,
): FrontMatter['fields'] {
  const fields: FrontMatter['fields'] = new Map()
  for (const { key, value } of map.items) {
    if (!isScalar(key)) continue
    const name = String(key.value)
    const scalar = isScalar(value) ? value : null
    const isPlainText = scalar !== null && scalar.value !== null && typeof scalar.value !== 'string'
    const text = isPlainText ? (scalar.source ?? String(scalar.value)) : (scalar?.value ?? null)
    fields.set(name, {
      text: text === null ? null : String(text),
      value: values[name],
      line: lineOf(key.range?.[0] ?? 0),
    })
  }
  return fields
}

/** `Title: …` lines; a line that is indented goes on with the one before it. */
function splitHeader(lines: readonly string[], first: number): FrontMatter | null {
  const fields: FrontMatter['fields'] = new Map()
  let last: { text: string | null; value: unknown } | null = null
  let n = first
  for (; n < lines.length && (lines[n] ?? '').trim() !== ''; n++) {
    const line = lines[n] ?? ''
    const match = /^([A-Za-z_]+)[ \t]*:[ \t]*(.*)$/.exec(line)
    if (match) {
      const field = { text: (match[2] ?? '').trim(), value: (match[2] ?? '').trim(), line: n + 1 }
      fields.set((match[1] ?? '').toLowerCase(), field)
      last = field
    } else if (last && /^[ \t]/.test(line)) {
      last.text = `${last.text} ${line.trim()}`
      last.value = last.text
    } else {
      return null
    }
  }
  // One such line may be a sentence.
  if (fields.size < 2) return null
  return { fields, body: lines.slice(n).join('\n'), bodyLine: n + 1 }
}
