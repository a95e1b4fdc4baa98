import type { MarkedExtension, Token, TokenizerThis, Tokens } from 'marked'
import type { Findings } from './finding.ts'
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
          const label = match?.[1]?.toLowerCase()
          if (!match || label === undefined || !namesOf(this).has(label)) return undefined
          return { type: 'footnote-reference', raw: match[0], label }
        },
      },
    ],
  }
}

function readNote(src: string): { raw: string; label: string; text: string } | null {
  const first = FIRST_LINE.exec(src)
  const label = first?.[1]?.toLowerCase()
  if (!first || label === undefined) return null
  let raw = first[0]
  for (;;) {
    const rest = src.slice(raw.length, raw.length + 100_000)
    const more = NEXT_LINE.exec(rest) ?? INDENTED.exec(rest)
    if (!more) break
    raw += more[0]
  }
  const text = (first[2] ?? '') + raw.slice(first[0].length)
  return { raw, label, text: text.replace(/^(?: {4}|\t)/gm, '') }
}

type Note = { tokens: Token[]; line: SourceLine; references: number }

/** The notes of one issue, numbered as they are referred to. */
export type Footnotes = {
  refer(token: FootnoteReferenceToken): Token[]
  keep(token: FootnoteToken, tokens: Token[], line: SourceLine): void
  /** A rule and the notes; none, where there are none. */
  list(): Token[]
}

export function createFootnotes(findings: Findings): Footnotes {
  const numbers = new Map<string, number>()
  const references = new Map<number, number>()
  const notes = new Map<string, Omit<Note, 'references'>>()
  const numberOf = (label: string): number => {
    const number = numbers.get(label) ?? numbers.size + 1
    numbers.set(label, number)
    return number
  }
  return {
    refer({ raw, label }) {
      const number = numberOf(label)
      const times = (references.get(number) ?? 0) + 1
      references.set(number, times)
      return referenceTokens(raw, number, times)
    },
    keep({ label }, tokens, line) {
      const isSecond = notes.has(label)
      if (isSecond) findings.warning(line, writtenTwice(label))
      // No name has a line break: nothing can refer to it.
      notes.set(isSecond ? `${label}\n${line}` : label, { tokens, line })
    },
    list() {
      // A note that nobody refers to is shown after the others.
      const unused = [...notes].filter(([label]) => !numbers.has(label))
      for (const [label, { line }] of unused) {
        if (!label.includes('\n')) findings.warning(line, nobodyRefersTo(label))
      }
      const items = [...notes]
        .map(([label, note]) => ({ note, number: numberOf(label) }))
        .sort((a, b) => a.number - b.number)
        .map(({ note, number }) =>
          noteItem(number, { ...note, references: references.get(number) ?? 0 }),
        )
      const line = items[0]?.line
      if (line === undefined) return []
      const list = { type: 'list', raw: '', ordered: true, start: 1, loose: false, items, line }
      return [{ type: 'hr', raw: '', line }, list] as Token[]
    },
  }
}

function writtenTwice(label: string): { what: string; why: string; fix: string } {
  return {
    what: `the footnote [^${label}] is written a second time`,
    why: 'nothing can refer to it; it is shown after the others',
    fix: 'give it another name, or take it out',
  }
}

function nobodyRefersTo(label: string): { what: string; why: string; fix: string } {
  return {
    what: `nothing refers to the footnote [^${label}]`,
    why: 'it is shown after the others, and nobody knows what it belongs to',
    fix: `write [^${label}] where it belongs, or take it out`,
  }
}

function referenceTokens(raw: string, number: number, times: number): Token[] {
  const text = `[${number}]`
  const tokens = [{ type: 'text', raw: text, text, escaped: false }]
  return [
    html(`<sup><a id="${referenceId(number, times)}"></a>`),
    { type: 'link', raw, href: `#note-${number}`, title: null, text, tokens },
    html('</sup>'),
  ] as Token[]
}

function referenceId(number: number, times: number): string {
  return times === 1 ? `ref-${number}` : `ref-${number}-${times}`
}

function html(text: string): Token {
  return { type: 'html', raw: '', text, block: false, pre: false } as Token
}

function noteItem(number: number, note: Note) {
  const target = html(`<a id="note-${number}"></a>`)
  const [first, ...rest] = note.tokens
  const tokens =
    first?.type === 'paragraph'
      ? [{ ...first, tokens: [target, ...(first.tokens ?? [])] } as Token, ...rest]
      : [target, ...note.tokens]
  return {
    type: 'list_item',
    raw: '',
    task: false,
    loose: false,
    text: '',
    tokens: withWaysBack(tokens, number, note.references),
    line: note.line,
  }
}

/** `↩` leads back to where the note is referred to. */
function withWaysBack(tokens: Token[], number: number, references: number): Token[] {
  const ways = Array.from({ length: references }, (_, n) => {
    const text = '↩'
    const arrow = { type: 'text', raw: text, text, escaped: false }
    const href = `#${referenceId(number, n + 1)}`
    const link = { type: 'link', raw: '', href, title: null, text, tokens: [arrow], wayBack: true }
    const space = { type: 'text', raw: ' ', text: ' ', escaped: false, wayBack: true }
    return [space, link] as Token[]
  }).flat()
  const last = tokens.at(-1)
  return last?.type === 'paragraph'
    ? [...tokens.slice(0, -1), { ...last, tokens: [...(last.tokens ?? []), ...ways] } as Token]
    : [...tokens, ...ways]
}
