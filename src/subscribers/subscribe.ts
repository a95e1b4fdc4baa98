import type { Db } from '../../db/client.ts'
import { lockSubscriber, subscriberById } from '../../db/queries/subscribers.ts'
import { insertSubscriptionEvent } from '../../db/queries/subscription-events.ts'
import {
  activateConfirmed,
  askConfirmation,
  subscriptionOfLink,
} from '../../db/queries/subscriptions.ts'
import type { Confirmation } from '../links.ts'
import { parseAddress } from '../mail/address.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import { enqueueMail } from '../outbox/enqueue.ts'
import type { Secrets } from '../secrets.ts'
import { isSuppressed } from '../suppression/suppression.ts'

const HOUR_MS = 3_600_000
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
 * make the form a way to pester them), to a suppressed address, nor twice within an hour. Whatever is known of the
 * address, the same statements run and something is written, so that the time taken tells nothing either.
 */
export async function requestSubscription(
  db: Db,
  secrets: Secrets,
  request: SubscriptionRequest,
  now: Date,
): Promise<RequestOutcome> {
  const parsed = parseAddress(request.address)
  if (!parsed.ok) return { outcome: 'bad-address', why: parsed.why }
  const { address, key } = parsed.value
  const addressHash = secrets.addressHash(key)
  const newsletterId = request.newsletter.id
  return db.transaction().execute(async (trx) => {
    const { language } = request
    const subscriber = await lockSubscriber(trx, {
      address,
      addressKey: key,
      addressHash,
      language,
    })
    const suppressed = await isSuppressed(trx, addressHash)
    const confirmation = await askConfirmation(trx, {
      ...{ newsletterId, subscriberId: subscriber.id, now },
      ...{ intervalMs: HOUR_MS, validMs: CONFIRM_DAYS * 24 * HOUR_MS },
    })
    const mailQueued = confirmation !== null && !suppressed
    await insertSubscriptionEvent(trx, {
      ...{ newsletterId, subscriberId: subscriber.id, at: now, kind: 'requested', source: 'form' },
      ...request.origin,
      detail: { mailed: mailQueued },
    })
    if (mailQueued) {
      const { confirmId, expiresAt, dueAt } = confirmation
      await enqueueMail(trx, {
        kind: 'confirm',
        ...{ newsletterId, subscriberId: subscriber.id, address: subscriber.address, addressHash },
        payload: {
          language: language ?? request.newsletter.language,
          confirmId,
          expiresAt: expiresAt.toISOString(),
        },
        dueAt: dueAt > now ? dueAt : null,
      })
    }
    return { outcome: 'requested', mailQueued }
  })
}

/** `expired`: used and left since, replaced by a newer one, too old, or the subscriber is gone. */
export type ConfirmationState = 'open' | 'already' | 'expired'

/** What a confirmation link would do; changes nothing. */
export async function readConfirmation(
  db: Db,
  link: Confirmation,
  now: Date,
): Promise<{ state: ConfirmationState; address: string | null; language: string | null }> {
  const found = await subscriptionOfLink(db, link.newsletterId, link.subscriberId)
  if (found === null) return { state: 'expired', address: null, language: null }
  const isOpen =
    found.confirmId === link.confirmId &&
    found.confirmExpiresAt !== null &&
    found.confirmExpiresAt > now
  const state = found.state === 'active' ? 'already' : isOpen ? 'open' : 'expired'
  return { state, address: found.address, language: found.language }
}

/**
 * The reader's own yes, from `unconfirmed`, or back from `unsubscribed` or `paused`: the consent's evidence and the
 * welcome mail in the same transaction. Ring 'outbox' after `confirmed`.
 */
export async function confirmSubscription(
  db: Db,
  link: Confirmation,
  newsletter: Pick<Newsletter, 'language'>,
  origin: Origin,
  now: Date,
): Promise<'confirmed' | 'already' | 'expired'> {
  const { newsletterId, subscriberId } = link
  const confirmed = await db.transaction().execute(async (trx) => {
    if (!(await activateConfirmed(trx, link, now))) return false
    const subscriber = await subscriberById(trx, subscriberId)
    if (subscriber === null)
      throw new Error(`a subscription without its subscriber ${subscriberId}`)
    await insertSubscriptionEvent(trx, {
      ...{ newsletterId, subscriberId, at: now, kind: 'confirmed', source: 'mailed link' },
      ...origin,
    })
    const { address, addressHash } = subscriber
    await enqueueMail(trx, {
      ...{ kind: 'welcome', newsletterId, subscriberId, address, addressHash },
      payload: { language: subscriber.language ?? newsletter.language },
    })
    return true
  })
  if (confirmed) return 'confirmed'
  const { state } = await readConfirmation(db, link, now)
  return state === 'already' ? 'already' : 'expired'
}
