/** What names of entities servers write; the rest are left as they are. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  nbsp: ' ',
  quot: '"',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  aacute: 'á',
  eacute: 'é',
  iacute: 'í',
  oacute: 'ó',
  uacute: 'ú',
  agrave: 'à',
  egrave: 'è',
  ograve: 'ò',
  ecirc: 'ê',
  ccedil: 'ç',
  atilde: 'ã',
  otilde: 'õ',
  ntilde: 'ñ',
  rsquo: '’',
}

/** The words of HTML, a block a line, in time that is linear in its length. No sanitiser: nothing is shown as HTML. */
export function htmlToText(html: string): string {
  const pieces: string[] = []
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    pieces.push(html.slice(at, open < 0 ? html.length : open).replace(/\s+/g, ' '))
    if (open < 0) break
    const close = html.indexOf('>', open)
    const tag = html.slice(open, Math.min(close < 0 ? html.length : close + 1, open + 400))
    // `<ada@far.test>`: servers forget to escape it.
    if (/^<[^\s<>@"'=/]+@[^\s<>"'=/]+>$/.test(tag)) pieces.push(tag)
    else if (/^<\/?(?:br|p|div|tr|table|li|ul|ol|h\d|hr|pre|blockquote|title|body)\b/i.test(tag)) {
      pieces.push('\n')
    } else if (/^<\/?t[dh]\b/i.test(tag)) pieces.push(' ')
    at = afterTag(html, tag, close)
  }
  return pieces
    .join('')
    .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,8});?/gi, decodeEntity)
    .replace(/[ \t\u00a0]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
}

/** Past the tag; past what is inside where that is no text. */
function afterTag(html: string, tag: string, close: number): number {
  if (close < 0) return html.length
  const silent = /^<(style|script|head)\b/i.exec(tag)?.[1]?.toLowerCase()
  if (tag.startsWith('<!--')) {
    const end = html.indexOf('-->', close - 2)
    return end < 0 ? close + 1 : end + 3
  }
  if (silent === undefined) return close + 1
  const end = new RegExp(`</${silent}`, 'i').exec(html.slice(close, close + 65_536))
  return end === null ? close + 1 : close + end.index
}

function decodeEntity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name] ?? whole
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
}
