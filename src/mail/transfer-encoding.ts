export type EncodedPart = { encoding: '7bit' | 'quoted-printable' | 'base64'; body: string }

const EQUALS = 0x3d
const HEX = Array.from(
  { length: 256 },
  (_, byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
)
/** RFC 2045, 6.7: lines of at most 76 characters, the soft break's `=` included. */
const QP_LINE = 76
/** RFC 5321, 4.5.3.1.6, without CRLF. */
const SMTP_LINE = 998

/**
 * A part's text for the wire, lines ending in CRLF: ASCII as it is where its lines allow, else the smaller of
 * quoted-printable and base64. Pure ASCII is never base64 (MIME_BASE64_TEXT_BOGUS in rspamd).
 */
export function encodePart(text: string): EncodedPart {
  const lines = text.replace(/\r\n?|\n/g, '\r\n')
  const bytes = Buffer.from(lines, 'utf8')
  const isAscii = bytes.length === lines.length
  if (isAscii && goesAsItIs(lines)) return { encoding: '7bit', body: lines }
  if (isAscii || quotedPrintableSize(bytes) <= base64Size(bytes)) {
    return { encoding: 'quoted-printable', body: quotedPrintable(bytes) }
  }
  return {
    encoding: 'base64',
    body: bytes.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n'),
  }
}

/** Nothing that a relay may change on the way: control characters, long lines, "From ", dots, white space at ends. */
function goesAsItIs(lines: string): boolean {
  if (/^(?:From |\.)|[ \t]\r$|[^\t\r\n\x20-\x7e]/m.test(lines)) return false
  return !lines.split('\r\n').some((line) => line.length > SMTP_LINE)
}

function base64Size(bytes: Buffer): number {
  const size = Math.ceil(bytes.length / 3) * 4
  return size + Math.floor(size / 76) * 2
}

/** Near enough to choose by: soft breaks are counted as if lines were one. */
function quotedPrintableSize(bytes: Buffer): number {
  let size = 0
  for (const byte of bytes) size += staysLiteral(byte) || byte === 13 || byte === 10 ? 1 : 3
  return size + Math.floor(size / (QP_LINE - 1)) * 3
}

function staysLiteral(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e && byte !== EQUALS) || byte === 0x09
}

function quotedPrintable(bytes: Buffer): string {
  const out: string[] = []
  let line = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 13 && bytes[i + 1] === 10) {
      out.push(line)
      line = ''
      i++
      continue
    }
    const piece = mustBeHex(bytes, i, line) ? (HEX[byte] ?? '') : String.fromCharCode(byte)
    if (line.length + piece.length > QP_LINE - 1) {
      out.push(`${line}=`)
      line = mustBeHex(bytes, i, '') ? (HEX[byte] ?? '') : String.fromCharCode(byte)
    } else {
      line += piece
    }
  }
  out.push(line)
  return out.join('\r\n')
}

function mustBeHex(bytes: Buffer, i: number, line: string): boolean {
  const byte = bytes[i] ?? 0
  if (!staysLiteral(byte)) return true
  if (byte === 0x20 || byte === 0x09) return i + 1 === bytes.length || bytes[i + 1] === 13
  // A dot or "From " at a line's start is what relays and mailboxes rewrite.
  return (
    line === '' &&
    (byte === 0x2e || (byte === 0x46 && bytes.toString('latin1', i, i + 5) === 'From '))
  )
}
