import sanitizeHtml from 'sanitize-html'
import { decodeEntities } from './entities.ts'
import { type Findings, shorten } from './finding.ts'
import { hostOf } from './host-of.ts'
import { tellAttributes } from './html-attributes.ts'
import { createBalance } from './html-balance.ts'
import { createTagLines } from './html-lines.ts'
import { imageAddress, mediaAddress } from './html-media.ts'
import { ALLOWED, HTML_NAMES, MEDIA, PLAIN_BOXES, TABLE_PARTS, WITHOUT_TEXT } from './html-names.ts'
import { tellDropped } from './html-told.ts'
import type { HtmlLink, SourceLine } from './issue.ts'
import type { Addresses } from './links.ts'

/** A piece of HTML made safe. `links`: those that begin and end in it. */
export type CleanHtml = { text: string; links: HtmlLink[] }

/** Makes the HTML of one container of tokens safe, piece by piece, as Markdown cuts it. */
export type HtmlCleaner = {
  /** @param isBlock a piece that Markdown took as a block, so that nothing after it can close what it opens */
  clean(piece: string, line: SourceLine, isBlock: boolean): CleanHtml
  /** The tags that are open after the last piece, outermost first. */
  open(): readonly string[]
  /** Closes what is open. */
  end(): string
}

/** Tags that are nested deeper go, and their text stays: thousands of them took seconds. */
const DEEPEST = 60
/** Most of what editors write; needs no sanitiser. */
const PLAIN_TAG =
  /^<(\/?)(b|i|em|strong|code|kbd|sub|sup|del|ins|s|u|small|mark|span|div|details|summary|center)>$/

/** The end of nothing that is open. A browser takes `</br>` for `<br>`. */
const LONE_END = /^<\/(?!br>)([a-z][a-z0-9]*)>$/

/** A name that is not allowed: the tag goes, what it holds stays. */
const OUTSIDE = 'outside-of-a-table'

const START = 'zqhtmlstartqz'
const END = 'zqhtmlendqz'

export function createHtmlCleaner(addresses: Addresses, findings: Findings): HtmlCleaner {
  let open: string[] = []
  const balance = createBalance(findings)
  const escapeUnknownTags = createEscaping()
  return {
    clean(piece, line, isBlock) {
      balance.tellLoneEnd(piece, line, open)
      const simple = simplyClean(piece, open)
      if (simple !== null) {
        balance.note(piece, line, open)
        return { text: simple, links: [] }
      }
      const whole = isBlock ? withoutBrokenTags(piece, line, findings) : piece
      const seen = watch(whole, line, open)
      const around = open.map(reopened).join('')
      const html = sanitizeHtml(
        around + START + escapeUnknownTags(whole) + END,
        rules(addresses, seen),
      )
      const [from, to] = [html.indexOf(START), html.indexOf(END)]
      tellAttributes(seen.attributes, findings)
      tellDropped({ piece, line, dropped: seen.dropped, isCut: isBlock && to === -1 }, findings)
      for (const { src, at } of seen.withoutAlt) findings.warning(at, missingAlt(src))
      if (to === -1) return { text: withLabels(untilCut(html, from)), links: seen.links }
      const after = [...html.slice(to).matchAll(/<\/([a-z][a-z0-9]*)>/g)]
      open = after.map((match) => match[1] ?? '').reverse()
      balance.note(piece, line, open)
      return { text: withLabels(html.slice(from + START.length, to)), links: seen.links }
    },
    open: () => open,
    end() {
      balance.tellUnclosed()
      const closing = open.map((name) => `</${name}>`).reverse()
      open = []
      return closing.join('')
    },
  }
}

/** What most pieces are: one tag that opens or closes, and nothing to judge. Null for all others. */
function simplyClean(piece: string, open: string[]): string | null {
  const closed = LONE_END.exec(piece)?.[1]
  if (closed && ALLOWED.includes(closed) && !open.includes(closed)) return ''
  const [, slash, name = ''] = PLAIN_TAG.exec(piece) ?? []
  const nested = slash === undefined ? null : nest(open, name, slash === '/')
  if (nested === null) return null
  return nested === 'kept' ? piece : ''
}

/** The piece opened something whose content is dropped, and did not close it. */
function untilCut(html: string, from: number): string {
  const rest = from === -1 ? '' : html.slice(from + START.length)
  return rest.replace(/^(?:<\/[a-z0-9]+>)+$/, '')
}

/** Opens or closes one tag, where that is all there is to it. */
function nest(open: string[], name: string, closes: boolean): 'kept' | 'dropped' | null {
  if (closes && open.at(-1) === name) return open.pop() === undefined ? null : 'kept'
  if (closes) return open.includes(name) ? null : 'dropped'
  if (open.length >= DEEPEST) return 'dropped'
  // A paragraph ends where another block begins.
  if (open.includes('p') && /^(?:p|div|details|summary|center)$/.test(name)) return null
  open.push(name)
  return 'kept'
}

/** A link without address or name would become something else on the way. */
function reopened(name: string): string {
  return name === 'a' ? '<a id="x">' : `<${name}>`
}

/** What the sanitiser meets in one piece. */
type Seen = {
  /** Names of tags that go, with the line of the first. */
  dropped: Map<string, { at: SourceLine; to: string | null }>
  withoutAlt: { src: string; at: SourceLine }[]
  attributes: { name: string; attributes: Record<string, string>; at: SourceLine }[]
  links: HtmlLink[]
  /** To be told of each start tag, and of each end, in order. */
  enter(name: string, attributes: Record<string, string>): void
  leave(name: string): void
  isInTable(): boolean
  /** Of the start tag that was met last. */
  at(): SourceLine
  /** The name of the one that plays and was met last. */
  player(): string
  leaveLink(href: string | undefined, text: string): void
}

function watch(piece: string, line: SourceLine, around: readonly string[]): Seen {
  const lines = createTagLines(piece, line, around)
  const openLinks: SourceLine[] = []
  let at = line
  let player = ''
  let tables = 0
  const seen: Seen = {
    dropped: new Map(),
    withoutAlt: [],
    attributes: [],
    links: [],
    enter(name, attributes) {
      at = lines.next(name)
      if (Object.keys(attributes).length > 0)
        seen.attributes.push({ name, attributes: { ...attributes }, at })
      if (name === 'a') openLinks.push(at)
      if (MEDIA.includes(name)) player = name
      if (name === 'table') tables += 1
      const isLost = TABLE_PARTS.includes(name) && tables === 0
      const isDropped = isLost || !(ALLOWED.includes(name) || PLAIN_BOXES.includes(name))
      if (isDropped && !seen.dropped.has(name)) seen.dropped.set(name, { at, to: null })
    },
    leave(name) {
      if (name === 'table') tables -= 1
    },
    isInTable: () => tables > 0,
    at: () => at,
    player: () => player,
    leaveLink(href, text) {
      const from = openLinks.pop() ?? line
      if (href !== undefined) seen.links.push({ href, text: text.replace(END, ''), line: from })
    },
  }
  return seen
}

function rules(addresses: Addresses, seen: Seen): sanitizeHtml.IOptions {
  return {
    allowedTags: ALLOWED,
    nonTextTags: WITHOUT_TEXT,
    nestingLimit: DEEPEST,
    allowedAttributes: ALLOWED_ATTRIBUTES,
    allowedStyles: { '*': { 'text-align': [/^(?:left|right|center|start|end|justify)$/] } },
    // Schemes are judged by `addresses`, which also resolves what is relative.
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    onOpenTag: (name, attributes) => seen.enter(name, attributes),
    onCloseTag: (name) => seen.leave(name),
    // The parser gives what stands in a frame as text, tags and all.
    textFilter: (text, name) => (name === 'iframe' ? '' : text),
    exclusiveFilter: ({ tag, attribs, text }) => {
      if (tag === 'a') seen.leaveLink(attribs.href, text)
      return false
    },
    transformTags: transforms(addresses, seen),
  }
}

const ALLOWED_ATTRIBUTES: Record<string, string[]> = {
  '*': ['align', 'dir', 'lang', 'title', 'style'],
  a: ['href', 'name', 'id'],
  ...Object.fromEntries(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => [name, ['id']])),
  span: ['data-href', 'data-label'],
  img: ['src', 'alt', 'width', 'height'],
  table: ['width', 'border', 'cellpadding', 'cellspacing'],
  td: ['colspan', 'rowspan', 'valign', 'width'],
  th: ['colspan', 'rowspan', 'valign', 'width', 'scope'],
  col: ['span', 'width'],
  ol: ['start', 'type', 'reversed'],
  li: ['value'],
  details: ['open'],
  time: ['datetime'],
}

function transforms(
  addresses: Addresses,
  seen: Seen,
): Record<string, (name: string, attributes: sanitizeHtml.Attributes) => sanitizeHtml.Tag> {
  const toLink = (tagName: string, attributes: sanitizeHtml.Attributes): sanitizeHtml.Tag => {
    const src = mediaAddress(attributes)
    const href = src === null ? null : addresses.link(src, seen.at())
    if (href === null) return { tagName, attribs: {} }
    const label = hostOf(href)
    const dropped = seen.dropped.get(tagName === 'source' ? seen.player() : tagName)
    // A player has the same film in several formats.
    if (tagName === 'source' && dropped?.to) return { tagName, attribs: {} }
    if (dropped) dropped.to ??= label
    return {
      tagName: 'span',
      attribs: { 'data-href': href, 'data-label': attributes.title || label },
    }
  }
  const partOfTable = (tagName: string, attribs: sanitizeHtml.Attributes): sanitizeHtml.Tag =>
    seen.isInTable() ? { tagName, attribs } : { tagName: OUTSIDE, attribs: {} }
  return {
    ...Object.fromEntries(MEDIA.map((name) => [name, toLink])),
    ...Object.fromEntries(TABLE_PARTS.map((name) => [name, partOfTable])),
    // In a <picture> it has a srcset.
    source: (tagName, attributes) =>
      attributes.src ? toLink(tagName, attributes) : { tagName, attribs: {} },
    span: (tagName, { 'data-href': _, 'data-label': __, ...attribs }) => ({ tagName, attribs }),
    a: (tagName, { href, ...attribs }) => {
      const address = href === undefined ? null : addresses.link(href, seen.at())
      if (address !== null) return { tagName, attribs: { ...attribs, href: address } }
      // Without an address it would still look like a link.
      return { tagName: attribs.id || attribs.name ? tagName : 'span', attribs }
    },
    img: (tagName, attributes) => {
      const { src: _, ...attribs } = attributes
      const src = imageAddress(attributes)
      const address = src === undefined ? null : addresses.image(src, seen.at())
      if (!attributes.alt?.trim()) {
        seen.withoutAlt.push({ src: address ?? src ?? '', at: seen.at() })
      }
      return { tagName, attribs: address === null ? attribs : { ...attribs, src: address } }
    },
  }
}

/** The link comes before what a player holds, so that a tag that closes the player closes nothing else. */
function withLabels(html: string): string {
  return html.replace(
    /<span data-href="([^"]*)" data-label="([^"]*)">/g,
    '<a href="$1">$2</a> <span>',
  )
}

export function missingAlt(src: string): { what: string; why: string; fix: string } {
  return {
    what: `image without alt text: ${shorten(decodeEntities(src))}`,
    why: 'many mail programs show images only when asked, and screen readers read the alt text',
    fix: 'say in a few words what it shows: ![A lantern at dusk](…)',
  }
}

/**
 * `Vec<T>` and `<your name>` in a sentence are no HTML: they were meant to be read. Within drawings and formulas
 * names are not HTML's own.
 */
function createEscaping(): (piece: string) => string {
  const escaped = new Set<string>()
  let isForeign = false
  return (piece) => {
    if (/<(?:svg|math)[\s>]/i.test(piece)) isForeign = true
    const text = isForeign ? piece : escapeIn(withAutolinks(piece), escaped)
    if (/<\/(?:svg|math)/i.test(piece)) isForeign = false
    return text
  }
}

/** The start of a tag that has no end within 5,000 characters: a quote in it was never closed. */
const BROKEN_TAG = /<(?=\/?[a-z])(?!\/?[a-z][^\s/>]{0,100}(?:"[^"]*"|'[^']*'|[^'">]){0,5000}>)/gi

/** Such a tag would take all text up to the next quote along. */
function withoutBrokenTags(piece: string, line: SourceLine, findings: Findings): string {
  return piece.replace(BROKEN_TAG, (_, at: number) => {
    findings.error(line + piece.slice(0, at).split('\n').length - 1, {
      what: `a tag that does not end: ${shorten(piece.slice(at, at + 200), 30)}`,
      why: 'mail programs would take the text after it for a part of it; it is shown as it is written',
      fix: 'write the quote or the > that it lacks, or &lt; for a < that is text',
    })
    return '&lt;'
  })
}

/** `<https://a.example>` is Markdown’s, and in HTML a tag that nobody knows. */
function withAutolinks(piece: string): string {
  return piece.replace(/<((?:https?:\/\/|mailto:)[^\s<>"]{1,2000})>/gi, '<a href="$1">$1</a>')
}

function escapeIn(piece: string, escaped: Set<string>): string {
  return piece.replace(
    /<(\/?)([a-z][a-z0-9]*)((?: [a-z0-9_.,-]+){0,8})>/gi,
    (tag, slash: string, written: string, rest: string) => {
      const name = written.toLowerCase()
      // The end of something that went, since it had attributes, goes as well.
      if (HTML_NAMES.has(name) || (slash !== '' && !escaped.has(name))) return tag
      escaped.add(name)
      return `&lt;${slash}${written}${rest}&gt;`
    },
  )
}
