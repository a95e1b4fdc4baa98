import { isAscii } from 'node:buffer'
import { isUnsafeInEnvelope } from './address.ts'
import { withLineEnds } from './canonical.ts'
import type { Envelope } from './envelope.ts'
import { type Reply, replyOfNobody } from './reply.ts'
import type { Extensions } from './smtp-connect.ts'
import type { SendResult } from './smtp-result.ts'

/** One message that waits for a connection or is on one. */
export type Job = {
  readonly envelope: Envelope
  /** As on the wire: lines end in CRLF, dots are stuffed; without the final dot. */
  readonly wire: readonly Buffer[]
  readonly octets: number
  /** `wire` is the message octet for octet, as BDAT wants it: no line of it begins with a dot. */
  readonly mayChunk: boolean
  readonly isAscii: boolean
  /** Asked when its envelope would be written: whether its slot is not over. */
  mayStart(): boolean
  /** Asked at the moment at which it would begin, or so long before. */
  mayBegin(inMs?: number): boolean
  /** Asked when the server asks for the message. */
  mayGoOn(): boolean
  settle(result: SendResult): void
  /** Connections that died of old age under it. */
  retries: number
}

/** Bare CR and LF are mended before dots are stuffed, or one of them would end the message. */
export function toWire(bytes: Buffer): Buffer {
  const text = withLineEnds(bytes.toString('latin1'))
  return Buffer.from(text.replace(/^\./gm, '..'), 'latin1')
}

export function isAsciiMessage({ from, to }: Envelope, wire: Buffer): boolean {
  return isAscii(wire) && isAscii(Buffer.from(from + to, 'utf8'))
}

/** What could break out of a command is never written; the null sender may be, nobody as a recipient may not. */
export function isUnsafeEnvelope({ from, to }: Envelope): boolean {
  return to === '' || [from, to].some(isUnsafeInEnvelope)
}

/** Why this server cannot be asked to take it; null: it can. */
export function obstacleTo(job: Job, extensions: Extensions): Reply | null {
  const { size, eightBitMime, smtpUtf8 } = extensions
  if (size !== null && size > 0 && job.octets > size) {
    return replyOfNobody(`not sent: of ${job.octets} octets, and the server takes ${size}`)
  }
  if (job.isAscii) return null
  // RFC 6152 and RFC 6531: without the extension it must not be tried.
  if (!smtpUtf8 && !isAsciiEnvelope(job)) {
    return replyOfNobody(
      'not sent: an address that needs SMTPUTF8, which the server does not offer',
    )
  }
  return eightBitMime || job.wire.every((piece) => isAscii(piece))
    ? null
    : replyOfNobody('not sent: 8-bit text, which the server does not offer to take')
}

export function mailCommand(job: Job, { size, eightBitMime }: Extensions): string {
  const parts = [`MAIL FROM:<${job.envelope.from}>`]
  if (size !== null) parts.push(`SIZE=${job.octets}`)
  if (!job.isAscii && eightBitMime) parts.push('BODY=8BITMIME')
  if (!job.isAscii && !isAsciiEnvelope(job)) parts.push('SMTPUTF8')
  return `${parts.join(' ')}\r\n`
}

const isAsciiEnvelope = ({ envelope: { from, to } }: Job) => isAscii(Buffer.from(from + to, 'utf8'))
