import type { Token, Tokens } from 'marked'
import type { Findings } from '../finding.ts'
import type { SourceLine } from '../issue.ts'

/** What some large clients lack; each said once, with the first line. */
export type ClientGaps = {
  look(token: Token, line: SourceLine): void
  tell(findings: Findings): void
}

const GAPS = {
  details: {
    what: '<details> does not fold everywhere',
    why: 'Gmail and Outlook show it open, with all that it hides',
    fix: 'nothing, if that reads well; else put the text behind a link',
  },
  ruby: {
    what: '<ruby> is not set everywhere',
    why: 'Outlook for Windows shows the reading behind the word, on the same line',
    fix: 'nothing, if brackets stand around it in <rp>; else write it in brackets yourself',
  },
  columns: {
    what: 'a table of more than five columns',
    why: 'a phone shows about three; further ones are reached by scrolling, where the mail program can',
    fix: 'turn it around, or make two of it',
  },
} as const

export function createClientGaps(): ClientGaps {
  const first = new Map<keyof typeof GAPS, SourceLine>()
  const note = (gap: keyof typeof GAPS, line: SourceLine): void => {
    if (!first.has(gap)) first.set(gap, line)
  }
  return {
    look(token, line) {
      if (token.type === 'table' && (token as Tokens.Table).header.length > 5) note('columns', line)
      if (token.type !== 'html') return
      if (/<details\b/.test(token.text)) note('details', line)
      if (/<ruby\b/.test(token.text) && !/<rp\b/.test(token.text)) note('ruby', line)
    },
    tell(findings) {
      for (const [gap, line] of first) findings.warning(line, GAPS[gap])
    },
  }
}
