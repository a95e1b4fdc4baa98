import { maskAddresses } from '../log.ts'

/** What a server said, fit to be stored. */
export type Reply = Readonly<{
  /** Three digits; null where no server spoke (unreachable, cut off). */
  code: number | null
  /** RFC 3463, as in `5.1.1`. */
  enhanced: string | null
  /** One line without the codes, addresses masked, at most 500 characters. */
  text: string
}>

const TEXT_LIMIT = 500
/** What is looked at: to find the addresses in 64 KB without a space took seconds. */
const READ_LIMIT = 4_000

/** Reads a reply as it came over the wire, of one line or several (`250-…`). */
export function readReply(wire: string): Reply {
  const lines = wire
    .slice(0, READ_LIMIT)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
  const code = /^[2-5]\d\d/.exec(lines[0] ?? '')?.[0]
  const bare = lines.map((line) => line.replace(/^\d{3}([ -]|$)/, '').trim())
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(\s|$)/.exec(bare[0] ?? '')?.[1] ?? null
  // Servers repeat the enhanced code on each line (RFC 2034 section 4).
  const words = bare.map((line) =>
    enhanced !== null && line.startsWith(enhanced) ? line.slice(enhanced.length).trim() : line,
  )
  return { code: code ? Number(code) : null, enhanced, text: storable(words.join(' ')) }
}

/** A failure without a server's words: no route, no name, time over. */
export function replyOfNobody(why: string): Reply {
  return { code: null, enhanced: null, text: storable(why) }
}

function storable(text: string): string {
  const read = text.slice(0, READ_LIMIT)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a server's words go to terminals and into text columns
  const printable = read.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim()
  return [...maskAddresses(printable)].slice(0, TEXT_LIMIT).join('')
}
