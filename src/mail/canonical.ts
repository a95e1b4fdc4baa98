/**
 * RFC 6376, 3.4: what of a message is signed. A body that is canonical already (`isCanonical`) is hashed as it stands:
 * going over 80 KB again costs as much as everything else that is done for a reader.
 */

/** 3.4.2. `field` as on the wire, CRLF included; the result ends without. */
export function relaxedField(field: string): string {
  const colon = field.indexOf(':')
  const value = field
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim()
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`
}

/** 3.4.4, of octets as Latin-1 whose line ends are all CRLF. */
export function relaxedBody(body: string): string {
  const lines = body.replace(/[ \t]+(?=\r\n|$)/g, '').replace(/[ \t]+/g, ' ')
  const end = lines.replace(/(?:\r\n)+$/, '')
  return end === '' ? '' : `${end}\r\n`
}

/** Bare CR and LF become line ends, and the last line has one; octets as Latin-1. */
export function withLineEnds(text: string): string {
  const whole = text.endsWith('\n') || text.endsWith('\r') ? text : `${text}\r\n`
  return /\r(?!\n)|(?<!\r)\n/.test(whole) ? whole.replace(/\r\n|\r|\n/g, '\r\n') : whole
}
