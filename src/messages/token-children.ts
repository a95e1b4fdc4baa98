import type { Token } from 'marked'

/** The tokens within one, where it holds any. */
export function childrenOf(token: Token): Token[] | undefined {
  return 'tokens' in token ? token.tokens : undefined
}
