import type { NodemailerError } from 'nodemailer'
import type { Handover } from './handover.ts'
import { type Reply, readReply, replyOfNobody } from './reply.ts'

/** What is known of one message after it was handed over. */
export type SendResult =
  | { outcome: 'accepted'; reply: Reply }
  /** 4xx to RCPT, to DATA or to the end of the message. */
  | { outcome: 'deferred'; reply: Reply }
  /** 5xx to RCPT, to DATA or to the end of the message; or an address that cannot stand in a command (no code then). */
  | { outcome: 'rejected'; reply: Reply }
  /** All of it was asked for, and no reply came. */
  | { outcome: 'uncertain'; why: string }
  /**
   * The server cannot have it. `refused`: 5xx before RCPT, ours or the relay's fault. `unavailable`: unreachable, 4xx
   * before RCPT, cut off before 354 or before the message was read to its end. `late`: `beginBy` had passed when a
   * connection was ready, nobody's fault; ask about the reader again.
   */
  | { outcome: 'not-begun'; fault: 'refused' | 'unavailable' | 'late'; reply: Reply }

type Failure = Pick<NodemailerError, 'code' | 'command' | 'response' | 'responseCode' | 'message'>
type Progress = Pick<Handover, 'opened' | 'asked' | 'ended' | 'late'>

/** A server's last word on a message, if any, and what our stream knows decide it together. */
export function resultOfFailure(error: Failure, progress: Progress): SendResult {
  const reply = replyTo(error)
  if (progress.late) return { outcome: 'not-begun', fault: 'late', reply }
  if (answersTheDelivery(error, progress)) {
    return { outcome: severity(error) === 5 ? 'rejected' : 'deferred', reply }
  }
  if (progress.ended) return { outcome: 'uncertain', why: reply.text }
  return { outcome: 'not-begun', fault: faultBeforeRecipient(error), reply }
}

/** 5xx before RCPT is ours or the relay's; everything else is weather. Also for a failed `verify`. */
export function faultBeforeRecipient(error: Failure): 'refused' | 'unavailable' {
  return severity(error) === 5 ? 'refused' : 'unavailable'
}

/**
 * Whether the connection died under a message that it was not the first to carry (a server that closes idle or well
 * used ones). The pool swallows what happened there, and says in place of it that it has no retries left: the one
 * failure after MAIL FROM that names no command.
 */
export function isStaleConnection(error: Failure, progress: Progress): boolean {
  return progress.opened && !progress.asked && error.code === 'ECONNECTION' && !error.command
}

export function replyTo(error: Failure): Reply {
  return error.response ? readReply(error.response) : replyOfNobody(error.message)
}

/**
 * RCPT, DATA and the end of data are about this message. nodemailer says `CONN` for a 421 to a pipelined RCPT, where
 * nothing was read yet; a 421 in the middle of the data is the server going away, before it had the whole.
 */
function answersTheDelivery(error: Failure, { opened, asked, ended }: Progress): boolean {
  if (!opened || (severity(error) !== 4 && severity(error) !== 5)) return false
  if (error.command === 'RCPT TO') return true
  if (error.command === 'DATA') return ended || !asked || error.responseCode !== 421
  return error.command === 'CONN' && error.responseCode === 421 && !asked
}

function severity(error: Failure): number {
  return Math.floor((error.responseCode ?? 0) / 100)
}
