import type { MarkedExtension, Token, Tokens } from 'marked'
import { type Line, linesOf } from './lines.ts'
import { rememberStart } from './next-start.ts'

// Lists of definitions, as PHP Markdown Extra and Pandoc write them: a line with the name, and under it, with or without
// an empty line between, `: ` with what it means; indented paragraphs go on with that.

/** `tokens` are terms and definitions, in order. */
export type DefinitionsToken = Tokens.Generic & { type: 'definitions'; tokens: Token[] }

const DEFINITION = /^ {0,3}:[ \t]+(?=\S)/
/** Begins another block than a line of text. */
const NO_TERM =
  /^(?:\s*$|\s{0,3}(?:#{1,6}\s|>|[-*+]\s|\d+[.)]\s|```|~~~|\||<|:|\[\^?[^\]]+\]:)| {4}|\t)/
const BELOW_TERM = /\n(?:[ \t]*\n)? {0,3}:[ \t]+\S/g
const INDENTED = /^(?: {2,4}|\t)/

export function definitions(): MarkedExtension {
  return {
    extensions: [
      {
        name: 'definitions',
        level: 'block',
        childTokens: ['tokens'],
        start: rememberStart(findTerm),
        tokenizer(src) {
          if (!/^[^\n]+\n(?:[ \t]*\n)? {0,3}:[ \t]/.test(src)) return undefined
          const { parts, end } = readParts(src)
          if (parts[0]?.type !== 'term') return undefined
          const tokens = parts.map(({ type, text, linesBelow }): Token => {
            const inner =
              type === 'term' ? this.lexer.inline(text, []) : this.lexer.blockTokens(text, [])
            return { type, raw: text, linesBelow, tokens: inner } as Token
          })
          return { type: 'definitions', raw: src.slice(0, end), tokens }
        },
      },
    ],
  }
}

/** The line above the first definition that has one in this text. */
function findTerm(src: string): number {
  for (const { index } of src.matchAll(BELOW_TERM)) {
    const start = src.lastIndexOf('\n', index - 1) + 1
    if (start > 0 && start < index) return start
  }
  return -1
}

/** `linesBelow`: below the first line of the list. */
type Part = { type: 'term' | 'definition'; text: string; linesBelow: number }

function readParts(src: string): { parts: Part[]; end: number } {
  const lines = [...linesUntilOther(src)]
  const parts: Part[] = []
  let end = 0
  for (let n = 0; n < lines.length; ) {
    if (isTerm(lines, n)) {
      parts.push({ type: 'term', text: (lines[n] as Line).text.trim(), linesBelow: n })
      n += 1
    }
    while (lines[n]?.text.trim() === '') n += 1
    const last = n < lines.length && DEFINITION.test((lines[n] as Line).text) ? endOf(lines, n) : n
    if (last === n) break
    parts.push({ type: 'definition', text: textOf(lines.slice(n, last)), linesBelow: n })
    end = (lines[last - 1] as Line).after
    n = last
    while (lines[n]?.text.trim() === '') n += 1
  }
  return { parts, end }
}

/** A longer list is two. */
const MOST_LINES = 300

function* linesUntilOther(src: string): Generator<Line> {
  for (const line of linesOf(src, 0)) {
    if (line.number > MOST_LINES) return
    yield line
  }
}

function isTerm(lines: readonly Line[], n: number): boolean {
  const [line, next, third] = lines.slice(n, n + 3).map(({ text }) => text)
  if (line === undefined || NO_TERM.test(line)) return false
  return DEFINITION.test(next ?? '') || (next?.trim() === '' && DEFINITION.test(third ?? ''))
}

/** Lines right below go on with it, and after an empty one those that are indented. */
function endOf(lines: readonly Line[], from: number): number {
  let end = from + 1
  for (let n = end; n < lines.length; n++) {
    const { text } = lines[n] as Line
    const isUnderBlank = lines[n - 1]?.text.trim() === ''
    if (text.trim() === '') continue
    if (DEFINITION.test(text) || (isUnderBlank ? !INDENTED.test(text) : isTerm(lines, n))) break
    end = n + 1
  }
  return end
}

function textOf(lines: readonly Line[]): string {
  return lines.map(({ text }, n) => text.replace(n === 0 ? DEFINITION : INDENTED, '')).join('\n')
}
