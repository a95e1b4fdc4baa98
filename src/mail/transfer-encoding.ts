import { isAscii } from 'node:buffer'

export type EncodedPart = { encoding: '7bit' | 'quoted-printable' | 'base64'; body: string }

const [LF, CR, SPACE, DOT, EQUALS] = [0x0a, 0x0d, 0x20, 0x2e, 0x3d] as const
const HEX = Buffer.from('0123456789ABCDEF')
/** 1 for what quoted-printable may leave as it is (RFC 2045, 6.7, rules 2 and 3); a tab never: DKIM calls it a space. */
const LITERAL = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte <= 0x7e && byte !== EQUALS ? 1 : 0,
)
/** RFC 2045, 6.7: lines of at most 76 characters, the soft break's `=` included. */
const QP_LINE = 76
/** RFC 2045, 6.8. */
const BASE64_LINE = 76
/** RFC 5321, 4.5.3.1.6, without CRLF. */
const SMTP_LINE = 998

/**
 * A part's text for the wire, lines ending in CRLF: ASCII as it is where its lines allow, else the smaller of
 * quoted-printable and base64. Pure ASCII is never base64 (MIME_BASE64_TEXT_BOGUS in rspamd).
 */
export function encodePart(text: string): EncodedPart {
  const lines = withCrlf(text)
  if (goesAsItIs(lines)) return { encoding: '7bit', body: lines }
  const bytes = Buffer.from(lines, 'utf8')
  const encoding = smallerEncoding(bytes)
  const body = encoding === 'base64' ? base64(bytes) : quotedPrintable(bytes)
  return { encoding, body }
}

export function withCrlf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n')
}

/** For UTF-8 with CRLF. */
export function smallerEncoding(bytes: Buffer): 'quoted-printable' | 'base64' {
  if (isAscii(bytes)) return 'quoted-printable'
  return quotedPrintableSize(bytes) <= base64Size(bytes) ? 'quoted-printable' : 'base64'
}

/** In lines of 76, the last without its line end. */
export function base64(bytes: Buffer): string {
  const letters = bytes.toString('base64')
  let lines = letters.slice(0, BASE64_LINE)
  for (let at = BASE64_LINE; at < letters.length; at += BASE64_LINE) {
    lines += `\r\n${letters.slice(at, at + BASE64_LINE)}`
  }
  return lines
}

/**
 * Nothing that a relay may change on the way (control characters, long lines, "From ", dots, white space at ends), nor
 * what DKIM's relaxed canonicalisation would: a tab, a run of spaces.
 */
export function goesAsItIs(lines: string): boolean {
  if (/^(?:From |\.)| $| {2}|[^\r\n\x20-\x7e]/m.test(lines)) return false
  return !lines.split('\r\n').some((line) => line.length > SMTP_LINE)
}

function base64Size(bytes: Buffer): number {
  const size = Math.ceil(bytes.length / 3) * 4
  return size + Math.floor(size / 76) * 2
}

/** Near enough to choose by: soft breaks are counted as if lines were one. */
function quotedPrintableSize(bytes: Buffer): number {
  let size = 0
  for (const byte of bytes) size += LITERAL[byte] === 1 || byte === CR || byte === LF ? 1 : 3
  return size + Math.floor(size / (QP_LINE - 1)) * 3
}

/**
 * Text with CRLF as quoted-printable that DKIM's relaxed canonicalisation leaves as it is: no run of white space.
 * Into one buffer: this runs for every message, and strings built byte by byte took three times as long.
 */
export function quotedPrintable(bytes: Buffer): string {
  const out = Buffer.allocUnsafe(bytes.length * 4 + 8)
  let at = 0
  let column = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === CR && bytes[i + 1] === LF) {
      out[at++] = CR
      out[at++] = LF
      column = 0
      i++
      continue
    }
    if (column + (isLiteral(bytes, i, column) ? 1 : 3) > QP_LINE - 1) {
      out[at++] = EQUALS
      out[at++] = CR
      out[at++] = LF
      column = 0
    }
    if (isLiteral(bytes, i, column)) {
      out[at++] = byte
      column += 1
    } else {
      out[at++] = EQUALS
      out[at++] = HEX[byte >> 4] ?? 0
      out[at++] = HEX[byte & 15] ?? 0
      column += 3
    }
  }
  return out.toString('latin1', 0, at)
}

function isLiteral(bytes: Buffer, i: number, column: number): boolean {
  const byte = bytes[i] ?? 0
  if (LITERAL[byte] === 0) return false
  if (byte === SPACE) {
    return i + 1 < bytes.length && bytes[i + 1] !== CR && bytes[i - 1] !== SPACE
  }
  if (column > 0) return true
  // A dot or "From " at a line's start is what relays and mailboxes rewrite.
  return byte !== DOT && !(byte === 0x46 && bytes.toString('latin1', i, i + 5) === 'From ')
}
