import { randomBytes } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { encodeWords, needsEncoding } from './encoded-words.ts'
import { encodePart } from './transfer-encoding.ts'

/** Values are Unicode text; buildMime encodes and folds them. */
export type Headers = readonly (readonly [name: string, value: string])[]

/** Their values have a grammar (RFC 5322, 2369, 2919): encoded words, where allowed, were made by formatAddress. */
const STRUCTURED = new Set(
  'from to cc reply-to sender list-id list-unsubscribe list-unsubscribe-post message-id date references in-reply-to mime-version auto-submitted'.split(
    ' ',
  ),
)
/** RFC 2047 and RFC 5322, 2.1.1. */
const HEADER_LINE = 76
const LONGEST_LINE = 998

/**
 * One message as its bytes on the wire: multipart/alternative, utf-8, CRLF.
 * @throws for a header that cannot be written: a bad name, a structured value that is not ASCII
 */
export function buildMime(headers: Headers, parts: { text: string; html: string }): Buffer {
  // `=_` occurs in no quoted-printable text, and nothing of a reader's can hold what is random.
  const boundary = `=_${randomBytes(15).toString('hex')}`
  const fields = headerFields(headers, `multipart/alternative;\r\n boundary="${boundary}"`)
  const lines: string[] = []
  for (const [type, content] of [
    ['plain', parts.text],
    ['html', parts.html],
  ] as const) {
    const { encoding, body } = encodePart(content)
    lines.push(`--${boundary}`)
    lines.push(`Content-Type: text/${type}; charset=utf-8`)
    lines.push(`Content-Transfer-Encoding: ${encoding}`)
    lines.push('', body)
  }
  lines.push(`--${boundary}--`, '')
  // Everything is ASCII by now.
  return Buffer.from(`${fields.join('')}\r\n${lines.join('\r\n')}`, 'latin1')
}

/**
 * The fields of a header as on the wire, each with its CRLF.
 * @throws as buildMime does
 */
export function headerFields(
  headers: Headers,
  contentType: string,
  write: (name: string, value: string) => string = headerLine,
): string[] {
  const fields = headers
    .filter(([name]) => name.toLowerCase() !== 'mime-version')
    .map(([name, value]) => `${write(name, value)}\r\n`)
  return [...fields, 'MIME-Version: 1.0\r\n', `Content-Type: ${contentType}\r\n`]
}

/** For a message to many: most headers of one are those of the one before, and so is what was written for them. */
export function createHeaderWriter(): (headers: Headers, contentType: string) => string[] {
  const last = new Map<string, { value: string; line: string }>()
  const write = (name: string, value: string) => {
    const known = last.get(name)
    if (known?.value === value) return known.line
    const line = headerLine(name, value)
    last.set(name, { value, line })
    return line
  }
  return (headers, contentType) => headerFields(headers, contentType, write)
}

/**
 * `name <address>` for From, To and Reply-To (and, with a list's id, for List-Id): quoted or encoded as needed,
 * ASCII, so that buildMime leaves it as it is.
 * @throws for an address that is not one, or whose local part is not ASCII
 */
export function formatAddress(name: string | null, address: string): string {
  const at = address.lastIndexOf('@')
  const host = address.slice(at + 1)
  const ascii = `${address.slice(0, at + 1)}${/^[\x21-\x7e]*$/.test(host) ? host : domainToASCII(host)}`
  if (!/^[\x21-\x7e]+$/.test(ascii) || /[<>,;:\\"]/.test(ascii)) {
    throw new Error('an address that cannot stand in a header')
  }
  const shown = oneLine(name ?? '')
  if (shown === '') return name === null ? ascii : `<${ascii}>`
  return `${phrase(shown)} <${ascii}>`
}

function phrase(text: string): string {
  // 60: the longest header name that takes an address is Reply-To.
  if (needsEncoding(text) || text.length > 900) return encodeWords(text, 60)
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/.test(text)) return text
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function headerLine(name: string, value: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(name)) throw new Error('a header name that is none')
  const text = oneLine(value)
  if (STRUCTURED.has(name.toLowerCase())) {
    if (!/^[\x20-\x7e]*$/.test(text)) throw new Error(`${name} must be ASCII`)
    return fold(name, text)
  }
  const odd = needsEncoding(text) || / {2}/.test(text) || /[^ ]{300}/.test(text)
  return fold(name, odd ? encodeWords(text, HEADER_LINE - name.length - 2) : text)
}

/** Folds before a space (RFC 5322, 2.2.3): unfolding gives back the same text. */
function fold(name: string, value: string): string {
  const lines: string[] = []
  let line = `${name}:`
  let isFirst = true
  for (const word of value.split(' ')) {
    if (!isFirst && word !== '' && line.length + 1 + word.length > HEADER_LINE) {
      lines.push(line)
      line = ''
    }
    line += ` ${word}`
    isFirst = false
  }
  lines.push(line)
  if (lines.some((each) => each.length > LONGEST_LINE)) throw new Error(`${name} cannot be folded`)
  return lines.join('\r\n')
}

/** Control characters, and what would turn or split the line they stand in, become a space. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()
}
