import { type Findings, shorten } from './finding.ts'
import { WITHOUT_TEXT } from './html-names.ts'
import type { SourceLine } from './issue.ts'

type Dropped = ReadonlyMap<string, { at: SourceLine; to: string | null }>

/** Says which HTML of a piece a reader will not see. `isCut`: something in it was never closed. */
export function tellDropped(
  {
    piece,
    line,
    dropped,
    isCut,
  }: {
    piece: string
    line: SourceLine
    dropped: Dropped
    isCut: boolean
  },
  findings: Findings,
): void {
  for (const [name, { at, to }] of dropped) findings.warning(at, droppedWords(name, to))
  const unclosed = isCut
    ? [...dropped].filter(([name]) => WITHOUT_TEXT.includes(name)).at(-1)
    : null
  if (unclosed) {
    findings.error(unclosed[1].at, {
      what: `<${unclosed[0]}> is not closed`,
      why: 'everything after it is taken for a part of it, and left out',
      fix: `take it out, or write </${unclosed[0]}> where it ends`,
    })
  }
  const comment = unclosedComment(piece)
  if (comment === -1) return
  findings.error(line + piece.slice(0, comment).split('\n').length - 1, {
    what: `a comment that is not closed: ${shorten(piece.slice(comment, comment + 200), 30)}`,
    why: 'everything after it would be hidden',
    fix: 'write --> where the comment ends',
  })
}

function droppedWords(name: string, to: string | null): { what: string; why: string; fix: string } {
  if (to !== null) {
    return {
      what: `<${name}> is shown as a link to ${shorten(to)}`,
      why: 'mail programs play and embed nothing',
      fix: 'nothing, if the link says enough; else write one with a text and a picture of your own',
    }
  }
  return {
    what: `<${name}> is left out`,
    why: WITHOUT_TEXT.includes(name)
      ? 'mail programs do not show it, and what it holds is left out too'
      : 'mail programs do not show it; the text in it stays',
    fix: 'take it out, or link to a page that shows it',
  }
}

/** -1: none. `<!-->` is one that is closed. */
function unclosedComment(piece: string): number {
  const last = piece.lastIndexOf('<!--')
  if (last === -1 || /^<!---?>/.test(piece.slice(last, last + 6))) return -1
  return piece.indexOf('-->', last + 4) === -1 ? last : -1
}
