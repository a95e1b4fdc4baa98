import sanitizeHtml from 'sanitize-html'
import { type ProseStyles, proseStyles } from '../../emails/prose-styles.ts'
import { directionOf, SPACE, type Theme } from '../../emails/theme.ts'
import { facesOf, LATIN } from '../../emails/theme-fonts.ts'
import { decodeEntities } from '../issues/entities.ts'
import type { TakenImages } from './design.ts'

export type StyleName = keyof ProseStyles

/** Plain markup in, the same with style attributes out. */
export type Dresser = (html: string) => string

type Attributes = Record<string, string>

const STYLE_OF_TAG: Readonly<Record<string, StyleName>> = {
  p: 'p',
  a: 'a',
  h2: 'heading2',
  h3: 'heading3',
  h4: 'heading4',
  h5: 'heading4',
  h6: 'heading4',
  ul: 'list',
  ol: 'list',
  li: 'li',
  dl: 'dl',
  dt: 'dt',
  dd: 'dd',
  blockquote: 'quote',
  pre: 'pre',
  code: 'code',
  samp: 'code',
  tt: 'code',
  kbd: 'kbd',
  mark: 'mark',
  small: 'small',
  sub: 'small',
  sup: 'small',
  rt: 'ruby',
  hr: 'hr',
  img: 'inlineImage',
  figure: 'figure',
  figcaption: 'caption',
  caption: 'caption',
  details: 'details',
  summary: 'summary',
  table: 'table',
  th: 'th',
  td: 'td',
}

/** The mail's title is its only <h1>; the others are names that HTML has given up. */
const MODERN: Readonly<Record<string, string>> = {
  h1: 'h2',
  center: 'div',
  tt: 'code',
  strike: 'del',
  font: 'span',
}

const TAGS = [
  ...Object.keys(STYLE_OF_TAG),
  ...'abbr b bdi bdo br center cite h1 col colgroup del dfn div em font i ins picture q rp ruby s source span strike strong tbody tfoot thead time tr u var wbr'.split(
    ' ',
  ),
]

/** What the style sheet says as well (`terseProse`): half of the bytes of a mail that is mostly links. */
const SAID_BY_SHEET: ReadonlySet<string> = new Set<StyleName>([
  'p',
  'a',
  'list',
  'nestedList',
  'li',
  'th',
  'td',
])

/**
 * Puts the style attributes on, the editor's own HTML included, and closes what that left open: it must not end our
 * tables.
 */
export function createDresser(
  theme: Theme,
  options: { images?: TakenImages; isTerse?: boolean } = {},
): Dresser {
  const styles = proseStyles(theme)
  const styleOf = (name: StyleName | undefined): string | undefined =>
    name === undefined || (options.isTerse && SAID_BY_SHEET.has(name)) ? undefined : styles[name]
  const dressTag = (tagName: string, attributes: Attributes): sanitizeHtml.Tag => {
    const { 'data-style': named, ...rest } = attributes
    const tag = MODERN[tagName] ?? tagName
    const attribs = tag === 'img' ? imageAttributes(rest, theme, options.images ?? {}) : rest
    const name = styleName(tag, named as StyleName | undefined, attribs)
    // Word reads a picture's width from the attribute alone, and one of unknown size would burst the column.
    if (name === 'image') attribs.width = String(innerWidth(theme))
    const style = [
      styleOf(name),
      name === 'sizedImage' && `max-width:${attribs.width}px`,
      name === 'inlineImage' && widthThatGives(attribs),
      textAlign(tagName, rest),
      rest.lang && faceOf(rest.lang, theme),
      rest.style,
    ]
      .filter(Boolean)
      .join(';')
    return {
      tagName: tag,
      attribs: {
        ...attribs,
        ...(theme.direction === 'rtl' && isCode(tag) ? { dir: 'ltr' } : {}),
        ...languageAttributes(rest, theme),
        ...(style === '' ? {} : { style }),
      },
    }
  }
  const rules: sanitizeHtml.IOptions = {
    allowedTags: TAGS,
    allowedAttributes: false,
    allowedSchemes: ['http', 'https', 'mailto', 'tel', 'sms', 'ftp'],
    // A mail that is only looked at brings its pictures along.
    allowedSchemesByTag: { img: ['http', 'https', 'data'] },
    parseStyleAttributes: false,
    transformTags: { '*': dressTag },
  }
  // Most titles are words alone: there is nothing to dress.
  return (html) => (html.includes('<') ? sanitizeHtml(html, rules) : html)
}

/** A blocked picture without alt is a box as large as its attributes say: beside words it would burst a phone. */
const PHONE_PX = 240

function widthThatGives({ width = '' }: Attributes): string | undefined {
  return Number(width) > PHONE_PX ? `width:100%;max-width:${width}px` : undefined
}

function styleName(
  tag: string,
  named: StyleName | undefined,
  attributes: Attributes,
): StyleName | undefined {
  if (tag === 'a' && attributes.href === undefined) return undefined
  // As a percentage its width cannot widen the table around it.
  if (named === 'image' && attributes.width !== undefined) {
    return attributes.width.endsWith('%') ? 'inlineImage' : 'sizedImage'
  }
  return named ?? STYLE_OF_TAG[tag]
}

function textAlign(tagName: string, { align }: Attributes): string | undefined {
  if (tagName === 'center') return 'text-align:center'
  return align && tagName !== 'img' ? `text-align:${align}` : undefined
}

function isCode(tag: string): boolean {
  return ['code', 'pre', 'samp', 'kbd', 'tt'].includes(tag)
}

/** The words say which language they are in: their direction follows, where nobody said it. */
function languageAttributes({ lang, dir }: Attributes, theme: Theme): Attributes {
  if (!lang || dir || directionOf(lang) === theme.direction) return {}
  return { dir: directionOf(lang) }
}

/** Han characters in a passage of another language need that language's forms. */
function faceOf(lang: string, theme: Theme): string | undefined {
  const faces = facesOf(lang)
  if (faces === null || theme.font.includes(faces.sans)) return undefined
  return `font-family:${LATIN.sans},${faces.sans},sans-serif`
}

/** How large it is, and never wider than the column: Word knows no max-width of pictures. */
function imageAttributes(attributes: Attributes, theme: Theme, images: TakenImages): Attributes {
  const src = decodeEntities(attributes.src ?? '')
  const taken = Object.hasOwn(images, src) ? images[src] : undefined
  // A picture that says nothing of itself is decoration: without alt a client reads its address out.
  const alt = attributes.alt ?? ''
  const { width, height, ...rest } = attributes
  if (width !== undefined && /^\d{1,3}%$/.test(width)) return { ...rest, width, alt }
  return { ...rest, ...fitted(sizeOf({ width, height }, taken), innerWidth(theme)), alt }
}

function innerWidth(theme: Theme): number {
  return theme.width - 2 * SPACE.side
}

type Size = { width?: number | undefined; height?: number | undefined }

/** As the editor said it; what is not said follows from the picture's own proportions. */
function sizeOf(
  attributes: { width: string | undefined; height: string | undefined },
  taken: { width: number; height: number } | undefined,
): Size {
  const pixels = (text: string | undefined): number | undefined =>
    text !== undefined && /^\s*\d{1,5}(?:px)?\s*$/.test(text)
      ? Number.parseInt(text, 10)
      : undefined
  const [width, height] = [pixels(attributes.width), pixels(attributes.height)]
  if (taken === undefined) return { width, height }
  const { width: ownWidth, height: ownHeight } = taken
  if (width !== undefined) return { width, height: height ?? (width * ownHeight) / ownWidth }
  if (height !== undefined) return { width: (height * ownWidth) / ownHeight, height }
  return { width: ownWidth, height: ownHeight }
}

function fitted({ width, height }: Size, widest: number): Attributes {
  const scale = width !== undefined && width > widest ? widest / width : 1
  const shown = (pixels: number): string => String(Math.max(1, Math.round(pixels * scale)))
  return {
    ...(width === undefined ? {} : { width: shown(width) }),
    ...(height === undefined ? {} : { height: shown(height) }),
  }
}
