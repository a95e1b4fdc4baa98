import { type Reply, readReply } from './reply.ts'

/** A reply longer than this is none: RFC 5321 4.5.3.1.5 allows lines of 512 octets. */
const LONGEST_OCTETS = 64 * 1024

/**
 * Cuts what a server writes into replies of one line or several, however it was cut into packets.
 * @param onReply what it returns says whether to go on
 * @param onGarbage what cannot be read: nothing after it means anything
 */
export function createReplyReader(
  onReply: (reply: Reply) => boolean,
  onGarbage: (why: string) => void,
): (chunk: Buffer) => void {
  let rest = ''
  let lines: string[] = []
  let octets = 0
  let known: { wire: string; reply: Reply } | null = null
  const takeLine = (line: string): boolean => {
    if (line.trim() === '') return true
    const [, code, mark] = /^([2-5]\d\d)([ -]|$)/.exec(line) ?? []
    if (code === undefined || (lines[0] !== undefined && !lines[0].startsWith(code))) {
      onGarbage(`no reply of SMTP: ${line.slice(0, 200)}`)
      return false
    }
    lines.push(line)
    octets += line.length
    if (mark === '-') return true
    const wire = decoded(lines.join('\n'))
    lines = []
    octets = 0
    // Most servers say the same to each message.
    if (known?.wire !== wire) known = { wire, reply: readReply(wire) }
    return onReply(known.reply)
  }
  return (chunk) => {
    rest += chunk.toString('latin1')
    let from = 0
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n', from)) {
      const line = rest.slice(from, rest[at - 1] === '\r' ? at - 1 : at)
      from = at + 1
      if (!takeLine(line)) return
    }
    rest = rest.slice(from)
    if (rest.length + octets > LONGEST_OCTETS) onGarbage('a reply without an end')
  }
}

/** UTF-8 where it is, else each octet as a character. */
function decoded(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what most are
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1
  const utf8 = Buffer.from(latin1, 'latin1').toString('utf8')
  return utf8.includes('\ufffd') ? latin1 : utf8
}
