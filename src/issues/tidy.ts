import type { Token, Tokens } from 'marked'
import type { DefinitionsToken } from './definitions.ts'
import { decodeEntities, encodeEntities } from './entities.ts'
import { type Findings, shorten } from './finding.ts'
import type { FootnoteReferenceToken, Footnotes, FootnoteToken } from './footnotes.ts'
import { hostOf } from './host-of.ts'
import { createHtmlCleaner, type HtmlCleaner, missingAlt } from './html.ts'
import type { SourceLine } from './issue.ts'
import type { Addresses } from './links.ts'
import type { Merges } from './merge.ts'
import { childrenOf, plainText } from './plain-text.ts'
import { withAlertTitle, withoutHeadingId } from './site-syntax.ts'
import { tellLostCells } from './table-cells.ts'
import { trueHtml, trueLink, trueTokens } from './true-links.ts'
import { closeTurns, closeTurnsIn, withoutTurns } from './turns.ts'

export type Tidying = {
  addresses: Addresses
  merges: Merges
  findings: Findings
  footnotes: Footnotes
}

/**
 * Makes what Markdown made fit for a mail: HTML safe, addresses whole, merge expressions put back in code.
 * Every token also gets its `line`.
 */
export function tidyBlocks(tokens: readonly Token[], line: SourceLine, tidying: Tidying): Token[] {
  const html = createHtmlCleaner(tidying.addresses, tidying.findings)
  const out: Token[] = []
  let at = line
  for (const token of tokens) {
    const tidy =
      token.type === 'tab-bullets'
        ? tidyBlocks(token.tokens ?? [], at, tidying)
        : tidyBlock(token, at, html, tidying)
    for (const each of Array.isArray(tidy) ? tidy : tidy ? [tidy] : []) {
      out.push({ line: at, ...each } as Token)
    }
    at += lineBreaks(token.raw)
  }
  return closeHtml(out, html, at, true)
}

function lineBreaks(text: string): number {
  return text.split('\n').length - 1
}

function closeHtml(out: Token[], html: HtmlCleaner, line: SourceLine, block: boolean): Token[] {
  const text = html.end()
  if (text !== '') out.push({ type: 'html', raw: '', text, block, pre: false, line } as Token)
  return out
}

function tidyBlock(
  token: Token,
  line: SourceLine,
  html: HtmlCleaner,
  tidying: Tidying,
): Token | null {
  switch (token.type) {
    // Neither is seen by a reader.
    case 'space':
    case 'def':
      return null
    case 'code':
      return tidyCode(token as Tokens.Code, tidying)
    case 'html':
      return tidyHtml(token, line, html, tidying)
    case 'footnote': {
      const note = token as FootnoteToken
      tidying.footnotes.keep(note, tidyBlocks(note.tokens, line, tidying), line)
      return null
    }
    case 'blockquote': {
      const quote = withAlertTitle(token as Tokens.Blockquote)
      return { ...quote, tokens: tidyBlocks(quote.tokens, line, tidying) } as Token
    }
    case 'list':
      return tidyList(token as Tokens.List, line, tidying)
    case 'definitions':
      return tidyDefinitions(token as DefinitionsToken, line, tidying)
    case 'table':
      return tidyTable(token as Tokens.Table, line, tidying)
    case 'heading': {
      const heading = withoutHeadingId(token as Tokens.Heading)
      return { ...heading, tokens: tidyLine(heading.tokens, line, tidying) } as Token
    }
    case 'paragraph':
      return { ...token, tokens: tidyLine(token.tokens ?? [], line, tidying) } as Token
    default:
      // `text` in a list item, `hr`, `checkbox`
      return childrenOf(token)
        ? ({ ...token, tokens: tidyLine(childrenOf(token) ?? [], line, tidying) } as Token)
        : tidyLeaf(token, tidying)
  }
}

function tidyCode(token: Tokens.Code, { merges }: Tidying): Token {
  const lang = token.lang === undefined ? {} : { lang: merges.restore(token.lang) }
  return { ...token, ...lang, text: merges.restore(token.text) }
}

function tidyList(list: Tokens.List, line: SourceLine, tidying: Tidying): Token {
  let at = line
  const items = list.items.map((item) => {
    const tidy = { ...item, tokens: tidyBlocks(item.tokens, at, tidying), line: at }
    at += lineBreaks(item.raw)
    return tidy
  })
  return { ...list, items }
}

function tidyDefinitions(list: DefinitionsToken, line: SourceLine, tidying: Tidying): Token {
  const tokens = list.tokens.map((part) => {
    const at = line + ((part as Tokens.Generic).linesBelow as number)
    const tidy = part.type === 'term' ? tidyLine : tidyBlocks
    return { ...part, tokens: tidy(childrenOf(part) ?? [], at, tidying), line: at } as Token
  })
  return { ...list, tokens }
}

function tidyTable(table: Tokens.Table, line: SourceLine, tidying: Tidying): Token {
  const row = (cells: Tokens.TableCell[], at: SourceLine): Tokens.TableCell[] =>
    cells.map((cell) => ({ ...cell, tokens: tidyLine(cell.tokens, at, tidying) }))
  tellLostCells(table, line, tidying)
  return {
    ...table,
    header: row(table.header, line),
    // The line of dashes stands between.
    rows: table.rows.map((cells, n) => row(cells, line + 2 + n)),
  }
}

function tidyHtml(
  token: Token,
  line: SourceLine,
  html: HtmlCleaner,
  { merges, findings }: Tidying,
): Token | null {
  const clean = html.clean(
    'text' in token ? token.text : '',
    line,
    'block' in token && token.block === true,
  )
  const closed = closeTurnsIn(clean.text, line, findings)
  const isAround = isOpenLink(closed) && 'block' in token && token.block === true
  if (isAround) findings.warning(line, LINK_AROUND_BLOCKS)
  const text = settleHtml(trueHtml(isAround ? `${closed}</a>` : closed, line, findings), merges)
  const links = clean.links.length > 0 ? { links: clean.links } : {}
  return text.trim() === '' ? null : ({ ...token, text, ...links } as Token)
}

/** Whether a link begins in a block of HTML and does not end there. */
function isOpenLink(html: string): boolean {
  return /<a\b[^>]*\shref="/.test(html.slice(html.lastIndexOf('</a>') + 1))
}

const LINK_AROUND_BLOCKS = {
  what: 'a link around headings or paragraphs',
  why: 'mail programs follow links of words and pictures only; a link with the host’s name stands before them',
  fix: 'put the link around words, or write a line of its own for it',
}

/** Within HTML's own code elements an expression stands as written, too. */
function settleHtml(html: string, merges: Merges): string {
  return html
    .split(/(<(pre|code|samp)\b[^>]*>[\s\S]*?<\/\2>)/)
    .filter((_, n) => n % 3 !== 2)
    .map((part, n) =>
      n % 2 === 1
        ? encodeRestored(part, merges)
        : merges.settle(part, (source) => encodeEntities(source)),
    )
    .join('')
}

function encodeRestored(part: string, merges: Merges): string {
  return part.replace(/zq[a-z0-9]{16}/g, (match) =>
    merges.has(match) ? encodeEntities(merges.restore(match)) : match,
  )
}

/** Of a paragraph, a heading, a cell: what is opened in it ends with it. */
function tidyLine(tokens: readonly Token[], line: SourceLine, tidying: Tidying): Token[] {
  return closeTurns(tidyInline(tokens, line, tidying), line, tidying.findings)
}

const CODE_ELEMENTS = /^(?:code|pre|samp|tt)$/

function tidyInline(tokens: readonly Token[], line: SourceLine, tidying: Tidying): Token[] {
  const html = createHtmlCleaner(tidying.addresses, tidying.findings)
  const out: Token[] = []
  let at = line
  for (const token of withoutScripts(tokens, line, tidying.findings)) {
    const isCode = html.open().some((name) => CODE_ELEMENTS.test(name))
    const tidy =
      token.type === 'html'
        ? tidyHtml(token, at, html, tidying)
        : tidyInlineToken(token, at, isCode, tidying)
    for (const each of Array.isArray(tidy) ? tidy : tidy ? [tidy] : []) {
      out.push({ ...each, line: at } as Token)
    }
    at += lineBreaks(token.raw)
  }
  return trueTokens(closeHtml(out, html, at, false), tidying.findings)
}

/** Between `<script>` and `</script>` in a sentence stands no text for a reader. */
function withoutScripts(
  tokens: readonly Token[],
  line: SourceLine,
  findings: Findings,
): readonly Token[] {
  const out: Token[] = []
  for (let n = 0; n < tokens.length; n++) {
    const token = tokens[n] as Token
    const name = token.type === 'html' ? /^<(script|style)\b/i.exec(token.text)?.[1] : undefined
    const length = name ? tokens.slice(n).findIndex((each) => isClosing(each, name)) : -1
    if (length === -1) {
      out.push(token)
      continue
    }
    findings.warning(line, {
      what: `<${name}> is left out`,
      why: 'mail programs do not run it, and what it holds is left out too',
      fix: 'take it out',
    })
    n += length
  }
  return out
}

function isClosing(token: Token, name: string): boolean {
  return token.type === 'html' && token.text.toLowerCase().startsWith(`</${name.toLowerCase()}`)
}

function tidyInlineToken(
  token: Token,
  line: SourceLine,
  isCode: boolean,
  tidying: Tidying,
): Token | Token[] {
  switch (token.type) {
    case 'codespan':
      return { ...token, text: tidying.merges.restore(token.text) } as Token
    case 'link':
      return tidyLink(token as Tokens.Link, line, tidying)
    case 'footnote-reference':
      return tidying.footnotes.refer(token as FootnoteReferenceToken)
    case 'image':
      return tidyImage(token as Tokens.Image, line, tidying)
    default:
      if (childrenOf(token)) {
        return { ...token, tokens: tidyInline(childrenOf(token) ?? [], line, tidying) } as Token
      }
      return isCode && 'text' in token
        ? ({ ...token, text: tidying.merges.restore(token.text) } as Token)
        : tidyLeaf(token, tidying)
  }
}

/** Spaces collapse where text is shown; a row of 100,000 took whoever looks for line ends 25 s. */
const LONG_GAP = /[ \t]{100,}/g

function tidyLeaf(token: Token, { merges }: Tidying): Token {
  if (!('text' in token) || typeof token.text !== 'string') return token
  const text = token.text.replace(LONG_GAP, ' ')
  return { ...token, text: merges.settle(text, encodeEntities) } as Token
}

function tidyLink(token: Tokens.Link, line: SourceLine, tidying: Tidying): Token | Token[] {
  const { addresses, findings, merges } = tidying
  const inner = withoutTurns(tidyInline(token.tokens, line, tidying), line, findings)
  const href = addresses.link(decodeEntities(token.href), line)
  // The text stays where the address must go; an expression in it was part of the address.
  if (href === null)
    return merges.has(token.href) ? inner.map((each) => asWritten(each, merges)) : inner
  const text = merges.settle(token.text)
  const named = plainText(inner) === '' ? withAlt(inner, hostOf(href), line, findings) : inner
  if (named.some((each) => each.type !== 'text' || plainText([each]) !== '')) {
    const link = { ...token, href, text, tokens: named }
    return token.autolink ? link : trueLink(link, line, findings)
  }
  findings.warning(line, {
    what: `a link without text: ${shorten(href)}`,
    why: 'a reader cannot see it, and a screen reader reads the address out',
    fix: 'write what it leads to between the brackets',
  })
  const label = hostOf(href)
  return { ...token, href, text: label, tokens: [textToken(label)] }
}

/** A picture that is all there is of a link is its name. */
function withAlt(tokens: Token[], alt: string, line: SourceLine, findings: Findings): Token[] {
  return tokens.map((token) => {
    if (token.type !== 'image') return token
    findings.warning(line, missingAlt(token.href))
    return { ...token, text: encodeEntities(alt), tokens: [textToken(alt)] } as Token
  })
}

function asWritten(token: Token, merges: Merges): Token {
  if (!('text' in token) || childrenOf(token)) return token
  return { ...token, text: encodeRestored(token.text, merges) } as Token
}

function tidyImage(token: Tokens.Image, line: SourceLine, tidying: Tidying): Token | Token[] {
  const href = tidying.addresses.image(decodeEntities(token.href), line)
  const tokens = tidyInline(token.tokens ?? [], line, tidying)
  if (href === null) return tokens
  return { ...token, href, tokens, text: encodeEntities(plainText(tokens)) }
}

function textToken(text: string): Token {
  return { type: 'text', raw: text, text: encodeEntities(text), escaped: false }
}
