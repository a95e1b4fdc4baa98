import type { Db } from '../../db/client.ts'
import { findEvidence } from '../../db/queries/evidence.ts'
import {
  type BouncedDelivery,
  findBouncedDelivery,
  findWaitingEvent,
  lockWaitingEvent,
  type Settled,
  settleEvent,
  type WaitingEvent,
} from '../../db/queries/feedback-events.ts'
import type { Id } from '../../db/types.ts'
import { classifyReply } from '../mail/classify-reply.ts'
import { unsubscribe } from '../subscribers/unsubscribe.ts'
import { judgeBounce, type Verdict } from '../suppression/policy.ts'
import { suppress } from '../suppression/suppression.ts'
import { readReturnedMail } from './parse/mail.ts'
import type { BounceEvent, ReturnedMail } from './parse/returned-mail.ts'

export type FeedbackOutcome =
  | Readonly<{ outcome: 'suppressed' }>
  /** What follows is the 'unsubscribe' job's; whoever called rings it. */
  | Readonly<{ outcome: 'unsubscribed'; newsletterId: Id; subscriberId: Id }>
  | Readonly<{ outcome: 'held'; because: string }>
  /** Handled before, or never there. */
  | Readonly<{ outcome: 'nothing' }>
  /** The delivery is on its way still: ask again. */
  | Readonly<{ outcome: 'later' }>

/** Draws the conclusion from one event, once: handled twice changes nothing. */
export async function handleFeedback(db: Db, eventId: Id, now: Date): Promise<FeedbackOutcome> {
  const event = await findWaitingEvent(db, eventId)
  if (event === null) return { outcome: 'nothing' }
  if (event.kind === 'unsubscribe') return await leave(db, event, now)
  const claim = event.source === 'door' ? await readClaim(db, event) : sessionClaim(event)
  return await db.transaction().execute(async (trx): Promise<FeedbackOutcome> => {
    if (!(await lockWaitingEvent(trx, eventId))) return { outcome: 'nothing' }
    const delivery = await findDelivery(trx, event)
    const said = pickRecipient(claim, delivery)
    const verdict = judge(event, claim, said, delivery)
    if (verdict.verdict === 'wait') return { outcome: 'later' }
    if (verdict.verdict === 'suppress' && delivery !== null) {
      await suppress(trx, {
        addressHash: delivery.addressHash,
        address: delivery.address,
        reason: 'hard-bounce',
        evidenceId: event.evidenceId,
        note: `${said?.status ?? ''} ${said?.diagnostic ?? ''}`.trim(),
      })
    }
    await settleEvent(trx, eventId, settledAs(event, claim, said, delivery, verdict), now)
    return verdict.verdict === 'hold'
      ? { outcome: 'held', because: verdict.because }
      : { outcome: 'suppressed' }
  })
}

/** A mail to the mailto address of a reader: whatever it says, it says "take me off". */
async function leave(db: Db, event: WaitingEvent, now: Date): Promise<FeedbackOutcome> {
  const { newsletterId, subscriberId } = event
  if (newsletterId === null || subscriberId === null) throw new Error('an unsubscribe of nobody')
  return await db.transaction().execute(async (trx): Promise<FeedbackOutcome> => {
    if (!(await lockWaitingEvent(trx, event.id))) return { outcome: 'nothing' }
    const left = await unsubscribe(trx, { newsletterId, subscriberId, source: 'mail' }, now)
    const heldBecause = left === 'unknown' ? 'no such subscription' : null
    const action = heldBecause === null ? 'unsubscribed' : null
    await settleEvent(trx, event.id, { ...event, addressHash: null, action, heldBecause }, now)
    return heldBecause === null
      ? { outcome: 'unsubscribed', newsletterId, subscriberId }
      : { outcome: 'held', because: heldBecause }
  })
}

async function readClaim(db: Db, event: WaitingEvent): Promise<ReturnedMail> {
  const evidence = event.evidenceId === null ? null : await findEvidence(db, event.evidenceId)
  if (evidence === null) throw new Error('a mail without its evidence')
  return await readReturnedMail(evidence.raw)
}

function sessionClaim(event: WaitingEvent): ReturnedMail {
  const { status, diagnostic } = event
  const said = { finalRecipient: null, originalRecipient: null, action: null, status, diagnostic }
  const classified = classifyReply({ code: null, enhanced: status, text: diagnostic ?? '' })
  return {
    kind: 'bounce',
    recipients: [{ ...said, ...classified }],
    originalMessageId: null,
    originalHeaders: {},
  }
}

async function findDelivery(db: Db, event: WaitingEvent): Promise<BouncedDelivery | null> {
  if (event.campaignId === null || event.subscriberId === null) return null
  return await findBouncedDelivery(db, event.campaignId, event.subscriberId)
}

/** The part about our reader: by address, or the only one there is, as mail that was forwarded names another. */
function pickRecipient(claim: ReturnedMail, delivery: BouncedDelivery | null): BounceEvent | null {
  if (claim.kind !== 'bounce') return null
  const address = delivery?.address?.toLowerCase()
  const named = claim.recipients.find(
    (said) =>
      address !== undefined &&
      (said.originalRecipient === address || said.finalRecipient === address),
  )
  return named ?? (claim.recipients.length === 1 ? (claim.recipients[0] ?? null) : null)
}

function judge(
  event: WaitingEvent,
  claim: ReturnedMail,
  said: BounceEvent | null,
  delivery: BouncedDelivery | null,
): Verdict {
  if (claim.kind !== 'bounce') return { verdict: 'hold', because: 'not a delivery report' }
  if (said === null) {
    const because =
      claim.recipients.length === 0
        ? 'the report names no recipient'
        : 'the report names several recipients, and none is this one'
    return { verdict: 'hold', because }
  }
  return judgeBounce({
    source: event.source === 'session' ? 'session' : 'door',
    action: said.action,
    status: said.status,
    deliveryState: delivery?.state ?? null,
  })
}

function settledAs(
  event: WaitingEvent,
  claim: ReturnedMail,
  said: BounceEvent | null,
  delivery: BouncedDelivery | null,
  verdict: Verdict,
): Settled {
  return {
    kind: claim.kind,
    type: said?.type ?? null,
    status: said?.status ?? null,
    diagnostic: said?.diagnostic ?? null,
    addressHash: delivery?.addressHash ?? null,
    newsletterId: delivery?.newsletterId ?? event.newsletterId,
    action: verdict.verdict === 'suppress' ? 'suppressed' : null,
    heldBecause: verdict.verdict === 'hold' ? verdict.because : null,
  }
}
