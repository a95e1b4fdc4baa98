import { createHash, type Hash } from 'node:crypto'
import { headOf } from '../mail/head.ts'

/** What a mail keeps by whichever road it comes; trace headers (Received, Delivered-To) differ. */
const KEPT_HEADERS = ['message-id', 'date', 'from', 'subject'] as const

/**
 * Tells a mail from every other, however often it comes and by whichever door: a server that heard no 250 sends it
 * again, a poller that died looks at it again. null: it has neither Message-ID nor Date, so that another mail may look
 * just like it, and is not to be lost.
 */
export function fingerprintOf(raw: Buffer): string | null {
  const { head, bodyAt } = headOf(raw)
  const headers = readHeaders(head)
  if (!headers.get('message-id') && !headers.get('date')) return null
  const hash = createHash('sha256')
  for (const name of KEPT_HEADERS) hash.update(`${name}: ${headers.get(name) ?? ''}\n`)
  hashBody(hash, raw.subarray(bodyAt))
  return hash.digest('hex')
}

const PIECE = 64 * 1024
const CR = 0x0d

/** With LF line ends, without white space at its end. By pieces: ten million line ends at once took 400 MB. */
function hashBody(hash: Hash, body: Buffer): void {
  let end = body.length
  while (end > 0 && (body[end - 1] as number) <= 0x20) end -= 1
  for (let at = 0; at < end; ) {
    let next = Math.min(at + PIECE, end)
    // A CR and its LF stay together.
    while (next < end && body[next - 1] === CR) next += 1
    hash.update(body.toString('latin1', at, next).replace(/\r\n?/g, '\n'), 'latin1')
    at = next
  }
}

/** One mail may be sent to several of our addresses: an event for each. */
export function onceKeyOf(fingerprint: string, destination: readonly string[]): string {
  return ['mail', fingerprint, ...destination].join(':')
}

/** The first of each name, unfolded, in lower-case names. */
function readHeaders(head: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:\s]+)\s*:\s*(.*)$/.exec(line) ?? []
    const folded = name.toLowerCase()
    if (folded !== '' && !headers.has(folded)) {
      headers.set(folded, value.replace(/\s+/g, ' ').trim())
    }
  }
  return headers
}
