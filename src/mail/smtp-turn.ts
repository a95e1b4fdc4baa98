import { type Reply, replyOfNobody } from './reply.ts'
import type { Job } from './smtp-message.ts'
import { faultOf, notBegun, refusalOf, refusalOfReader, type SendResult } from './smtp-result.ts'

/** A message on a connection. */
export type Turn = {
  readonly job: Job
  /** The first that the connection carries; of the others it may die of old age. */
  readonly isFirst: boolean
  /** Its envelope was written ahead, behind another message. */
  readonly follows: boolean
  /** What the server has against it. By `mail`: ours or the relay's fault. */
  refused: Readonly<{ by: 'mail' | 'rcpt'; reply: Reply }> | null
  /** The number of the packet in which 354 came; null: it did not come. */
  askedIn: number | null
}

/** What became of a message whose connection ended. `stale`: nothing, it may go over another one. */
export function resultOfEnd(turn: Turn, mayBeWhole: boolean, why: string): SendResult | 'stale' {
  const { refused, askedIn, isFirst } = turn
  if (refused?.by === 'rcpt') return refusalOfReader(refused.reply)
  if (refused !== null && refused.reply.code !== 421) return resultOfRefusal(refused)
  if (askedIn !== null) {
    if (mayBeWhole) return { outcome: 'uncertain', why }
    return notBegun('unavailable', replyOfNobody(why))
  }
  if (!isFirst) return 'stale'
  return notBegun('unavailable', refused?.reply ?? replyOfNobody(why))
}

export function resultOfRefusal({ by, reply }: NonNullable<Turn['refused']>): SendResult {
  return by === 'rcpt' ? refusalOfReader(reply) : notBegun(faultOf(reply), reply)
}

/**
 * A reply to the end of the message. Before the server can have read that end, 2xx is no promise about the whole, and
 * 421 is the server going away without it.
 */
export function resultOfDot(reply: Reply, mayBeWhole: boolean): SendResult {
  const code = reply.code ?? 0
  if (code >= 400) {
    if (code === 421 && !mayBeWhole) return notBegun('unavailable', reply)
    return refusalOf(reply)
  }
  if (code >= 300) return { outcome: 'uncertain', why: `answered by ${code}: ${reply.text}` }
  if (!mayBeWhole) return { outcome: 'uncertain', why: `answered too early: ${reply.text}` }
  return { outcome: 'accepted', reply }
}
