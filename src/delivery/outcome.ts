import { createHash } from 'node:crypto'
import type { Settlement } from '../../db/queries/held-rows.ts'
import type { ReplyText } from '../../db/queries/replies.ts'
import type { Id, TransportKind } from '../../db/types.ts'
import { maskAddresses } from '../log.ts'
import { type Reply, replyOfNobody } from '../mail/reply.ts'
import type { Held, Outcome } from './held.ts'
import { retryAfter } from './retry.ts'

/** A row with what became of it, not yet recorded. */
export type Entry = Readonly<{
  /** Counts up, in the order in which outcomes were known. */
  order: number
  held: Held
  outcome: Outcome
  /** What was said, as it is stored. */
  reply: ReplyText | null
  settle: Pick<Settlement, 'state' | 'reason' | 'dueInSeconds' | 'deferredSeconds'>
}>

/** Decided once: however often the recording is tried, it says the same. */
export function entryOf(
  held: Held,
  outcome: Outcome,
  now: { order: number } & RetryOptions,
): Entry {
  const { order, ...retry } = now
  const reply = storedReply(outcome)
  return { order, held, outcome, reply, settle: settle(held, outcome, retry) }
}

export type RetryOptions = Readonly<{ transportKind: TransportKind; endSeconds: number }>

function settle(held: Held, outcome: Outcome, retry: RetryOptions): Entry['settle'] {
  const { row } = held
  const now = { reason: null, dueInSeconds: 0, deferredSeconds: 0 }
  switch (outcome.outcome) {
    case 'accepted':
    case 'rejected':
      return { ...now, state: outcome.outcome }
    case 'failed':
      return { ...now, state: 'failed', reason: 'fill' }
    case 'uncertain':
      return row.attempts < row.resends
        ? { ...now, state: 'queued' }
        : { ...now, state: 'uncertain', reason: 'no-reply' }
    case 'deferred': {
      const next = retryAfter(row, outcome.reply.text, retry)
      if (next.retry === 'too-old') return { ...now, state: 'failed', reason: 'too-old' }
      const { seconds } = next
      return { state: 'deferred', reason: null, dueInSeconds: seconds, deferredSeconds: seconds }
    }
    case 'back':
      return { ...now, state: row.deferredSeconds > 0 ? 'deferred' : 'queued', dueInSeconds: null }
  }
}

export function settlementOf({ held, settle, outcome }: Entry, replyId: Id | null): Settlement {
  const { claim, row } = held
  // What a server cannot have begun with spends no attempt.
  const begunAt = outcome.outcome === 'back' ? null : held.begunAt
  return {
    ...settle,
    key: row.key,
    claimId: claim.id,
    replyId,
    begunSecondsAgo: begunAt === null ? null : (performance.now() - begunAt) / 1000,
  }
}

function storedReply(outcome: Outcome): ReplyText | null {
  switch (outcome.outcome) {
    case 'accepted':
      // Servers name each message ("queued as 4XfG2b"): without its name they all say the same.
      return hashed({ ...outcome.reply, text: outcome.reply.text.replace(/\S*\d\S*/g, '…') })
    case 'deferred':
      return hashed(outcome.reply)
    case 'rejected':
      return hashed(withStage(outcome))
    case 'uncertain':
    case 'failed':
      return hashed(replyOfNobody(maskAddresses(outcome.why)))
    case 'back':
      return null
  }
}

/** "User unknown" is proof as the answer to RCPT alone, or with a status. As Postfix words it, so that it is read again. */
function withStage({ reply, toRcpt }: Extract<Outcome, { outcome: 'rejected' }>): Reply {
  if (toRcpt !== true || reply.enhanced !== null) return reply
  return { ...reply, text: `${reply.text} (in reply to RCPT TO)`.trim() }
}

function hashed({ code, enhanced, text }: Reply): ReplyText {
  const hash = createHash('sha256')
    .update(JSON.stringify([code, enhanced, text]))
    .digest()
  return { hash: hash.subarray(0, 16), code, enhanced, text }
}

/** No server said it: our own guard of links. */
export const isOwn = ({ code }: Reply): boolean => code === null

/** `550 5.1.1 no such user` */
export function replyLine({ code, enhanced, text }: Reply): string {
  return [code, enhanced, text].filter((part) => part !== null && part !== '').join(' ')
}
