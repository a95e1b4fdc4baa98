/**
 * A message in one piece or several. What is the same for every reader of a campaign is one buffer that all of their
 * messages share: a copy of 100 KB for each made V8 go through its whole heap every few hundred messages, which took a
 * quarter of all time.
 */
export type MessageBytes = Buffer | readonly Buffer[]

export function piecesOf(bytes: MessageBytes): readonly Buffer[] {
  return Buffer.isBuffer(bytes) ? [bytes] : bytes
}

export function wholeOf(bytes: MessageBytes): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.concat(bytes)
}

/** Strings are ASCII; those that follow each other become one buffer. */
export function joinPieces(pieces: readonly (Buffer | string)[]): Buffer[] {
  const joined: Buffer[] = []
  let text = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else {
      if (text !== '') joined.push(Buffer.from(text, 'latin1'))
      text = ''
      joined.push(piece)
    }
  }
  if (text !== '') joined.push(Buffer.from(text, 'latin1'))
  return joined
}
