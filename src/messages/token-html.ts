import type { Token, Tokens } from 'marked'
import type { Theme } from '../../emails/theme.ts'
import { decodeEntities } from '../issues/entities.ts'
import { plainText } from '../issues/plain-text.ts'
import { codeHtml } from './code-html.ts'
import type { CodeReader } from './code-tones.ts'
import type { TakenImages } from './design.ts'
import { createDresser, type StyleName } from './dress.ts'
import { escapeHtml } from './escape.ts'
import { type MailAnchors, NO_ANCHORS } from './mail-anchors.ts'
import { boxTables, renderTable } from './table-html.ts'
import { joinLines } from './text-layout.ts'
import { childrenOf } from './token-children.ts'

export type TokenHtmlOptions = {
  /** Tells the tones of code apart; without it code is plain. */
  readCode?: CodeReader
  /** Sizes by the address that they are shown from. */
  images?: TakenImages
  anchors?: MailAnchors
  /** The style sheet says what it can: for a mail that would be cut off. */
  isTerse?: boolean
}

type InlineOptions = {
  /** The text stands within a link already: its own links are shown as text. */
  insideLink?: boolean
}

/** Markup in two steps: first plain tags, then style attributes on every tag, the editor's own HTML included. */
export type TokenHtml = {
  blocks(tokens: readonly Token[]): string
  inline(tokens: readonly Token[], options?: InlineOptions): string
}

export function createTokenHtml(theme: Theme, options: TokenHtmlOptions = {}): TokenHtml {
  const dress = createDresser(theme, options)
  const code = codeHtml(theme, options.readCode)
  const { anchors = NO_ANCHORS } = options
  const setting: Setting = { code, anchors }
  return {
    blocks: (tokens) => dress(boxTables(renderBlocks(tokens, setting))),
    inline: (tokens, inlineOptions = {}) =>
      dress(renderInline(tokens, { anchors, ...inlineOptions })),
  }
}

type Setting = { code: (token: Tokens.Code) => string; anchors: MailAnchors }
type Inline = InlineOptions & { anchors: MailAnchors; isBlockImage?: boolean }

function renderBlocks(tokens: readonly Token[], setting: Setting): string {
  return tokens.map((token) => renderBlock(token, setting)).join('')
}

function renderBlock(token: Token, setting: Setting): string {
  const { anchors } = setting
  switch (token.type) {
    case 'space':
    case 'def':
      return ''
    case 'paragraph':
      return `<p>${renderInline(token.tokens ?? [], { anchors, isBlockImage: holdsOneImage(token.tokens ?? []) })}</p>`
    case 'heading':
      return renderHeading(token as Tokens.Heading, anchors)
    case 'blockquote':
      return `<blockquote>${renderBlocks(token.tokens ?? [], setting)}</blockquote>`
    case 'list':
      return renderList(token as Tokens.List, setting)
    case 'definitions':
      return `<dl>${(token.tokens ?? []).map((part) => renderDefinition(part, setting)).join('')}</dl>`
    case 'code':
      return setting.code(token as Tokens.Code)
    case 'hr':
      return '<hr>'
    case 'table':
      return renderTable(token as Tokens.Table, (cells) => renderInline(cells, { anchors }))
    case 'html':
      return renderHtml(token.text)
    default:
      return renderInline([token], { anchors })
  }
}

function renderDefinition(part: Token, setting: Setting): string {
  const tokens = childrenOf(part) ?? []
  const { anchors } = setting
  if (part.type === 'term') return `<dt>${renderInline(tokens, { anchors })}</dt>`
  const [only] = tokens
  const isLine = tokens.length === 1 && only?.type === 'paragraph'
  const words = isLine ? renderInline(childrenOf(only) ?? [], { anchors }) : null
  return `<dd>${words ?? renderBlocks(tokens, setting)}</dd>`
}

/** HTML between blocks that is no block itself, as a picture on a line of its own: a paragraph like any other. */
function renderHtml(html: string): string {
  const tags = [...html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)]
  const open = tags.filter(
    ([, slash, name]) => slash === '' && !/^(?:img|br|wbr)$/i.test(name ?? ''),
  )
  const isInline = tags.every(([, , name]) => INLINE_TAG.test(name ?? ''))
  if (!isInline || open.length !== tags.filter(([, slash]) => slash).length) return html
  if (html.trim() === '') return html
  const isImage = /^\s*(?:<a\b[^>]*>)?\s*<img\b[^>]*>\s*(?:<\/a>)?\s*$/i.test(html)
  return `<p>${isImage ? html.replace('<img', '<img data-style="image"') : html}</p>`
}

const INLINE_TAG =
  /^(?:a|abbr|b|bdi|bdo|br|cite|code|del|em|i|img|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|time|u|var|wbr)$/i

const HEADING_STYLES = ['heading1', 'heading2', 'heading3'] as const

function renderHeading(token: Tokens.Heading, anchors: MailAnchors): string {
  // The mail's title is its only <h1>.
  const level = Math.max(2, token.depth)
  const style: StyleName = HEADING_STYLES[token.depth - 1] ?? 'heading4'
  const id = 'anchor' in token ? anchors.idOf(String(token.anchor)) : null
  const named = id === null ? '' : `<a id="${escapeHtml(id)}" name="${escapeHtml(id)}"></a>`
  return `${named}<h${level} data-style="${style}">${renderInline(token.tokens, { anchors })}</h${level}>`
}

/** Further in, no level is indented: 24 px each, the twelfth would be wider than a phone. */
const DEEPEST_INDENT = 6

function renderList(token: Tokens.List, setting: Setting, depth = 0): string {
  const tag = token.ordered ? 'ol' : 'ul'
  const start =
    token.ordered && token.start !== '' && token.start !== 1 ? ` start="${token.start}"` : ''
  const style = listStyle(token, depth)
  const items = token.items.map(
    (item) =>
      `<li${item.task ? ' data-style="taskItem"' : ''}>${item.tokens.map((each) => renderWithinItem(each, setting, depth)).join('')}</li>`,
  )
  return `<${tag}${start}${style}>${items.join('')}</${tag}>`
}

function listStyle(token: Tokens.List, depth: number): string {
  if (depth > DEEPEST_INDENT) return ' data-style="deepList"'
  if (depth > 0) return ' data-style="nestedList"'
  return isNotes(token) ? ' class="quiet" data-style="notes"' : ''
}

/** The footnotes, as `issues` lists them: each begins with the target of its references. */
function isNotes({ items }: Tokens.List): boolean {
  const [first] = items[0]?.tokens ?? []
  const target = first && (childrenOf(first)?.[0] ?? first)
  return target?.type === 'html' && target.text.startsWith('<a id="note-')
}

function renderWithinItem(token: Token, setting: Setting, depth: number): string {
  return token.type === 'list'
    ? renderList(token as Tokens.List, setting, depth + 1)
    : renderBlock(token, setting)
}

function renderInline(tokens: readonly Token[], options: Inline): string {
  return tokens.map((token) => renderInlineToken(token, options)).join('')
}

function renderInlineToken(token: Token, options: Inline): string {
  const inner = (): string => renderInline(childrenOf(token) ?? [], options)
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return `<${token.type}>${inner()}</${token.type}>`
    case 'codespan':
      return `<code>${escapeHtml(token.text)}</code>`
    case 'br':
      return '<br>'
    case 'link':
      if (options.insideLink) return inner()
      return `<a href="${linkAddress(token.href, options.anchors)}"${titleOf(token as Tokens.Link)}>${inner()}</a>`
    case 'image':
      return renderImage(token as Tokens.Image, options.isBlockImage ?? false)
    case 'html':
      return options.insideLink ? token.text.replace(/<\/?a\b[^>]*>/gi, '') : token.text
    case 'checkbox':
      return token.checked ? '\u2611 ' : '\u2610 '
    default:
      if (childrenOf(token)) return inner()
      return escapeHtml(joinLines(decodeEntities('text' in token ? token.text : token.raw), '\n'))
  }
}

function linkAddress(href: string, anchors: MailAnchors): string {
  const led = anchors.hrefOf(href)
  return led.startsWith('#') ? escapeHtml(decodeEntities(led)) : attributeUrl(led)
}

function renderImage(token: Tokens.Image, isBlockImage: boolean): string {
  const alt = escapeHtml(decodeEntities(plainText(token.tokens ?? [])) || '')
  const style: StyleName = isBlockImage ? 'image' : 'inlineImage'
  return `<img src="${attributeUrl(token.href)}" alt="${alt}"${titleOf(token)} data-style="${style}">`
}

function titleOf(token: { title?: string | null }): string {
  return token.title ? ` title="${escapeHtml(decodeEntities(token.title))}"` : ''
}

/** As a browser would read it: entities resolved, and nothing in it that must not stand in a URL. */
export function linkUrl(href: string): string {
  const url = decodeEntities(href)
  try {
    return encodeURI(url).replace(/%25/g, '%')
  } catch {
    return url
  }
}

function attributeUrl(href: string): string {
  return escapeHtml(linkUrl(href))
}

/** A picture alone in its paragraph, linked or not, stands as a block. */
function holdsOneImage(tokens: readonly Token[]): boolean {
  const shown = tokens.filter((token) => !(token.type === 'text' && token.raw.trim() === ''))
  const only = shown[0]
  if (shown.length !== 1 || only === undefined) return false
  return only.type === 'image' || (only.type === 'link' && holdsOneImage(only.tokens ?? []))
}
