import type { Token, Tokens } from 'marked'
import { decodeEntities } from './entities.ts'

/** Of whatever token; undefined for those that hold none. */
export function childrenOf(token: Token): Token[] | undefined {
  return (token as Tokens.Generic).tokens
}

/** What a reader would read aloud: tokens, inline or block, as one line without marks or markup. */
export function plainText(tokens: readonly Token[]): string {
  return tokens.map(textOf).join('').replace(/\s+/g, ' ').trim()
}

function textOf(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'br':
    case 'hr':
      return ' '
    case 'def':
      return ''
    case 'code':
    case 'codespan':
      return ` ${token.text} `.slice(
        token.type === 'code' ? 0 : 1,
        token.type === 'code' ? undefined : -1,
      )
    case 'html':
      return decodeEntities(token.text.replace(/<[^>]*>/g, token.block ? ' ' : ''))
    case 'list':
      return (token as Tokens.List).items.map((item) => ` ${plainText(item.tokens)} `).join('')
    case 'table': {
      const table = token as Tokens.Table
      return [table.header, ...table.rows]
        .flat()
        .map((cell) => ` ${plainText(cell.tokens)} `)
        .join('')
    }
    case 'image':
      return decodeEntities(token.text)
    default:
      return ownText(token)
  }
}

const BLOCKS = ['paragraph', 'heading', 'blockquote', 'list_item', 'term', 'definition']

function ownText(token: Token): string {
  const isBlock = BLOCKS.includes(token.type)
  const children = childrenOf(token)
  const inner = children
    ? children.map(textOf).join('')
    : decodeEntities('text' in token ? String(token.text) : '')
  return isBlock ? ` ${inner} ` : inner
}
