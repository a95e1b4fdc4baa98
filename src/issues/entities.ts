import sanitizeHtml from 'sanitize-html'

/** `&copy;` → `©`: Markdown keeps HTML's entities in its text. Only what ends in `;` is one (CommonMark). */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi, (entity) =>
    // The sanitiser's parser knows all 2,231 names, and writes back only these four.
    sanitizeHtml(entity, { allowedTags: [] })
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&'),
  )
}

export function encodeEntities(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
}
