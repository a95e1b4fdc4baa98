import type { Token, Tokens } from 'marked'
import { decodeEntities } from './entities.ts'
import { hostOf } from './host-of.ts'
import type { Source } from './issue.ts'
import { childrenOf, plainText } from './plain-text.ts'

const BETWEEN_LINKS = /^[\s|｜/·•,，、;；&+–—-]*$/u

/**
 * The links of a quote that holds nothing else, in order; what stands between them may be a `|`, a line break
 * or the like. Null for every other quote.
 */
export function readSources(quote: Token): Source[] | null {
  const sources: Source[] = []
  return collect(childrenOf(quote) ?? [], sources) && sources.length > 0 ? sources : null
}

/** The same for a line without `>`: its links must be bare, since one that has words may be the text itself. */
export function readAddressLine(paragraph: Token): Source[] | null {
  const sources = readSources(paragraph)
  return sources?.every((source) => source.bare) ? sources : null
}

function collect(tokens: readonly Token[], sources: Source[]): boolean {
  return tokens.every((token) => {
    switch (token.type) {
      case 'space':
      case 'br':
        return true
      case 'paragraph':
        return collect(token.tokens ?? [], sources)
      case 'list':
        return (token as Tokens.List).items.every((item) => collect(item.tokens, sources))
      case 'link':
        return addSource(token as Tokens.Link, sources)
      case 'text':
        if (token.tokens) return collect(token.tokens, sources)
        return BETWEEN_LINKS.test(decodeEntities(token.text))
      default:
        return false
    }
  })
}

function addSource(link: Tokens.Link, sources: Source[]): boolean {
  if (holdsImage(link.tokens)) return false
  const text = plainText(link.tokens)
  const bare = link.autolink === true || text === link.href
  sources.push({ href: link.href, label: bare ? hostOf(link.href) : text, bare })
  return true
}

function holdsImage(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token) => ['image', 'html'].includes(token.type) || holdsImage(childrenOf(token) ?? []),
  )
}
