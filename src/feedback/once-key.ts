import { createHash } from 'node:crypto'

/** What a mail keeps by whichever road it comes; trace headers (Received, Delivered-To) differ. */
const KEPT_HEADERS = ['message-id', 'date', 'from', 'subject'] as const

/**
 * Tells a mail from every other, however often it comes and by whichever door: a server that heard no 250 sends it
 * again, a poller that died looks at it again. null: it has neither Message-ID nor Date, so that another mail may look
 * just like it, and is not to be lost.
 */
export function fingerprintOf(raw: Buffer): string | null {
  const { head, body } = cut(raw)
  const headers = readHeaders(head)
  if (!headers.get('message-id') && !headers.get('date')) return null
  const hash = createHash('sha256')
  for (const name of KEPT_HEADERS) hash.update(`${name}: ${headers.get(name) ?? ''}\n`)
  return hash.update(body.replace(/\r\n?/g, '\n').trimEnd(), 'latin1').digest('hex')
}

/** One mail may be sent to several of our addresses: an event for each. */
export function onceKeyOf(fingerprint: string, destination: readonly string[]): string {
  return ['mail', fingerprint, ...destination].join(':')
}

function cut(raw: Buffer): { head: string; body: string } {
  const text = raw.toString('latin1')
  const end = /\r?\n\r?\n/.exec(text)
  if (end === null) return { head: text, body: '' }
  return { head: text.slice(0, end.index), body: text.slice(end.index + end[0].length) }
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
