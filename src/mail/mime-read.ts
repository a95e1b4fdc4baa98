import { decodeCharset } from './charset-read.ts'
import { field, type HeaderFields, readHeaders, readParameters } from './header-read.ts'

/** A mail or a part of one. Octets are latin1 characters until `textOf` decodes them. */
export type MimePart = Readonly<{
  fields: HeaderFields
  /** `text/plain` where nothing is said (RFC 2045 5.2). */
  type: string
  params: Readonly<Record<string, string>>
  /** As it was transferred. */
  body: string
  encoding: string
  /** Of a multipart, or the one mail in a message/rfc822. */
  parts: readonly MimePart[]
}>

/**
 * What hostile mail may cost. A report speaks at its beginning: of 20 MB the first 4 are read. Measured: a mail of
 * 4 MB in 10,000 parts takes 40 ms.
 */
const LIMITS = { octets: 4 * 1024 * 1024, depth: 10, parts: 300, text: 256 * 1024 }

type Budget = { parts: number }

/** Reads whatever octets as a mail, bounded; never throws. */
export function readMime(raw: Buffer): MimePart {
  const source = plainLines(raw.subarray(0, LIMITS.octets))
  // Blank lines before the header are some gateway's.
  return readPart(source.trimStart(), { parts: LIMITS.parts }, 0, 'text/plain')
}

/** As saved by a desktop's editor: UTF-16, a byte order mark, line ends of CR alone. */
function plainLines(raw: Buffer): string {
  const isWide = raw[0] === 0xff && raw[1] === 0xfe
  const octets = isWide ? Buffer.from(raw.toString('utf16le')) : raw
  const isMarked = octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf
  const source = octets.toString('latin1', isMarked ? 3 : 0)
  return source.includes('\n') ? source : source.replaceAll('\r', '\n')
}

function readPart(source: string, budget: Budget, depth: number, fallback: string): MimePart {
  budget.parts -= 1
  const { fields, end } = readHeaders(source, 0, source.length)
  const { value, params } = readParameters(field(fields, 'content-type'))
  const type = /^[^\s/]+\/[^\s/]+$/.test(value) ? value : fallback
  const encoding = field(fields, 'content-transfer-encoding').toLowerCase().trim()
  const part = { fields, type, params, body: source.slice(end), encoding, parts: [] }
  if (depth >= LIMITS.depth || budget.parts <= 0) return part
  if (isMail(type)) {
    const mail = octetsOf(part).toString('latin1').trimStart()
    return { ...part, parts: [readPart(mail, budget, depth + 1, 'text/plain')] }
  }
  const boundary = boundaryOf(part)
  // What says that it is many and is one: its text is all there is.
  if (boundary === null)
    return type.startsWith('multipart/') ? { ...part, type: 'text/plain' } : part
  const many = type.startsWith('multipart/') ? type : 'multipart/mixed'
  return { ...part, type: many, parts: readParts(part, boundary, budget, depth) }
}

function readParts(part: MimePart, boundary: string, budget: Budget, depth: number): MimePart[] {
  const inner = part.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain'
  const parts: MimePart[] = []
  for (const piece of splitAt(part.body, boundary, budget.parts)) {
    if (budget.parts <= 0) break
    parts.push(readPart(piece, budget, depth + 1, inner))
  }
  return parts
}

const isMail = (type: string) => type === 'message/rfc822' || type === 'message/global'

/** As declared; else, as servers that lose headers leave it, a line `--…` with a Content field under it. */
function boundaryOf({ type, params, body }: MimePart): string | null {
  const declared = params.boundary
  if (!type.startsWith('multipart/') && type !== 'text/plain') return null
  if (type.startsWith('multipart/') && declared && body.includes(`--${declared}`)) return declared
  const isBare = type === 'text/plain'
  if (isBare && declared !== undefined) return null
  // In a text it opens the body: further down it is the mail that a server returns.
  const pattern = isBare
    ? /^\s*(?:This is a (?:multi-part|MIME)[^\n]*\n\s*)?--([^\s][^\r\n]{0,99}?)[ \t]*\r?\nContent-/i
    : /(?:^|\n)--([^\s][^\r\n]{0,99}?)[ \t]*\r?\nContent-/i
  return pattern.exec(body.slice(0, 65_536))?.[1] ?? null
}

/** Between boundary lines (RFC 2046 5.1.1); to the end where the last is missing. */
function splitAt(body: string, boundary: string, most: number): string[] {
  const marker = `--${boundary}`
  const pieces: string[] = []
  let from = -1
  let at = body.startsWith(marker) ? 0 : next(body, marker, 0)
  while (at >= 0 && pieces.length < most) {
    if (from >= 0) pieces.push(body.slice(from, at).replace(/\r?\n$/, ''))
    const lineEnd = body.indexOf('\n', at)
    const isLast = body.startsWith('--', at + marker.length)
    from = lineEnd < 0 || isLast ? -1 : lineEnd + 1
    if (isLast) break
    at = lineEnd < 0 ? -1 : next(body, marker, lineEnd)
  }
  if (from >= 0 && at < 0) pieces.push(body.slice(from))
  return pieces
}

/** The next line that begins with the marker and is nothing longer. */
function next(body: string, marker: string, from: number): number {
  let at = body.indexOf(`\n${marker}`, from)
  while (at >= 0) {
    const after = body.slice(at + 1 + marker.length, at + 5 + marker.length)
    if (/^(--)?[ \t]*(\r?\n|$|-)/.test(after)) return at + 1
    at = body.indexOf(`\n${marker}`, at + 1)
  }
  return -1
}

/** A part's octets, transfer encoding undone. */
export function octetsOf({ body, encoding }: MimePart): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding === 'quoted-printable') return Buffer.from(fromQuotedPrintable(body), 'latin1')
  return Buffer.from(body, 'latin1')
}

function fromQuotedPrintable(body: string): string {
  // White space at a line's end was added on the way (RFC 2045 6.7, rule 3).
  const lines = body.split('\n').map((line) => line.trimEnd())
  return lines
    .join('\n')
    .replace(/=\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** A part's text with LF line ends, at most 256 K characters. */
export function textOf(part: MimePart): string {
  const capped = { ...part, body: part.body.slice(0, LIMITS.text) }
  return decodeCharset(octetsOf(capped), part.params.charset).replace(/\r+\n?/g, '\n')
}
