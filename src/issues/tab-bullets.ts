import type { MarkedExtension } from 'marked'
import { rememberStart } from './next-start.ts'

// Bullets that a tab indents under no list: CommonMark reads code there or, right under a line of text, runs them
// together into its paragraph. Who writes them means a list. Only where each line is a bullet, and where none holds a
// link in Markdown's own spelling: that may be a sample of Markdown, shown as code.

const BULLETS = /^(?:\t+[-*+•] +\S[^\n]*(?:\n(?=\t+[-*+•] )|\n*$|\n(?=\n)))+/
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
          const raw = BULLETS.exec(src)?.[0]
          if (raw === undefined || raw.includes('](')) return undefined
          const after = src.slice(raw.length).replace(/^\n+/, '')
          // Code goes on: not all of it are bullets.
          if (/^(?:\t| {4})/.test(after)) return undefined
          const text = raw.replace(/^\t/gm, '').replace(/^(\t*)•/gm, '$1-')
          return { type: 'tab-bullets', raw, tokens: this.lexer.blockTokens(text, []) }
        },
      },
    ],
  }
}
