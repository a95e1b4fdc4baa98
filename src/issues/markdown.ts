import { Lexer, Marked, type Token } from 'marked'
import { bareLinks } from './bare-links.ts'
import { cjkEmphasis } from './cjk-emphasis.ts'
import { definitions } from './definitions.ts'
import { footnotes } from './footnotes.ts'
import { piecesOf } from './long-text.ts'
import { siteSyntax } from './site-syntax.ts'
import { tabBullets } from './tab-bullets.ts'
import { wideBrackets } from './wide-brackets.ts'

const marked = new Marked({ gfm: true }).use(
  bareLinks(),
  cjkEmphasis(),
  footnotes(),
  definitions(),
  wideBrackets(),
  tabBullets(),
  siteSyntax(),
)

/**
 * Block tokens of Markdown: GFM, with bare addresses and emphasis as CJK text writes them. The `raw` of the
 * tokens, one after another, is the text.
 * @throws RangeError where the text is nested too deeply
 */
export function readMarkdown(text: string): Token[] {
  const lexer = new Lexer(marked.defaults)
  const inlineTokens = lexer.inlineTokens.bind(lexer)
  lexer.inlineTokens = (src, tokens = []) => {
    for (const piece of piecesOf(src)) inlineTokens(piece, tokens)
    return tokens
  }
  return [...lexer.lex(text)]
}
