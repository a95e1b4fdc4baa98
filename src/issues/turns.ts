import type { Token } from 'marked'
import type { Findings } from './finding.ts'
import type { SourceLine } from './issue.ts'
import { childrenOf } from './plain-text.ts'

// Marks that turn the direction of text (Unicode, UAX #9). One that is not closed turns all that follows in its
// paragraph, and in the text part the rest of a line; within a link they show an address backwards.

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g
const CLOSED_BY: Readonly<Record<string, string>> = {
  ...{ '\u202a': '\u202c', '\u202b': '\u202c', '\u202d': '\u202c', '\u202e': '\u202c' },
  ...{ '\u2066': '\u2069', '\u2067': '\u2069', '\u2068': '\u2069' },
}

/** Without those that nothing closes, or that close nothing, in the tokens of one paragraph. */
export function closeTurns(tokens: Token[], line: SourceLine, findings: Findings): Token[] {
  let all = ''
  mapTexts(tokens, (text) => {
    all += text
    return text
  })
  const lone = loneTurns(all)
  if (lone.size === 0) return tokens
  findings.warning(line, LEFT_OUT)
  let at = 0
  return mapTexts(tokens, (text) => {
    const from = at
    at += text.length
    return text.replace(TURNS, (mark, index: number) => (lone.has(from + index) ? '' : mark))
  })
}

/** The same of a piece of HTML. */
export function closeTurnsIn(html: string, line: SourceLine, findings: Findings): string {
  const lone = loneTurns(html)
  if (lone.size === 0) return html
  findings.warning(line, LEFT_OUT)
  return html.replace(TURNS, (mark, index: number) => (lone.has(index) ? '' : mark))
}

const LEFT_OUT = {
  what: 'a mark that turns the direction of text is left out',
  why: 'nothing in its paragraph ends it, or it stands in a link: what follows would be shown backwards',
  fix: 'take it out; nobody can see it, so write the words around it anew',
}

/** Without any, as the words of a link are. */
export function withoutTurns(tokens: Token[], line: SourceLine, findings: Findings): Token[] {
  return mapTexts(tokens, (text) => withoutTurnsIn(text, line, findings))
}

export function withoutTurnsIn(text: string, line: SourceLine, findings: Findings): string {
  const without = text.replace(TURNS, '')
  if (without !== text) findings.warning(line, LEFT_OUT)
  return without
}

function loneTurns(text: string): Set<number> {
  const lone = new Set<number>()
  const open: { at: number; closing: string }[] = []
  for (const { 0: mark, index } of text.matchAll(TURNS)) {
    const closing = CLOSED_BY[mark]
    if (closing !== undefined) open.push({ at: index, closing })
    else if (open.at(-1)?.closing === mark) open.pop()
    else lone.add(index)
  }
  for (const { at } of open) lone.add(at)
  return lone
}

function mapTexts(tokens: readonly Token[], map: (text: string) => string): Token[] {
  return tokens.map((token) => {
    const children = childrenOf(token)
    if (children) return { ...token, tokens: mapTexts(children, map) } as Token
    return 'text' in token && typeof token.text === 'string'
      ? ({ ...token, text: map(token.text) } as Token)
      : token
  })
}
