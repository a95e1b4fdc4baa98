import { endOfAddress } from '../issues/address-end.ts'
import { graphemesOf } from './graphemes.ts'

/** The text part's measure (LOOK.md); a wide character takes two columns. */
export const COLUMNS = 72

// Unicode's East Asian Wide and Fullwidth, and emoji that are drawn as pictures.
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|\ufe0f/u
/** Breaks may come before and after them, where WORDLESS_SPACES write no spaces. Hangul does write them. */
const BREAKABLE =
  /^[\u2e80-\u303e\u3041-\u30ff\u3105-\u312f\u31a0-\u9fff\ua000-\ua4cf\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u
/** May not begin a line (kinsoku). */
const CLOSING =
  /^[!%),.:;?\]}\u00b0\u2019\u201d\u2026\u2030\u3001\u3002\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u301f\u30fb\u30fc\uff01\uff05\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d\uff5e~]/
/** May not end a line. */
const OPENING =
  /[([{\u2018\u201c\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u301d\uff08\uff3b\uff5b]$/

/** Thai, Lao, Burmese, Khmer: no spaces either, but breaks come between words only. */
const WITHOUT_SPACES = /([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+)/

const words = new Intl.Segmenter('th', { granularity: 'word' })

/** What stands for a reader's value until it is filled in; about as wide as most of those are. */
const HOLE = /zq[a-z0-9]{16,20}/g
const VALUE = 'reader, named'

export function columnsOf(written: string): number {
  const text = written.includes('zq') ? written.replace(HOLE, VALUE) : written
  // Most lines are plain ASCII, and segmenting costs.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  for (const segment of graphemesOf(text)) {
    if (WIDE.test(segment)) columns += 2
    else if (!/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u.test(segment)) columns += 1
  }
  return columns
}

export function isWide(text: string): boolean {
  return BREAKABLE.test(text)
}

/**
 * Lines of at most `columns`, broken at spaces and, in scripts that write none, between characters. An address
 * is never broken, so a line may be longer.
 */
export function wrapText(text: string, columns: number = COLUMNS): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const { piece, spaced } of piecesOf(text)) {
    const size = columnsOf(piece)
    const gap = spaced && line !== '' ? 1 : 0
    if (line !== '' && width + gap + size > columns) {
      lines.push(line)
      line = piece
      width = size
    } else {
      line += (gap ? ' ' : '') + piece
      width += gap + size
    }
  }
  if (line !== '') lines.push(line)
  return lines
}

type TextPiece = { piece: string; spaced: boolean }

/** What must stay on one line, in order; `spaced`: a space stood before it. */
function piecesOf(text: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let mayBreak = true
  let spaced = false
  // Of the last piece, kept beside it: to look into a string that grows copies all of it, each time.
  let end = ''
  for (const unit of unitsOf(text)) {
    if (/^[ \t\n\u3000]+$/.test(unit) && unit !== '\u00a0') {
      spaced = true
      mayBreak = true
      continue
    }
    const last = pieces.at(-1)
    const breaks =
      mayBreak ||
      isWide(unit) ||
      isWide(end) ||
      (WITHOUT_SPACES.test(unit) && WITHOUT_SPACES.test(end))
    const glued =
      last !== undefined && !spaced && (!breaks || CLOSING.test(unit) || OPENING.test(end))
    if (glued) last.piece += unit
    else pieces.push({ piece: unit, spaced })
    end = `${glued ? end : ''}${unit}`.slice(-2)
    mayBreak = false
    spaced = false
  }
  return pieces
}

/** Addresses whole, white space in runs, other text by grapheme where it is wide and by run where it is not. */
function unitsOf(text: string): string[] {
  const units: string[] = []
  let from = 0
  for (const { index } of text.matchAll(/https?:\/\//gi)) {
    if (index < from) continue
    for (const each of unitsOfWords(text.slice(from, index))) units.push(each)
    from = index + endOfAddress(text.slice(index))
    units.push(text.slice(index, from))
  }
  for (const each of unitsOfWords(text.slice(from))) units.push(each)
  return units
}

function unitsOfWords(text: string): string[] {
  const units: string[] = []
  for (const part of text.split(/([ \t\n\u3000]+|[\x21-\x7e]+)/)) {
    if (part === '') continue
    if (/^[\x20-\x7e\t\n\u3000]/.test(part)) units.push(part)
    else if (WITHOUT_SPACES.test(part)) for (const each of wordsOf(part)) units.push(each)
    else for (const each of graphemesOf(part)) units.push(each)
  }
  return units
}

function wordsOf(text: string): string[] {
  return text
    .split(WITHOUT_SPACES)
    .flatMap((part, n) =>
      n % 2 === 1 ? Array.from(words.segment(part), ({ segment }) => segment) : graphemesOf(part),
    )
}

/**
 * Lines of source that belong to one paragraph: between two wide characters a line break is no space.
 * @param gap what stands for the others; HTML may keep them, so that its lines stay short
 */
export function joinLines(text: string, gap: ' ' | '\n' = ' '): string {
  return text.replace(/[ \t]*\n[ \t]*/g, (whole, offset: number) => {
    const before = Array.from(text.slice(Math.max(0, offset - 2), offset)).at(-1) ?? ''
    const after = Array.from(text.slice(offset + whole.length, offset + whole.length + 2))[0] ?? ''
    return isWide(before) && isWide(after) ? '' : gap
  })
}
