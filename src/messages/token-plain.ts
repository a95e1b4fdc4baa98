import type { Token } from 'marked'
import { decodeEntities } from './escape.ts'

/** The tokens within one, where it holds any. */
export function childrenOf(token: Token): Token[] | undefined {
  return 'tokens' in token ? token.tokens : undefined
}

/** Inline tokens as one line without any marks: for contents, preheader and alternative texts. */
export function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === 'br') return ' '
      if (token.type === 'html') return decodeEntities(token.text.replace(/<[^>]*>/g, ''))
      const children = childrenOf(token)
      if (children) return plainText(children)
      if (token.type === 'codespan' || token.type === 'code') return String(token.text)
      return 'text' in token ? decodeEntities(String(token.text)) : ''
    })
    .join('')
    .replace(/[\s\u3000]+/g, ' ')
}
