const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and for quoted attributes alike. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/**
 * One line of plain text out of a reader's value: no control characters, nothing that turns the text around
 * what follows, no half of a character.
 */
export function plainLine(value: string): string {
  return value
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
}

/** For one segment of a path, or a value in a query; also safe inside a quoted attribute. */
export function escapeUrlPart(value: string): string {
  const encoded = encodeURIComponent(plainLine(value)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  // `.` and `..` as a whole segment would climb, percent-encoded or not.
  return /^\.+$/.test(encoded) ? '' : encoded
}
