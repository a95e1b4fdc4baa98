import { decodeCharset } from './charset-read.ts'

/** A header block as it came: names in lower case, folds undone, octets as latin1 characters. */
export type HeaderFields = readonly (readonly [name: string, value: string])[]

/** More than any mail needs; a mail made to hurt stops here. */
const FIELD_LIMIT = 2_000
const VALUE_LIMIT = 16_384

/**
 * Reads fields from `start` to the first blank line, or to the first line that cannot be one.
 * @param source octets as latin1 characters
 * @returns `end`: where the body begins
 */
export function readHeaders(
  source: string,
  start: number,
  limit: number,
): { fields: HeaderFields; end: number } {
  const fields: [string, string][] = []
  let at = start
  while (at < limit) {
    const newline = source.indexOf('\n', at)
    const next = newline < 0 || newline >= limit ? limit : newline + 1
    const line = source.slice(at, Math.min(next, at + VALUE_LIMIT)).replace(/\r*\n?$/, '')
    if (line.trim() === '') return { fields, end: next }
    if (!takeLine(fields, line, at === start)) return { fields, end: at }
    at = next
  }
  return { fields, end: limit }
}

/** false: this is no header line, so the body begins here, without a blank line before it. */
function takeLine(fields: [string, string][], line: string, isFirst: boolean): boolean {
  const last = fields.at(-1)
  // A parameter that lost its fold is none the less a parameter.
  if (/^[ \t]/.test(line) || (last?.[1].endsWith(';') && /^[a-z-]{4,20}=/.test(line))) {
    if (last === undefined) return isFirst
    if (last[1].length < VALUE_LIMIT) last[1] += ` ${line.trim()}`
    return true
  }
  // The separator of a mailbox file, and what quoting made of it.
  if (/^>?From /.test(line) && fields.length < 2) return true
  const colon = line.indexOf(':')
  const name = colon > 0 ? line.slice(0, colon).trimEnd() : ''
  if (!/^[!-9;-~]{1,76}$/.test(name)) return false
  if (fields.length < FIELD_LIMIT) fields.push([name.toLowerCase(), line.slice(colon + 1).trim()])
  return true
}

/** The first of that name; '' where there is none. */
export function field(fields: HeaderFields, name: string): string {
  return fields.find(([key]) => key === name)?.[1] ?? ''
}

/** A value for people: encoded words (RFC 2047) decoded, raw octets read as what they are. */
export function decodeHeader(value: string): string {
  const capped = value.slice(0, VALUE_LIMIT)
  // White space between two encoded words is none (RFC 2047 6.2).
  const joined = capped.replace(/(\?=)[ \t\r\n]+(?==\?)/g, '$1')
  const decoded = joined.replace(
    /((?:=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=)+)|(\P{ASCII}+)/giu,
    (_, words: string | undefined, raw: string | undefined) =>
      words === undefined
        ? decodeCharset(Buffer.from(raw ?? '', 'latin1'), '')
        : decodeWords(words),
  )
  return decoded.replace(/\p{Cc}+/gu, ' ').trim()
}

/** Words of one charset and encoding are joined first: some servers cut characters in two. */
function decodeWords(words: string): string {
  let text = ''
  let held: Buffer[] = []
  let charset = ''
  for (const [, label = '', how = '', content = ''] of words.matchAll(
    /=\?([^?]*)\?([bq])\?([^?]*)\?=/gi,
  )) {
    const name = label.replace(/\*.*$/, '')
    if (name !== charset) {
      text += decodeCharset(Buffer.concat(held), charset)
      held = []
      charset = name
    }
    held.push(/b/i.test(how) ? Buffer.from(content, 'base64') : fromQ(content))
  }
  return text + decodeCharset(Buffer.concat(held), charset)
}

function fromQ(content: string): Buffer {
  const octets = content
    .replace(/_/g, ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}

export type HeaderValue = Readonly<{ value: string; params: Readonly<Record<string, string>> }>

/** `multipart/report; boundary="…"`: value and parameter names in lower case; RFC 2231 pieces joined. */
export function readParameters(raw: string): HeaderValue {
  const [value = '', ...rest] = raw.slice(0, VALUE_LIMIT).split(';')
  const params: Record<string, string> = {}
  const pattern = /(?:^|;)\s*([^\s=;"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/g
  for (const [, name = '', quoted, bare] of rest.join(';').matchAll(pattern)) {
    // title*0*=utf-8''…: the pieces come in order in all but hostile mail.
    const [base = ''] = name.toLowerCase().split('*')
    const piece = quoted?.replace(/\\(.)/g, '$1') ?? (bare ?? '').trim()
    const extended = name.endsWith('*') ? decodeExtended(piece) : piece
    if (params[base] === undefined) params[base] = extended
    else if (name.includes('*')) params[base] += extended
  }
  return { value: value.trim().toLowerCase(), params }
}

function decodeExtended(piece: string): string {
  const [, charset = '', content = ''] = /^([^']*)'[^']*'(.*)$/.exec(piece) ?? ['', '', piece]
  const octets = content.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decodeCharset(Buffer.from(octets, 'latin1'), charset)
}

/**
 * An address in running text, flags `iu`. Chinese and Japanese stand beside it without a space, and no mailbox mixes
 * them with Latin letters: where they meet, it ends. Both parts may be in any one script (RFC 6531).
 */
export const ADDRESS = String.raw`(?:[\w!#$%&*+/?^{|}~-][\w!#$%&'*+/?^{|}~.-]{0,63}|(?:[^\p{ASCII}\s\p{P}]|[\d._+-]){1,64})@(?:[a-z0-9._-]{1,255}(?!\p{Script=Latin}|\p{M})|[\p{L}\p{M}\p{N}._-]{1,255})`
const ANY_ADDRESS = new RegExp(ADDRESS, 'giu')

/** Every address in a header's value, in lower case. */
export function addressesIn(value: string): string[] {
  const found = value.slice(0, VALUE_LIMIT).match(ANY_ADDRESS)
  return (found ?? []).map((address) => address.toLowerCase().replace(/[.']+$/, ''))
}
