import type { FeedbackAction, Settled } from '../../db/queries/feedback-events.ts'
import type { DeliveryKey, KnownDelivery } from '../../db/queries/feedback-facts.ts'
import type { AddressHistory } from '../../db/queries/suppressions.ts'
import type { Id } from '../../db/types.ts'
import { judgeBounce, judgeComplaint } from '../suppression/policy.ts'
import type { Suppress } from '../suppression/suppression.ts'
import type { BounceEvent } from './parse/returned-mail.ts'
import type { Reading } from './read.ts'

/** What the database knows about a reading. */
export type Facts = Readonly<{ delivery: KnownDelivery | null; history: AddressHistory | null }>

/** What follows from one event, before it is written. */
export type Conclusion = Readonly<{
  /** Ask again after so long; nothing else is done. */
  waitMs: number | null
  settled: Settled
  /** The delivery was uncertain, and this proves that it was taken. */
  settles: DeliveryKey | null
  suppress: Suppress | null
  unsubscribe: Readonly<{ newsletterId: Id; subscriberId: Id; source: LeaveSource }> | null
  /** Where it had been mailed to, and what is behind the conclusion. */
  mailed: Readonly<{ address: string | null; evidenceId: Id | null }>
  /** Whose sign of life it is. */
  alive: Readonly<{ newsletterId: Id; subscriberId: Id }> | null
}>

export type LeaveSource = 'mail' | 'complaint' | 'provider'

/** Bounce tokens hold so long, and so does a Message-ID in a bounce. */
const BOUNCE_DAYS = 30
const DAY_MS = 86_400_000

/** Pure. */
export function conclude(reading: Reading, facts: Facts): Conclusion {
  const decided = decide(reading, facts)
  const mailed = {
    address: facts.delivery?.address ?? null,
    evidenceId: reading.event.evidenceId,
  }
  const conclusion = { ...decided, mailed }
  return conclusion.waitMs === null ? settleToo(reading, facts, conclusion) : conclusion
}

type Decision = Omit<Conclusion, 'mailed'>

function decide(reading: Reading, facts: Facts): Decision {
  switch (reading.kind) {
    case 'bounce':
      return concludeBounce(reading, facts)
    case 'complaint':
      return concludeComplaint(reading, facts)
    case 'unsubscribe':
      return concludeUnsubscribe(reading, facts)
    case 'reply':
      return concludeReply(reading, facts)
    case 'delivered':
      return concludeDelivered(reading, facts)
    case 'auto-reply':
      return hold(reading, facts, 'an automatic reply')
    case 'subscribe':
    case 'other':
      return hold(reading, facts, 'neither a report nor a reply')
  }
}

function concludeBounce(reading: Reading, facts: Facts): Decision {
  const { event, about } = reading
  const picked = pickRecipient(reading, facts.delivery)
  if (typeof picked === 'string') return hold(reading, facts, picked)
  const about30 = about?.by === 'message-id' && isOld(facts.delivery, event.at)
  if (about30) return hold(reading, facts, `mailed more than ${BOUNCE_DAYS} days before`, picked)
  if (about === null) return hold(reading, facts, UNPROVEN, picked)
  const verdict = judgeBounce({
    source: event.source === 'session' ? 'session' : 'report',
    ...{ reportedAt: event.at, action: picked.action, type: picked.type },
    ...{ delivery: facts.delivery, address: { liftedAt: facts.history?.liftedAt ?? null } },
  })
  if (verdict.verdict === 'hold') return hold(reading, facts, verdict.because, picked)
  if (verdict.verdict === 'wait') return wait(reading, facts, verdict.forMs)
  const action = verdict.verdict === 'suppress' ? 'suppressed' : 'counted'
  const base = act(reading, facts, action, picked)
  if (verdict.verdict !== 'suppress') return base
  return { ...base, suppress: suppressionOf(reading, facts, 'hard-bounce', wordsOf(picked)) }
}

/** The part about our reader: by address, or the only one there is, as mail that was forwarded names another. */
function pickRecipient(reading: Reading, delivery: KnownDelivery | null): BounceEvent | string {
  const { bounces, event } = reading
  const address = delivery?.address?.toLowerCase()
  const named = bounces.find(
    (said) =>
      address !== undefined &&
      (said.originalRecipient === address || said.finalRecipient === address),
  )
  if (named !== undefined) return named
  if ((event.tokens ?? 1) > 1) return 'came for several, and does not name this one'
  const [only, ...others] = bounces
  if (only === undefined) return 'the report names no recipient'
  return others.length === 0 ? only : 'the report names several recipients, and none is this one'
}

function isOld(delivery: KnownDelivery | null, at: Date): boolean {
  if (delivery === null) return false
  const mailedAt = delivery.firstAt ?? delivery.settledAt
  return at.getTime() - mailedAt.getTime() > BOUNCE_DAYS * DAY_MS
}

function concludeComplaint(reading: Reading, facts: Facts): Decision {
  const { event, about, feedbackType, isSigned } = reading
  if ((event.tokens ?? 1) > 1) return hold(reading, facts, 'came for several')
  if (about === null) return hold(reading, facts, UNPROVEN)
  const verdict = judgeComplaint({
    ...{ reportedAt: event.at, feedbackType: feedbackType ?? 'abuse', isSigned },
    // A Message-ID stands in every mail that was forwarded or published: whoever has seen one could complain with it.
    needsSignature: event.sentTo === 'fbl' || about.by === 'cfbl' || about.by === 'message-id',
    ...{ delivery: facts.delivery, address: { liftedAt: facts.history?.liftedAt ?? null } },
  })
  if (verdict.verdict === 'hold') return hold(reading, facts, verdict.because)
  if (verdict.verdict === 'wait') return wait(reading, facts, verdict.forMs)
  const { delivery } = facts
  if (delivery === null) throw new Error('a complaint proven by nothing')
  const { newsletterId, subscriberId } = delivery
  if (verdict.verdict === 'unsubscribe') {
    const settled = settledAs(reading, facts, { action: 'unsubscribed' })
    return { ...nothingElse, settled, unsubscribe: { newsletterId, subscriberId, source: 'mail' } }
  }
  return {
    ...act(reading, facts, 'suppressed'),
    suppress: suppressionOf(reading, facts, 'complaint', feedbackType ?? 'abuse'),
    unsubscribe: { newsletterId, subscriberId, source: 'complaint' },
  }
}

/** By the reader's own address for it, or by a button of the provider's. */
function concludeUnsubscribe(reading: Reading, facts: Facts): Decision {
  const { event } = reading
  const newsletterId = event.newsletterId ?? facts.delivery?.newsletterId ?? null
  const subscriberId = event.subscriberId ?? facts.delivery?.subscriberId ?? null
  if (newsletterId === null || subscriberId === null) return hold(reading, facts, UNPROVEN)
  const source = event.source === 'webhook' ? 'provider' : 'mail'
  const settled = settledAs(reading, facts, { action: 'unsubscribed' })
  return {
    ...nothingElse,
    settled: { ...settled, newsletterId, subscriberId },
    unsubscribe: { newsletterId, subscriberId, source },
  }
}

/** A person's words, kept for the editor. That they answered what we sent shows that somebody reads it. */
function concludeReply(reading: Reading, facts: Facts): Decision {
  const { delivery } = facts
  const settled = settledAs(reading, facts, { action: 'kept' })
  if (delivery === null) return { ...nothingElse, settled }
  const { newsletterId, subscriberId } = delivery
  return { ...nothingElse, settled, alive: { newsletterId, subscriberId } }
}

function concludeDelivered(reading: Reading, facts: Facts): Decision {
  if (facts.delivery?.state === 'sending') return wait(reading, facts, 5_000)
  return hold(reading, facts, facts.delivery === null ? UNPROVEN : 'nothing was open about it')
}

const UNPROVEN = 'nothing ties it to a delivery of ours: no token, no Message-ID'

/** What came back about an uncertain delivery proves that it was taken. */
function settleToo(reading: Reading, { delivery }: Facts, conclusion: Conclusion): Conclusion {
  const { event, kind } = reading
  const isAmbiguous = (event.tokens ?? 1) > 1 && conclusion.settled.heldBecause !== null
  const isProof = ['bounce', 'complaint', 'delivered', 'auto-reply', 'reply'].includes(kind)
  if (delivery?.state !== 'uncertain' || !isProof || isAmbiguous) return conclusion
  if (event.source === 'session') return conclusion
  const { campaignId, subscriberId } = delivery
  const held = conclusion.settled.heldBecause !== null
  const settled = held
    ? { ...conclusion.settled, action: 'settled' as const, heldBecause: null }
    : conclusion.settled
  return { ...conclusion, settled, settles: { campaignId, subscriberId } }
}

const nothingElse = {
  ...{ waitMs: null, settles: null, suppress: null, unsubscribe: null, alive: null },
} as const

function hold(reading: Reading, facts: Facts, because: string, said?: BounceEvent): Decision {
  return { ...nothingElse, settled: settledAs(reading, facts, { heldBecause: because }, said) }
}

function wait(reading: Reading, facts: Facts, waitMs: number): Decision {
  return { ...nothingElse, waitMs, settled: settledAs(reading, facts, {}) }
}

/** It counts: in rates, and in series. */
function act(reading: Reading, facts: Facts, action: FeedbackAction, said?: BounceEvent): Decision {
  return { ...nothingElse, settled: settledAs(reading, facts, { action, proven: true }, said) }
}

function settledAs(
  { event, kind, feedbackType }: Reading,
  { delivery }: Facts,
  became: Partial<Pick<Settled, 'action' | 'heldBecause' | 'proven'>>,
  said?: BounceEvent,
): Settled {
  return {
    id: event.id,
    kind,
    campaignId: delivery?.campaignId ?? event.campaignId,
    subscriberId: delivery?.subscriberId ?? event.subscriberId,
    newsletterId: delivery?.newsletterId ?? event.newsletterId,
    addressHash: delivery?.addressHash ?? event.addressHash,
    type: said?.type ?? null,
    reason: said?.reason ?? null,
    status: said?.status ?? null,
    diagnostic: said?.diagnostic ?? null,
    domain: domainOf(delivery?.address ?? said?.finalRecipient ?? null) ?? event.domain,
    feedbackType,
    proven: became.proven ?? false,
    action: became.action ?? null,
    heldBecause: became.heldBecause ?? null,
  }
}

function domainOf(address: string | null): string | null {
  return address === null ? null : address.slice(address.lastIndexOf('@') + 1).toLowerCase() || null
}

function wordsOf(said: BounceEvent): string {
  const { status, diagnostic, reason } = said
  const words = `${status ?? ''} ${diagnostic ?? ''}`.trim()
  return words || (reason ?? '')
}

function suppressionOf(
  { event }: Reading,
  { delivery }: Facts,
  reason: Suppress['reason'],
  note: string,
): Suppress {
  if (delivery === null) throw new Error('a suppression proven by nothing')
  const { addressHash, address } = delivery
  const { id: eventId, evidenceId } = event
  return { addressHash, address, reason, evidenceId, eventId, note }
}
