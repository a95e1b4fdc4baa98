import { Marked, type Token, Tokenizer } from 'marked'
import { bareLinks } from './bare-links.ts'
import { cjkEmphasis } from './cjk-emphasis.ts'

const marked = new Marked({ gfm: true })
  .use(bareLinks())
  .use(cjkEmphasis())
  .use({
    tokenizer: {
      // marked knows no footnotes, and would take `[^1]: Word` for the definition of a link and show nothing.
      def(src) {
        return /^ {0,3}\[\^/.test(src) ? undefined : Tokenizer.prototype.def.call(this, src)
      },
    },
  })

/**
 * Block tokens of Markdown: GFM, with bare addresses and emphasis as CJK text writes them. The `raw` of the
 * tokens, one after another, is the text.
 * @throws RangeError where the text is nested too deeply
 */
export function readMarkdown(text: string): Token[] {
  return [...marked.lexer(text)]
}
