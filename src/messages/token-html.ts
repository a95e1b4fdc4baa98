import type { Token, Tokens } from 'marked'
import sanitizeHtml from 'sanitize-html'
import { type ProseStyles, proseStyles } from '../../emails/_components/prose.tsx'
import type { Theme } from '../../emails/theme.ts'
import { decodeEntities } from '../issues/entities.ts'
import { plainText } from '../issues/plain-text.ts'
import { escapeHtml } from './escape.ts'
import { columnsOf, joinLines } from './text-layout.ts'
import { childrenOf } from './token-children.ts'

type StyleName = keyof ProseStyles
type InlineOptions = {
  /** The text stands within a link already: its own links are shown as text. */
  insideLink?: boolean
}

/** Markup in two steps: first plain tags, then style attributes on every tag, the editor's own HTML included. */
export type TokenHtml = {
  blocks(tokens: readonly Token[]): string
  inline(tokens: readonly Token[], options?: InlineOptions): string
}

export function createTokenHtml(theme: Theme): TokenHtml {
  const styles = proseStyles(theme)
  return {
    blocks: (tokens) => dress(renderBlocks(tokens), styles),
    inline: (tokens, options = {}) => dress(renderInline(tokens, options), styles),
  }
}

function renderBlocks(tokens: readonly Token[]): string {
  return tokens.map(renderBlock).join('')
}

function renderBlock(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'def':
      return ''
    case 'paragraph':
      return `<p>${renderInline(token.tokens ?? [], {}, holdsOneImage(token.tokens ?? []))}</p>`
    case 'heading':
      return renderHeading(token as Tokens.Heading)
    case 'blockquote':
      return `<blockquote>${renderBlocks(token.tokens ?? [])}</blockquote>`
    case 'list':
      return renderList(token as Tokens.List)
    case 'code':
      return `<pre>${escapeHtml(token.text)}</pre>`
    case 'hr':
      return '<hr>'
    case 'table':
      return renderTable(token as Tokens.Table)
    case 'html':
      return token.text
    case 'checkbox':
      return token.checked ? '\u2611 ' : '\u2610 '
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

function renderList(token: Tokens.List, isNested = false): string {
  const tag = token.ordered ? 'ol' : 'ul'
  const start =
    token.ordered && token.start !== '' && token.start !== 1 ? ` start="${token.start}"` : ''
  const style = isNested ? ' data-style="nestedList"' : ''
  const items = token.items.map((item) => `<li>${item.tokens.map(renderWithinItem).join('')}</li>`)
  return `<${tag}${start}${style}>${items.join('')}</${tag}>`
}

function renderWithinItem(token: Token): string {
  return token.type === 'list' ? renderList(token as Tokens.List, true) : renderBlock(token)
}

function renderTable(token: Tokens.Table): string {
  const cell = (tag: 'th' | 'td') => (each: Tokens.TableCell) =>
    `<${tag}${tag === 'th' ? ' scope="col"' : shortStyle(each)}${each.align ? ` align="${each.align}"` : ''}>${renderInline(each.tokens)}</${tag}>`
  const head = `<tr>${token.header.map(cell('th')).join('')}</tr>`
  const rows = token.rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`)
  return `<div data-style="tableBox"><table><thead>${head}</thead><tbody>${rows.join('')}</tbody></table></div>`
}

/** A number with its unit, a word or two: a narrow column must not pull them apart. */
function shortStyle(cell: Tokens.TableCell): string {
  return columnsOf(plainText(cell.tokens)) <= 10 ? ' data-style="shortCell"' : ''
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

const STYLE_OF_TAG: Readonly<Record<string, StyleName>> = {
  p: 'p',
  a: 'a',
  h1: 'heading1',
  h2: 'heading2',
  h3: 'heading3',
  h4: 'heading4',
  h5: 'heading4',
  h6: 'heading4',
  ul: 'list',
  ol: 'list',
  li: 'li',
  blockquote: 'quote',
  pre: 'pre',
  code: 'code',
  kbd: 'code',
  samp: 'code',
  hr: 'hr',
  img: 'inlineImage',
  table: 'table',
  th: 'th',
  td: 'td',
}

/** Puts the style attributes on, and closes what the editor's HTML left open: it must not end our tables. */
function dress(html: string, styles: ProseStyles): string {
  return sanitizeHtml(html, {
    allowedTags: DRESSED_TAGS,
    allowedAttributes: false,
    allowedSchemes: ['http', 'https', 'mailto', 'tel', 'sms', 'ftp'],
    parseStyleAttributes: false,
    transformTags: {
      '*': (tagName, { 'data-style': named, ...attributes }) => {
        const name = (named as StyleName | undefined) ?? STYLE_OF_TAG[tagName]
        const align = attributes.align && `text-align:${attributes.align}`
        const style = [name && styles[name], align, attributes.style].filter(Boolean).join(';')
        // A picture that says nothing of itself is decoration: without alt a client reads its address out.
        const alt = tagName === 'img' ? { alt: attributes.alt ?? '' } : {}
        return { tagName, attribs: { ...attributes, ...alt, ...(style === '' ? {} : { style }) } }
      },
    },
  })
}

const DRESSED_TAGS = [
  ...Object.keys(STYLE_OF_TAG),
  ...'abbr b bdi bdo br caption center cite col colgroup dd del details dfn div dl dt em figcaption figure font i ins mark picture q rp rt ruby s small source span strike strong sub summary sup tbody tfoot thead time tr tt u var wbr'.split(
    ' ',
  ),
]
