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
  const lower = html.toLowerCase()
  const pieces: string[] = []
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    pieces.push(html.slice(at, open < 0 ? html.length : open).replace(/\s+/g, ' '))
    if (open < 0) break
    const close = html.indexOf('>', open)
    const tag = html.slice(open, Math.min(close < 0 ? html.length : close + 1, open + 400))
    pieces.push(textFor(tag))
    at = close < 0 ? html.length : afterTag(lower, tag, close)
  }
  return pieces
    .join('')
    .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,8});?/gi, decodeEntity)
    .replace(/[ \t\u00a0]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
}

function textFor(tag: string): string {
  // `<ada@far.test>`: servers forget to escape it.
  if (/^<[^\s<>@"'=/]+@[^\s<>"'=/]+>$/.test(tag)) return tag
  if (BLOCK.test(tag)) return '\n'
  return /^<\/?t[dh]\b/i.test(tag) ? ' ' : ''
}

const BLOCK = /^<\/?(?:br|p|div|tr|table|li|ul|ol|h\d|hr|pre|blockquote|title|body)\b/i

/** Past the tag; past what is inside where that is no text. One that never ends goes on to the end, as in browsers. */
function afterTag(lower: string, tag: string, close: number): number {
  if (tag.startsWith('<!--')) {
    const end = lower.indexOf('-->', close - 2)
    return end < 0 ? lower.length : end + 3
  }
  const silent = /^<(style|script|head)\b/i.exec(tag)?.[1]?.toLowerCase()
  if (silent === undefined) return close + 1
  const end = lower.indexOf(`</${silent}`, close)
  return end < 0 ? lower.length : end
}

function decodeEntity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name] ?? whole
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
}
