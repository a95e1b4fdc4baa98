import type { Token, Tokens } from 'marked'
import { decodeEntities, encodeEntities } from './entities.ts'
import type { Findings } from './finding.ts'
import { hostOf } from './host-of.ts'
import type { SourceLine } from './issue.ts'
import { plainText } from './plain-text.ts'
import { wronglyShown } from './shown-address.ts'
import { withoutTurns, withoutTurnsIn } from './turns.ts'

// A link whose words are another address than the one it leads to: the words stay words, and the true one is the link,
// `https://bank.example (evil.example)`.

/** In Markdown. */
export function trueLink(link: Tokens.Link, line: SourceLine, findings: Findings): Token | Token[] {
  const words = plainText(link.tokens)
  if (!showsAnother(words, link.href, line, findings)) return link
  const label = labelOf(link.href, words)
  const alone = { ...link, raw: '', text: label, tokens: [text(label)] } as Token
  return [...link.tokens, text(' ('), alone, text(')')]
}

function showsAnother(words: string, href: string, line: SourceLine, findings: Findings): boolean {
  const shown = wronglyShown(words, href)
  if (shown !== null) findings.warning(line, wrongAddressWords(shown, href))
  return shown !== null
}

/** The host; the whole address where it is not the host that differs. */
function labelOf(href: string, words: string): string {
  const host = hostOf(href).replace(/^tel:/i, '')
  return words.toLowerCase().includes(host.toLowerCase()) ? href : host
}

function text(words: string): Token {
  return { type: 'text', raw: '', text: encodeEntities(words), escaped: false } as Token
}

const HREF = /\shref="([^"]*)"/

/** In a piece of HTML that was made safe. */
export function trueHtml(html: string, line: SourceLine, findings: Findings): string {
  if (!html.includes('</a>')) return html
  return html.replace(/(<a\b[^<>]*>)((?:(?!<\/?a[\s>])[\s\S])*)<\/a>/g, (whole, opening, inner) => {
    const written = HREF.exec(opening)?.[1]
    if (written === undefined) return whole
    const words = decodeEntities(inner.replace(/<[^>]*>/g, ''))
    const href = decodeEntities(written)
    const shown = namedHtml(withoutTurnsIn(inner, line, findings), href)
    if (!showsAnother(words, href, line, findings)) return `${opening}${shown}</a>`
    return `${shown} (${opening}${encodeEntities(labelOf(href, words))}</a>)`
  })
}

/** A link of nothing, or of a picture that says nothing, shows where it leads. */
function namedHtml(inner: string, href: string): string {
  if (inner.replace(/<[^>]*>/g, '').trim() !== '' || /<img\b[^>]*\balt="[^"]*[^"\s]/.test(inner)) {
    return inner
  }
  const label = encodeEntities(hostOf(href))
  return inner.includes('<img')
    ? inner.replace(/<img\b([^>]*?)(?: alt="\s*")?([^>]*)>/, `<img$1$2 alt="${label}">`)
    : label + inner
}

/** In HTML whose tags are tokens among those of its words. */
export function trueTokens(tokens: Token[], findings: Findings): Token[] {
  const out: Token[] = []
  let opened = -1
  for (const token of tokens) {
    out.push(token)
    if (token.type !== 'html') continue
    if (/<a\b/.test(token.text)) opened = token.text.includes('</a>') ? -1 : out.length - 1
    else if (opened !== -1 && token.text.includes('</a>')) {
      out.push(...trueAnchor(out.splice(opened), findings))
      opened = -1
    }
  }
  return out
}

/** @param written from the tag that opens a link to the one that closes it */
function trueAnchor(written: Token[], findings: Findings): Token[] {
  const [first] = written
  const line = (first as Tokens.Generic).line as number
  const anchor = withoutTurns(written, line, findings)
  const [opening, ...inner] = anchor as Tokens.HTML[]
  const closing = inner.pop()
  const tag = opening?.text.match(/<a\b[^<>]*>/)?.[0] ?? ''
  const href = decodeEntities(HREF.exec(tag)?.[1] ?? '')
  if (opening === undefined || closing === undefined || href === '') return anchor
  const words = plainText(anchor)
  if (words === '') return namedTokens(opening, inner, closing, href)
  if (!showsAnother(words, href, line, findings)) return anchor
  const label = `${tag}${encodeEntities(labelOf(href, words))}</a>`
  return [
    { ...opening, text: opening.text.replace(tag, '') },
    ...inner,
    { ...closing, text: closing.text.replace('</a>', () => ` (${label})`) },
  ]
}

function namedTokens(
  opening: Tokens.HTML,
  inner: Tokens.HTML[],
  closing: Tokens.HTML,
  href: string,
): Token[] {
  const isPicture = (token: Token) => token.type === 'image' || /<img\b/.test(token.raw)
  const label = text(hostOf(href))
  if (!inner.some(isPicture)) return [opening, label, ...inner, closing]
  const named = inner.map((token) => {
    if (!isPicture(token)) return token
    if (token.type === 'html')
      return { ...token, text: namedHtml((token as Token & { text: string }).text, href) }
    return { ...(token as Token), text: hostOf(href), tokens: [label] } as Token
  })
  return [opening, ...named, closing]
}

function wrongAddressWords(
  shown: string,
  href: string,
): { what: string; why: string; fix: string } {
  return {
    what: `a link shows ${shown} and leads to ${labelOf(href, shown)}`,
    why: 'filters take it for a fraud, and readers should; the true address is shown beside it',
    fix: 'write words for the link’s text, or the address that it leads to',
  }
}
