// marked looks for the end of each mark in the whole rest of its paragraph: 100,000 opening brackets took 25 s. No
// paragraph that somebody wrote is that long, so a longer one is read in pieces, each with marks of its own.

const LONGEST = 5000
/** A piece ends at the last line break, sentence or space of this many characters. */
const LOOK_BACK = 1500
const GOOD_ENDS = ['\n', '。', '. ', ' ']

export function piecesOf(text: string): string[] {
  const pieces: string[] = []
  let from = 0
  while (text.length - from > LONGEST) {
    const end = endOfPiece(text, from)
    pieces.push(text.slice(from, end))
    from = end
  }
  pieces.push(text.slice(from))
  return pieces
}

function endOfPiece(text: string, from: number): number {
  const start = from + LONGEST - LOOK_BACK
  const tail = text.slice(start, from + LONGEST)
  for (const end of GOOD_ENDS) {
    const index = tail.lastIndexOf(end)
    if (index !== -1) return start + index + end.length
  }
  // Not between the halves of a character.
  return from + LONGEST - (/[\ud800-\udbff]$/.test(tail) ? 1 : 0)
}
