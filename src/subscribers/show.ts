import type { Db } from '../../db/client.ts'
import {
  deliveriesOfSubscriber,
  type SubscriberDelivery,
} from '../../db/queries/deliveries-reader.ts'
import { type FeedbackLine, feedbackLines } from '../../db/queries/feedback-counts.ts'
import { type SubscriberRow, subscriberByKey } from '../../db/queries/subscribers.ts'
import {
  eventsOfSubscriber,
  type SubscriptionEventLine,
} from '../../db/queries/subscription-events.ts'
import { type SubscriptionLine, subscriptionsOfSubscriber } from '../../db/queries/subscriptions.ts'
import { type SuppressionLine, suppressionLines } from '../../db/queries/suppressions.ts'
import { parseAddress } from '../mail/address.ts'

export type SubscriberShown = Readonly<{
  subscriber: Omit<SubscriberRow, 'addressHash'>
  subscriptions: readonly SubscriptionLine[]
  /** Oldest first: history and consent. */
  events: readonly SubscriptionEventLine[]
  /** Newest first, the lifted ones too. */
  suppressions: readonly SuppressionLine[]
  /** What came back about the address, newest first, at most 20. */
  feedback: readonly FeedbackLine[]
  /** Newest first, at most 20. */
  deliveries: readonly SubscriberDelivery[]
}>

/** All that is known of an address; null where there is no subscriber of it. */
export async function showSubscriber(db: Db, address: string): Promise<SubscriberShown | null> {
  const parsed = parseAddress(address)
  const found = parsed.ok ? await subscriberByKey(db, parsed.value.key) : null
  if (found === null) return null
  const { addressHash, ...subscriber } = found
  const [subscriptions, events, suppressions, feedback, deliveries] = await Promise.all([
    subscriptionsOfSubscriber(db, found.id),
    eventsOfSubscriber(db, found.id),
    suppressionLines(db, { lifted: true, addressHash, limit: 20 }),
    feedbackLines(db, { addressHash, limit: 20 }),
    deliveriesOfSubscriber(db, found.id, 20),
  ])
  return { subscriber, subscriptions, events, suppressions, feedback, deliveries }
}
