import type { MarkedExtension, Token, TokenizerThis, Tokens } from 'marked'
import type { SourceLine } from './issue.ts'
import { rememberStart } from './next-start.ts'

// GitHub's footnotes, which marked does not know: `[^name]` in the text, `[^name]: words` anywhere, further
// paragraphs indented. A name without its note stays as written.

/** A note where it is written. */
export type FootnoteToken = Tokens.Generic & { type: 'footnote'; label: string; tokens: Token[] }
/** Where it is referred to. */
export type FootnoteReferenceToken = Tokens.Generic & { type: 'footnote-reference'; label: string }

const FIRST_LINE = /^\[\^([^\]\s]+)\]:[ \t]*([^\n]*)/
/** Goes on with the paragraph: neither blank nor the start of another block. */
const NEXT_LINE =
  /^\n(?![ \t]*(?:\n|$)|\[\^|[ \t]{0,3}(?:#{1,6}[ \t]|>|```|~~~|[-*+][ \t]|<))[^\n]+/
const INDENTED = /^(?:\n[ \t]*)*\n(?: {4}|\t)[^\n]+/

export function footnotes(): MarkedExtension {
  /** The names that have notes, by document. */
  const written = new WeakMap<object, Set<string>>()
  const namesOf = ({ lexer }: TokenizerThis): Set<string> => {
    const names = written.get(lexer) ?? new Set()
    written.set(lexer, names)
    return names
  }
  return {
    extensions: [
      {
        name: 'footnote',
        level: 'block',
        start: rememberStart((src) => {
          const index = src.indexOf('\n[^')
          return index === -1 ? -1 : index + 1
        }),
        tokenizer(src) {
          const note = readNote(src)
          if (!note) return undefined
          namesOf(this).add(note.label)
          return { type: 'footnote', ...note, tokens: this.lexer.blockTokens(note.text, []) }
        },
      },
      {
        name: 'footnote-reference',
        level: 'inline',
        start: rememberStart((src) => src.indexOf('[^')),
        tokenizer(src) {
          const match = /^\[\^([^\]\s]+)\]/.exec(src)
          const label = match?.[1]
          if (!match || label === undefined || !namesOf(this).has(label)) return undefined
          return { type: 'footnote-reference', raw: match[0], label }
        },
      },
    ],
  }
}

function readNote(src: string): { raw: string; label: string; text: string } | null {
  const first = FIRST_LINE.exec(src)
  const label = first?.[1]
  if (!first || label === undefined) return null
  let raw = first[0]
  for (;;) {
    const more = NEXT_LINE.exec(src.slice(raw.length)) ?? INDENTED.exec(src.slice(raw.length))
    if (!more) break
    raw += more[0]
  }
  const text = (first[2] ?? '') + raw.slice(first[0].length)
  return { raw, label, text: text.replace(/^(?: {4}|\t)/gm, '') }
}

/** The notes of one issue, numbered as they are referred to. */
export type Footnotes = {
  refer(token: FootnoteReferenceToken): Token[]
  keep(token: FootnoteToken, tokens: Token[], line: SourceLine): void
  /** A rule and the notes; none, where there are none. */
  list(): Token[]
}

export function createFootnotes(): Footnotes {
  const numbers = new Map<string, number>()
  const notes = new Map<string, { tokens: Token[]; line: SourceLine }>()
  const numberOf = (label: string): number => {
    const number = numbers.get(label) ?? numbers.size + 1
    numbers.set(label, number)
    return number
  }
  return {
    refer({ raw, label }) {
      const text = `[${numberOf(label)}]`
      const tokens = [{ type: 'text', raw: text, text, escaped: false }]
      return [
        { type: 'html', raw: '', text: '<sup>', block: false, pre: false },
        { type: 'link', raw, href: `#note-${numberOf(label)}`, title: null, text, tokens },
        { type: 'html', raw: '', text: '</sup>', block: false, pre: false },
      ] as Token[]
    },
    keep: ({ label }, tokens, line) => {
      if (!notes.has(label)) notes.set(label, { tokens, line })
    },
    list() {
      // A note that nobody refers to is shown after the others.
      const labels = [...notes.keys()].sort((a, b) => numberOf(a) - numberOf(b))
      const items = labels.map((label) => noteItem(numberOf(label), notes.get(label)))
      const line = items[0]?.line
      if (line === undefined) return []
      const list = { type: 'list', raw: '', ordered: true, start: 1, loose: false, items, line }
      return [{ type: 'hr', raw: '', line }, list] as Token[]
    },
  }
}

function noteItem(number: number, note: { tokens: Token[]; line: SourceLine } | undefined) {
  const target = { type: 'html', raw: '', text: `<a id="note-${number}"></a>`, block: false }
  const [first, ...rest] = note?.tokens ?? []
  const tokens =
    first?.type === 'paragraph'
      ? [{ ...first, tokens: [target, ...(first.tokens ?? [])] }, ...rest]
      : [target, ...(note?.tokens ?? [])]
  return {
    type: 'list_item',
    raw: '',
    task: false,
    loose: false,
    text: '',
    tokens,
    line: note?.line,
  }
}
