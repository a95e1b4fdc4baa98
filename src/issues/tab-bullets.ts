import type { MarkedExtension } from 'marked'
import { linesOf } from './lines.ts'
import { rememberStart } from './next-start.ts'

// Lists that a tab indents under no list: CommonMark reads code there or, right under a line of text, runs them together
// into its paragraph. Who writes them means a list. Only where each line is a bullet or a number, and where none holds a
// link in Markdown's own spelling: that may be a sample of Markdown, shown as code. Four spaces do the same, but only
// right under a line of text: elsewhere they are code far more often.

const MARK = String.raw`(?:[-*+•] +|\d{1,3}[.)] +)\S`
const BY_TAB = new RegExp(String.raw`^\t+${MARK}`)
const BY_SPACES = new RegExp(`^ {4,}${MARK}`)
/** Of an item's next paragraph. */
const GOES_ON = /^\t+ {1,3}\S/
const STARTS = new RegExp(String.raw`\n(?=(?:\t+| {4,})${MARK})`)

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
        tokenizer(src, tokens) {
          const isUnderText = tokens.at(-1)?.type === 'paragraph'
          const raw = readList(src, BY_TAB) ?? (isUnderText ? readList(src, BY_SPACES) : null)
          if (raw === null || raw.includes('](')) return undefined
          const text = raw.replace(/^(?:\t| {4})/gm, '').replace(/^(\s*)•/gm, '$1-')
          return { type: 'tab-bullets', raw, tokens: this.lexer.blockTokens(text, []) }
        },
      },
    ],
  }
}

/** Null where an indented line right below an item is none: then it is code. */
function readList(src: string, item: RegExp): string | null {
  if (!item.test(src)) return null
  let isUnderBlank = false
  for (const { text, at } of linesOf(src, 0)) {
    const isBlank = text.trim() === ''
    if (isBlank || item.test(text) || (isUnderBlank && GOES_ON.test(text))) {
      isUnderBlank = isBlank
      continue
    }
    return !isUnderBlank && /^(?:\t| {4})/.test(text) ? null : src.slice(0, at)
  }
  return src
}
