import type { MarkedExtension } from 'marked'
import { linesOf } from './lines.ts'
import { rememberStart } from './next-start.ts'

// Bullets that a tab indents under no list: CommonMark reads code there or, right under a line of text, runs them
// together into its paragraph. Who writes them means a list. Only where each line is a bullet, and where none holds a
// link in Markdown's own spelling: that may be a sample of Markdown, shown as code.

const BULLET = /^\t+[-*+•] +\S/
const STARTS = /\n(?=\t+[-*+•] +\S)/

export function tabBullets(): MarkedExtension {
  return {
    extensions: [
      {
        name: 'tab-bullets',
        level: 'block',
        start: rememberStart((src) => {
          const index = src.search(STARTS)
          return index === -1 ? -1 : index + 1
        }),
        tokenizer(src) {
          const raw = readBullets(src)
          if (raw === null || raw.includes('](')) return undefined
          const text = raw.replace(/^\t/gm, '').replace(/^(\t*)•/gm, '$1-')
          return { type: 'tab-bullets', raw, tokens: this.lexer.blockTokens(text, []) }
        },
      },
    ],
  }
}

/** Null where an indented line is no bullet: then it is code. */
function readBullets(src: string): string | null {
  if (!BULLET.test(src)) return null
  for (const { text, at } of linesOf(src, 0)) {
    if (text.trim() === '' || BULLET.test(text)) continue
    return /^(?:\t| {4})/.test(text) ? null : src.slice(0, at)
  }
  return src
}
