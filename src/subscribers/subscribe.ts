import type { Db, Trx } from '../../db/client.ts'
import { lockSubscriber, subscriberById } from '../../db/queries/subscribers.ts'
import { insertSubscriptionEvent } from '../../db/queries/subscription-events.ts'
import {
  activateConfirmed,
  askConfirmation,
  subscriptionOfLink,
} from '../../db/queries/subscriptions.ts'
import { liftStandingSuppression, standingSuppression } from '../../db/queries/suppressions.ts'
import type { SuppressionReason } from '../../db/types.ts'
import type { Confirmation } from '../links.ts'
import { parseAddress } from '../mail/address.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import { enqueueMail } from '../outbox/enqueue.ts'
import type { Secrets } from '../secrets.ts'

const HOUR_MS = 3_600_000
/** What the reader's own confirmation lifts. */
const BOUNCES: readonly SuppressionReason[] = ['hard-bounce', 'soft-bounce']
/** How long a confirmation link works. */
export const CONFIRM_DAYS = 14

/** Where a consent came from: kept as its evidence. */
export type Origin = Readonly<{
  networkAddress: string | null
  /** What the person was shown. */
  wording: string
}>

export type SubscriptionRequest = Readonly<{
  newsletter: Pick<Newsletter, 'id' | 'language'>
  /** As typed. */
  address: string
  /** The reader's, where known. Only written for one who is new. */
  language: string | null
  origin: Origin
}>

export type RequestOutcome =
  | { outcome: 'bad-address'; why: string }
  /** `mailQueued`: ring 'outbox'. Nothing of it may be told to whoever asked. */
  | { outcome: 'requested'; mailQueued: boolean }

/**
 * Somebody asks that an address be subscribed: subscription `unconfirmed` and its mail in one transaction. No mail
 * goes to an active subscriber (nothing is to be confirmed, and to tell them that somebody typed their address would
 * make the form a way to pester them), to an address that complaints or the editor suppressed, nor twice within an
 * hour; within 7 days to one that bounces suppressed. Whatever is known of the address, the same statements run and
 * something is written, so that the time taken tells nothing either.
 */
export async function requestSubscription(
  db: Db,
  secrets: Secrets,
  request: SubscriptionRequest,
  now: Date,
): Promise<RequestOutcome> {
  const way = { source: 'form', intervalMs: HOUR_MS }
  return db.transaction().execute((trx) => ask(trx, secrets, request, way, now))
}

/** The same by a mail that the reader provably sent, once a day. */
export async function requestByMail(
  trx: Trx,
  secrets: Secrets,
  request: Readonly<{
    newsletter: SubscriptionRequest['newsletter']
    address: string
    networkAddress: string | null
  }>,
  now: Date,
): Promise<RequestOutcome> {
  const { networkAddress, ...rest } = request
  const origin = { networkAddress, wording: 'a mail of theirs to the subscribe address' }
  const way = { source: 'mail', intervalMs: 24 * HOUR_MS }
  return ask(trx, secrets, { ...rest, language: null, origin }, way, now)
}

/** Where bounces suppress: a mailbox that may be back is worth so many mails. */
const DESPITE_BOUNCES_MS = 7 * 24 * HOUR_MS

async function ask(
  trx: Trx,
  secrets: Secrets,
  request: SubscriptionRequest,
  way: Readonly<{ source: string; intervalMs: number }>,
  now: Date,
): Promise<RequestOutcome> {
  const parsed = parseAddress(request.address)
  if (!parsed.ok) return { outcome: 'bad-address', why: parsed.why }
  const { address, key } = parsed.value
  const addressHash = secrets.addressHash(key)
  const newsletterId = request.newsletter.id
  const { language } = request
  const reader = { address, addressKey: key, addressHash, language }
  const subscriber = await lockSubscriber(trx, reader)
  const standing = await standingSuppression(trx, addressHash)
  const bounced = standing !== null && BOUNCES.includes(standing.reason)
  const confirmation = await askConfirmation(trx, {
    ...{ newsletterId, subscriberId: subscriber.id, now, evenActive: bounced },
    intervalMs: bounced ? DESPITE_BOUNCES_MS : way.intervalMs,
    validMs: CONFIRM_DAYS * 24 * HOUR_MS,
  })
  const mailQueued = confirmation !== null && (standing === null || bounced)
  await insertSubscriptionEvent(trx, {
    ...{ newsletterId, subscriberId: subscriber.id, at: now, kind: 'requested' },
    ...{ source: way.source, ...request.origin, detail: { mailed: mailQueued } },
  })
  if (mailQueued) {
    const { confirmId, expiresAt, dueAt } = confirmation
    await enqueueMail(trx, {
      kind: 'confirm',
      ...{ newsletterId, subscriberId: subscriber.id, address: subscriber.address, addressHash },
      payload: {
        ...{ language: language ?? request.newsletter.language, confirmId },
        expiresAt: expiresAt.toISOString(),
        ...(bounced ? { despiteBounces: true } : {}),
      },
      dueAt: dueAt > now ? dueAt : null,
    })
  }
  return { outcome: 'requested', mailQueued }
}

/** `expired`: used and left since, replaced by a newer one, too old, or the subscriber is gone. */
export type ConfirmationState = 'open' | 'already' | 'expired'

export type ConfirmationRead = Readonly<{
  state: ConfirmationState
  /** The reader is subscribed, and was asked whether it shall stay so. */
  isActive: boolean
  address: string | null
  language: string | null
}>

/** What a confirmation link would do; changes nothing. */
export async function readConfirmation(
  db: Db,
  link: Confirmation,
  now: Date,
): Promise<ConfirmationRead> {
  const found = await subscriptionOfLink(db, link.newsletterId, link.subscriberId)
  if (found === null) return { state: 'expired', isActive: false, address: null, language: null }
  const isOpen =
    found.confirmId === link.confirmId &&
    found.confirmExpiresAt !== null &&
    found.confirmExpiresAt > now
  const isActive = found.state === 'active'
  const state = isOpen ? 'open' : isActive ? 'already' : 'expired'
  return { state, isActive, address: found.address, language: found.language }
}

/**
 * The reader's own yes, from `unconfirmed`, or back from `unsubscribed` or `paused`: the consent's evidence and the
 * welcome mail in the same transaction. Ring 'outbox' after `confirmed`. `stayed`: they were subscribed, and had been
 * asked. Either way it lifts what bounces suppressed; a complaint or an editor's word it does not.
 */
export async function confirmSubscription(
  db: Db,
  link: Confirmation,
  newsletter: Pick<Newsletter, 'language'>,
  origin: Origin,
  now: Date,
): Promise<'confirmed' | 'stayed' | 'already' | 'expired'> {
  const confirmed = await db
    .transaction()
    .execute((trx) => useConfirmation(trx, link, newsletter, origin, now))
  if (confirmed !== null) return confirmed
  const { state } = await readConfirmation(db, link, now)
  return state === 'already' ? 'already' : 'expired'
}

/** null: the link was used, replaced or has expired. */
async function useConfirmation(
  trx: Trx,
  link: Confirmation,
  newsletter: Pick<Newsletter, 'language'>,
  origin: Origin,
  now: Date,
): Promise<'confirmed' | 'stayed' | null> {
  const { newsletterId, subscriberId } = link
  const from = await activateConfirmed(trx, link, now)
  if (from === null) return null
  const subscriber = await subscriberById(trx, subscriberId)
  if (subscriber === null) throw new Error(`a subscription without its subscriber ${subscriberId}`)
  const { address, addressHash } = subscriber
  const stays = from === 'active'
  await insertSubscriptionEvent(trx, {
    ...{ newsletterId, subscriberId, at: now, kind: stays ? 'stayed' : 'confirmed' },
    ...{ source: 'mailed link', ...origin },
  })
  const lifting = { by: 'reader', note: 'the reader confirmed by a link that was mailed' } as const
  const by = { addressHash, reasons: BOUNCES }
  await liftStandingSuppression(trx, by, { ...lifting, at: now })
  if (stays) return 'stayed'
  await enqueueMail(trx, {
    ...{ kind: 'welcome', newsletterId, subscriberId, address, addressHash },
    payload: { language: subscriber.language ?? newsletter.language },
  })
  return 'confirmed'
}
