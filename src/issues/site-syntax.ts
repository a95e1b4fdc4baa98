import type { MarkedExtension, Token, Tokens } from 'marked'
import { type Line, linesOf } from './lines.ts'
import { rememberStart } from './next-start.ts'

// What editors bring along from the generators of their sites: VitePress containers and `[[toc]]`, kramdown's
// attributes, GitHub's alerts, ids of headings. None is Markdown; each means something, or nothing, to a reader.

/** In lines: one without an end is looked for no further. */
const LONGEST_CONTAINER = 500
const DEEPEST_CONTAINER = 10
const OPENS_CONTAINER = /^(:{3,})[ \t]*([a-z][\w-]*)[ \t]*([^\n]*)(?:\n|$)/i
const CLOSES_CONTAINER = /^(:{3,})[ \t]*$/
/** Their generators show the name where no title is written; other names are instructions. */
const NAMED = /^(?:tip|info|note|important|warning|caution|danger|details)$/i
const ALERT = /^\[!(note|tip|important|warning|caution)\][ \t]*(?:\n|$)/i
const CONTENTS = /^(?:\[\[toc\]\]|\[toc\]|[-*+][ \t]+[^\n]*\n\{:[ \t]*toc[ \t]*\})[ \t]*(?:\n+|$)/i
/** `{:target="_blank" .x #id}`, and no `{:a 1}`, which is Clojure. */
const ATTRIBUTES = String.raw`\{:[ \t]*(?:(?:[.#][\w:-]+|[\w-]+=(?:"[^"\n]*"|'[^'\n]*')|toc|no_toc)[ \t]*){1,20}\}`
const ATTRIBUTE_LINE = new RegExp(String.raw`^[ \t]{0,3}${ATTRIBUTES}[ \t]*(?:\n+|$)`)
const ATTRIBUTES_HERE = new RegExp(String.raw`^[ \t]?${ATTRIBUTES}`)
const HEADING_ID = /[ \t]*\{:?[ \t]*#([\p{L}\p{N}_.:-]+)(?:[ \t][^{}\n]*)?\}[ \t]*$/u

export function siteSyntax(): MarkedExtension {
  return {
    extensions: [
      {
        name: 'container',
        level: 'block',
        start: rememberStart(nextContainer),
        tokenizer(src) {
          const read = readContainer(src)
          if (!read) return undefined
          const title = read.title && titleParagraph(read.title, read.opening, this.lexer)
          const first = title ?? { type: 'space', raw: read.opening }
          const tokens = this.lexer.blockTokens(read.text, [])
          return { type: 'blockquote', raw: read.raw, text: read.text, tokens: [first, ...tokens] }
        },
      },
      {
        name: 'silent',
        level: 'block',
        start: rememberStart((src) => afterBreak(src.search(/\n[ \t]{0,3}(?:\[\[toc\]\]|\{:)/i))),
        tokenizer(src) {
          const raw = (CONTENTS.exec(src) ?? ATTRIBUTE_LINE.exec(src))?.[0]
          return raw === undefined ? undefined : { type: 'space', raw }
        },
      },
      {
        name: 'silent-span',
        level: 'inline',
        start: rememberStart((src) => src.search(/[ \t]?\{:/)),
        tokenizer(src) {
          const raw = ATTRIBUTES_HERE.exec(src)?.[0]
          return raw === undefined ? undefined : { type: 'text', raw, text: '' }
        },
      },
    ],
  }
}

/** Only one that ends: else each line of a row of them would be a paragraph of its own, and read again and again. */
function nextContainer(src: string): number {
  for (const { index } of src.matchAll(/\n(?=:{3,}[ \t]*[a-z])/gi)) {
    if (readContainer(src.slice(index + 1, index + 1 + LONGEST_CONTAINER * 200))) return index + 1
  }
  return -1
}

function afterBreak(index: number): number {
  return index === -1 ? -1 : index + 1
}

function readContainer(
  src: string,
): { raw: string; opening: string; title: string | null; text: string } | null {
  const [opening, colons = '', name = '', written = ''] = OPENS_CONTAINER.exec(src) ?? []
  if (opening === undefined) return null
  const end = endOfContainer(src, opening.length, colons.length)
  if (end === null) return null
  const title = written.replace(/\{[^{}]*\}\s*$/, '').trim()
  return {
    raw: src.slice(0, end.after),
    opening,
    title: title || (NAMED.test(name) ? capitalised(name) : null),
    text: src.slice(opening.length, end.at),
  }
}

/** Null without an end: it would take the whole issue along. */
function endOfContainer(src: string, from: number, colons: number): Line | null {
  let open = 1
  for (const line of linesOf(src, from)) {
    open += stepOfContainer(line.text, colons)
    if (open <= 0) return line
    if (open > DEEPEST_CONTAINER || line.number > LONGEST_CONTAINER) return null
  }
  return null
}

/** More colons than opened it close all that is open. */
function stepOfContainer(line: string, colons: number): number {
  if (OPENS_CONTAINER.test(line)) return 1
  const closes = CLOSES_CONTAINER.exec(line)?.[1]
  if (closes === undefined) return 0
  return closes.length > colons ? -DEEPEST_CONTAINER : -1
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).toLowerCase()
}

type Lexer = { inline(src: string, tokens?: Token[]): Token[] }

function titleParagraph(title: string, raw: string, lexer: Lexer): Tokens.Paragraph {
  const strong = { type: 'strong', raw: title, text: title, tokens: lexer.inline(title) }
  return { type: 'paragraph', raw, text: title, tokens: [strong as Token] }
}

/** GitHub's `> [!NOTE]`: its name as a title. */
export function withAlertTitle(quote: Tokens.Blockquote): Tokens.Blockquote {
  const [first, ...rest] = quote.tokens
  if (first?.type !== 'paragraph' || !ALERT.test(first.raw)) return quote
  const name = capitalised(ALERT.exec(first.raw)?.[1] ?? '')
  const [opening, ...inline] = first.tokens ?? []
  if (opening?.type !== 'text') return quote
  const after = opening.text.replace(ALERT, '')
  const strong = { type: 'strong', raw: '', text: name, tokens: [plain(name, '')] }
  const mark = opening.raw.length - after.length
  const title = {
    ...first,
    raw: opening.raw.slice(0, mark),
    tokens: [strong as Token],
  } as Tokens.Paragraph
  const words = [...(after === '' ? [] : [plain(after, after)]), ...inline]
  const body = { ...first, raw: first.raw.slice(mark), tokens: words } as Tokens.Paragraph
  return { ...quote, tokens: [title, ...(words.length > 0 ? [body] : []), ...rest] }
}

function plain(text: string, raw: string): Token {
  return { type: 'text', raw, text, escaped: false } as Token
}

/** `## Title {#id}`: the id is no text. */
export function withoutHeadingId(heading: Tokens.Heading): Tokens.Heading & { anchor?: string } {
  const last = heading.tokens.at(-1)
  if (last?.type !== 'text') return heading
  // The attributes of kramdown have no text of their own any more.
  const anchor = HEADING_ID.exec(last.text === '' ? last.raw : last.text)?.[1]
  if (anchor === undefined) return heading
  const text = last.text.replace(HEADING_ID, '')
  const kept = text === '' ? [] : [{ ...last, text } as Token]
  return { ...heading, anchor, tokens: [...heading.tokens.slice(0, -1), ...kept] }
}
