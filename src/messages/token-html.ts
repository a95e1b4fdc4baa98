import type { Token, Tokens } from 'marked'
import type { Theme } from '../../emails/theme.ts'
import { decodeEntities } from '../issues/entities.ts'
import { plainText } from '../issues/plain-text.ts'
import { codeHtml } from './code-html.ts'
import type { CodeReader } from './code-tones.ts'
import type { TakenImages } from './design.ts'
import { createDresser, type StyleName } from './dress.ts'
import { escapeHtml } from './escape.ts'
import { boxTables, renderTable } from './table-html.ts'
import { joinLines } from './text-layout.ts'
import { childrenOf } from './token-children.ts'

export type TokenHtmlOptions = {
  /** Tells the tones of code apart; without it code is plain. */
  readCode?: CodeReader
  images?: TakenImages
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
  return {
    blocks: (tokens) => dress(boxTables(renderBlocks(tokens, code))),
    inline: (tokens, inlineOptions = {}) => dress(renderInline(tokens, inlineOptions)),
  }
}

type CodeHtml = (token: Tokens.Code) => string

function renderBlocks(tokens: readonly Token[], code: CodeHtml): string {
  return tokens.map((token) => renderBlock(token, code)).join('')
}

function renderBlock(token: Token, code: CodeHtml): string {
  switch (token.type) {
    case 'space':
    case 'def':
      return ''
    case 'paragraph':
      return `<p>${renderInline(token.tokens ?? [], {}, holdsOneImage(token.tokens ?? []))}</p>`
    case 'heading':
      return renderHeading(token as Tokens.Heading)
    case 'blockquote':
      return `<blockquote>${renderBlocks(token.tokens ?? [], code)}</blockquote>`
    case 'list':
      return renderList(token as Tokens.List, code)
    case 'code':
      return code(token as Tokens.Code)
    case 'hr':
      return '<hr>'
    case 'table':
      return renderTable(token as Tokens.Table, renderInline)
    case 'html':
      return token.text
    default:
      return renderInline([token])
  }
}

const HEADING_STYLES = ['heading1', 'heading2', 'heading3'] as const

function renderHeading(token: Tokens.Heading): string {
  // The mail's title is its only <h1>.
  const level = Math.max(2, token.depth)
  const style: StyleName = HEADING_STYLES[token.depth - 1] ?? 'heading4'
  const id = 'anchor' in token ? ` id="${escapeHtml(String(token.anchor))}"` : ''
  return `<h${level}${id} data-style="${style}">${renderInline(token.tokens)}</h${level}>`
}

function renderList(token: Tokens.List, code: CodeHtml, isNested = false): string {
  const tag = token.ordered ? 'ol' : 'ul'
  const start =
    token.ordered && token.start !== '' && token.start !== 1 ? ` start="${token.start}"` : ''
  const style = isNested ? ' data-style="nestedList"' : ''
  const items = token.items.map(
    (item) =>
      `<li${item.task ? ' data-style="taskItem"' : ''}>${item.tokens.map((each) => renderWithinItem(each, code)).join('')}</li>`,
  )
  return `<${tag}${start}${style}>${items.join('')}</${tag}>`
}

function renderWithinItem(token: Token, code: CodeHtml): string {
  return token.type === 'list'
    ? renderList(token as Tokens.List, code, true)
    : renderBlock(token, code)
}

function renderInline(
  tokens: readonly Token[],
  options: InlineOptions = {},
  isBlockImage = false,
): string {
  return tokens.map((token) => renderInlineToken(token, options, isBlockImage)).join('')
}

function renderInlineToken(token: Token, options: InlineOptions, isBlockImage: boolean): string {
  const inner = (): string => renderInline(childrenOf(token) ?? [], options, isBlockImage)
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
      return `<a href="${attributeUrl(token.href)}"${titleOf(token as Tokens.Link)}>${inner()}</a>`
    case 'image':
      return renderImage(token as Tokens.Image, isBlockImage)
    case 'html':
      return options.insideLink ? token.text.replace(/<\/?a\b[^>]*>/gi, '') : token.text
    case 'checkbox':
      return token.checked ? '\u2611 ' : '\u2610 '
    default:
      if (childrenOf(token)) return inner()
      return escapeHtml(joinLines(decodeEntities('text' in token ? token.text : token.raw)))
  }
}

function renderImage(token: Tokens.Image, isBlockImage: boolean): string {
  const alt = escapeHtml(decodeEntities(plainText(token.tokens ?? [])) || '')
  const style: StyleName = isBlockImage ? 'image' : 'inlineImage'
  // One whose size nobody knows is as wide as the column in Word, which would let it burst the column.
  const wide = isBlockImage ? ' class="wide"' : ''
  return `<img src="${attributeUrl(token.href)}" alt="${alt}"${titleOf(token)} data-style="${style}"${wide}>`
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
