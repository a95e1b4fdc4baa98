/** RFC 2047: an encoded word is at most 75 characters, what frames its content included. */
const WORD_LENGTH = 75
const FRAME_LENGTH = '=?utf-8?Q??='.length

/** What may stand unencoded in a Q word anywhere, phrases included (RFC 2047, 5.3). */
const SAFE_IN_Q = /^[A-Za-z0-9!*+/-]$/

function encodeQ(character: string): string {
  if (character === ' ') return '_'
  if (SAFE_IN_Q.test(character)) return character
  return [...Buffer.from(character, 'utf8')]
    .map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}

/**
 * Encoded words for any text, joined by spaces at which the header may be folded. No character is split
 * across two words. `firstLength` is what the header's name leaves of the first line.
 */
export function encodeWords(text: string, firstLength = WORD_LENGTH): string {
  const characters = Array.from(text)
  const quoted = characters.map(encodeQ)
  const quotedLength = quoted.reduce((sum, piece) => sum + piece.length, 0)
  const asBase64 = Math.ceil(Buffer.byteLength(text, 'utf8') / 3) * 4 < quotedLength
  const frame = (content: string): string =>
    asBase64
      ? `=?utf-8?B?${Buffer.from(content, 'utf8').toString('base64')}?=`
      : `=?utf-8?Q?${content}?=`
  const words: string[] = []
  let content = ''
  let size = 0
  characters.forEach((character, i) => {
    const piece = asBase64 ? character : (quoted[i] ?? '')
    const more = asBase64 ? Buffer.byteLength(character, 'utf8') : piece.length
    const room =
      Math.min(words.length === 0 ? firstLength : WORD_LENGTH, WORD_LENGTH) - FRAME_LENGTH
    const limit = asBase64 ? Math.floor(room / 4) * 3 : room
    if (content !== '' && size + more > limit) {
      words.push(frame(content))
      content = ''
      size = 0
    }
    content += piece
    size += more
  })
  if (content !== '') words.push(frame(content))
  return words.join(' ')
}

/** Whether a header must not carry this text as it is: not ASCII, or ASCII that reads as an encoded word. */
export function needsEncoding(text: string): boolean {
  return !/^[\x20-\x7e]*$/.test(text) || text.includes('=?')
}
