import type { Token, Tokens } from 'marked'
import { decodeEntities, encodeEntities } from './entities.ts'
import { hostOf } from './host-of.ts'

// A link whose words are an address leads to that host, or the words stay words and the true host is the link:
// `https://bank.example (evil.example)`. Names of things that look like one (crates.io, Node.js) are no address here.

const SHOWN = /^\s*(?:https?:\/\/|www\.)([^\s/?#:@]+)/i
/** Under these a name of one more part belongs to somebody. */
const SHARED_SUFFIX = /^(?:ac|co|com|edu|gov|go|gob|gouv|ne|net|or|org)\.[a-z]{2}$/i

/** The host that a link's text shows where it is another than the one it leads to. */
export function wronglyShownHost(text: string, href: string): string | null {
  const shown = SHOWN.exec(text)?.[1]
  if (shown === undefined || !/^https?:/i.test(href) || !URL.canParse(href)) return null
  const shownHost = URL.canParse(`https://${shown}`) ? new URL(`https://${shown}`).host : shown
  return domainOf(shownHost) === domainOf(new URL(href).hostname) ? null : shown
}

function domainOf(host: string): string {
  const parts = host.toLowerCase().replace(/\.$/, '').split('.')
  const two = parts.slice(-2).join('.')
  return SHARED_SUFFIX.test(two) ? parts.slice(-3).join('.') : two
}

/** In place of a link whose text shows another host. */
export function apartFromText(inner: Token[], link: Tokens.Link): Token[] {
  const host = hostOf(link.href)
  const label = { ...link, raw: '', text: host, tokens: [text(host)] }
  return [...inner, text(' ('), label as Token, text(')')]
}

function text(words: string): Token {
  return { type: 'text', raw: '', text: encodeEntities(words), escaped: false } as Token
}

/** The same in HTML that was made safe. */
export function showTrueHosts(html: string, tell: (shown: string, href: string) => void): string {
  if (!html.includes('</a>')) return html
  return html.replace(/<a href="([^"]*)"([^<>]*)>([^<]*)<\/a>/g, (whole, to, rest, words) => {
    const href = decodeEntities(to)
    const shown = wronglyShownHost(decodeEntities(words), href)
    if (shown === null) return whole
    tell(shown, href)
    return `${words} (<a href="${to}"${rest}>${encodeEntities(hostOf(href))}</a>)`
  })
}

export function wrongHostWords(
  shown: string,
  href: string,
): { what: string; why: string; fix: string } {
  return {
    what: `a link shows ${shown} and leads to ${hostOf(href)}`,
    why: 'filters take it for a fraud, and readers should; the true host is shown beside it',
    fix: 'write words for the link’s text, or the address that it leads to',
  }
}
