import sanitizeHtml from 'sanitize-html'

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

/** `&copy;` → `©`: Markdown keeps HTML's entities in its text. Only what ends in `;` is one (CommonMark). */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi, (entity) => {
    // The sanitiser's parser knows all 2,231 names, and writes back only these four.
    const decoded = sanitizeHtml(entity, { allowedTags: [] })
    return decoded
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&')
  })
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
