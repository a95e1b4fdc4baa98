import type { Token, Tokens } from 'marked'
import { decodeEntities } from '../issues/entities.ts'
import { plainText } from '../issues/plain-text.ts'
import { joinLines } from './text-layout.ts'
import { childrenOf } from './token-children.ts'
import { linkUrl } from './token-html.ts'

export type TextLink = { label: string; href: string }

/** Ends a cell of a table in HTML; CELL_OF_HEAD, one of its head. */
export const CELL = '\u001f'
export const CELL_OF_HEAD = '\u001e'
export const CELL_END = new RegExp(`[${CELL}${CELL_OF_HEAD}]`, 'g')

/** `text` may hold line breaks, and ends of cells. `links` are those whose address it does not show. */
export type InlineText = { text: string; links: TextLink[] }

type Writer = InlineText & {
  open: { href: string; from: number }[]
  ruby: boolean
  /** Where a shown address ends. */
  addressEnd: number
}

export function writeInline(tokens: readonly Token[]): InlineText {
  const writer: Writer = { text: '', links: [], open: [], ruby: false, addressEnd: -1 }
  write(writer, tokens)
  for (const link of writer.open) addLink(writer, link.href, writer.text.slice(link.from))
  return {
    text: writer.text.replace(/ *\n */g, '\n').replace(/^ +|\s+$|^\n+/g, ''),
    links: writer.links,
  }
}

function write(writer: Writer, tokens: readonly Token[]): void {
  for (const token of tokens) writeToken(writer, token)
}

function writeToken(writer: Writer, token: Token): void {
  // From a footnote to where it is referred to: nothing to follow in plain text.
  if ('wayBack' in token) return
  switch (token.type) {
    case 'br':
      writer.text += '\n'
      return
    case 'codespan':
      writer.text += token.text
      return
    case 'checkbox':
      writer.text += token.checked ? '[x] ' : '[ ] '
      return
    case 'link': {
      const from = writer.text.length
      write(writer, token.tokens ?? [])
      addLink(writer, linkUrl(token.href), writer.text.slice(from))
      if ('autolink' in token) writer.addressEnd = writer.text.length
      return
    }
    case 'image':
      writeImage(writer, linkUrl(token.href), plainText((token as Tokens.Image).tokens ?? []))
      return
    case 'html':
      writeHtml(writer, token.text)
      return
    default:
      write(writer, childrenOf(token) ?? [])
      if (!childrenOf(token) && 'text' in token) writeText(writer, decodeEntities(token.text))
  }
}

/** What follows an address at once, as CJK text does, would be taken for a part of it. */
function writeText(writer: Writer, text: string): void {
  const isGlued = writer.addressEnd === writer.text.length && /^[\p{L}\p{N}]/u.test(text)
  writer.text += (isGlued ? ' ' : '') + joinLines(text)
}

function addLink(writer: Writer, href: string, text: string): void {
  const label = text.replace(/\s+/g, ' ').trim()
  if (href === '' || href.startsWith('#')) return
  if (label === href || `mailto:${label}` === href) return
  try {
    // Written with characters that the address itself must encode.
    if (label.startsWith('http') && encodeURI(label) === href) return
  } catch {
    // Not text that can be an address.
  }
  if (writer.links.some((link) => link.href === href && link.label === label)) return
  writer.links.push({ label, href })
}

function writeImage(writer: Writer, src: string, alt: string): void {
  const shown = `[${alt.trim() || fileName(src)}]`
  writer.text += shown
  if (!src.startsWith('data:')) addLink(writer, src, shown)
}

function fileName(url: string): string {
  const name =
    url
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? ''
  return name === '' ? url : name
}

const BREAKS_LINE =
  /^(?:address|blockquote|br|center|dd|details|div|dl|dt|figcaption|figure|h[1-6]|hr|li|ol|p|pre|summary|table|tr|ul)$/

/** Markup that was made safe: tags are well formed, `<` and `>` occur in nothing else. */
function writeHtml(writer: Writer, html: string): void {
  for (const part of html.split(/(<[^>]*>)/)) {
    const tag = /^<(\/?)([a-z][a-z0-9]*)/i.exec(part)
    if (tag) writeTag(writer, tag[2]?.toLowerCase() ?? '', tag[1] === '/', part)
    else if (!part.startsWith('<!')) writer.text += decodeEntities(part).replace(/\s+/g, ' ')
  }
}

function writeTag(writer: Writer, name: string, closes: boolean, tag: string): void {
  if (name === 'a' && closes) {
    const link = writer.open.pop()
    if (link) addLink(writer, link.href, writer.text.slice(link.from))
  } else if (name === 'a') {
    writer.open.push({ href: attributeOf(tag, 'href'), from: writer.text.length })
  } else if (name === 'img') {
    writeImage(writer, attributeOf(tag, 'src'), attributeOf(tag, 'alt'))
  } else if (BREAKS_LINE.test(name)) {
    writer.text += '\n'
    if (name === 'li' && !closes) writer.text += '- '
    if (name === 'hr') writer.text += '* * *\n'
  } else if (name === 'rt') {
    writeRuby(writer, closes)
  } else {
    writer.text += marksOf(name, closes)
  }
}

/** The reading of a word in brackets, unless they are written there (<rp>). */
function writeRuby(writer: Writer, closes: boolean): void {
  if (!closes) writer.ruby = !/[(（]\s*$/.test(writer.text)
  if (writer.ruby) writer.text += closes ? ')' : '('
}

/** What a browser would draw and no text says. */
function marksOf(name: string, closes: boolean): string {
  switch (name) {
    case 'td':
      return closes ? CELL : ''
    case 'th':
      return closes ? CELL_OF_HEAD : ''
    case 'q':
      return closes ? '”' : '“'
    default:
      return ''
  }
}

function attributeOf(tag: string, name: string): string {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(tag)
  return decodeEntities(match?.[1] ?? match?.[2] ?? '')
}
