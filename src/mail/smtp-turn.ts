import { type Reply, replyOfNobody } from './reply.ts'
import type { Job } from './smtp-message.ts'
import { faultOf, notBegun, refusalOf, refusalOfReader, type SendResult } from './smtp-result.ts'

/** A message on a connection. */
export type Turn = {
  readonly job: Job
  /** The first that the connection carries; of the others it may die of old age. */
  readonly isFirst: boolean
  /** It was written ahead, behind another message: its envelope, or by BDAT all of it. */
  readonly follows: boolean
  /** When its envelope was written. */
  readonly saidAt: number
  /** What the server has against it. By `mail`: ours or the relay's fault. */
  refused: Readonly<{ by: 'mail' | 'rcpt'; reply: Reply }> | null
  /** null: nothing of the message is written. */
  written: Written | null
}

export type Written = Readonly<{
  /** BDAT: the server did not ask for it. */
  isChunk: boolean
  at: number
  /** The number of the packet that was the last to have come: what stood in that one is no answer to it. */
  afterPacket: number
  /** The server may have read all of it. */
  mayBeWhole(): boolean
}>

export const mayBeWhole = ({ written }: Turn) => written?.mayBeWhole() ?? false

/**
 * What became of a message whose connection ended. `stale`: nothing, it may go over another one.
 * @param isGoodbye the server had said 421 and then closed: what stood behind that it has not carried out (RFC 5321, 3.8)
 */
export function resultOfEnd(turn: Turn, why: string, isGoodbye: boolean): SendResult | 'stale' {
  const { refused, written, isFirst } = turn
  if (refused?.by === 'rcpt') return refusalOfReader(refused.reply)
  if (refused !== null && refused.reply.code !== 421) return resultOfRefusal(refused)
  if (written !== null && !isGoodbye) {
    if (mayBeWhole(turn)) return { outcome: 'uncertain', why }
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

/** 500 to 504 are about the command (RFC 5321, 4.2.3): a server that offers CHUNKING and does not know BDAT after all. */
export function knowsNoChunks({ code }: Reply): boolean {
  return code !== null && code >= 500 && code <= 504
}
