import type { Db } from '../../db/client.ts'
import { leaveSubscription, subscriptionState } from '../../db/queries/subscriptions.ts'
import type { Id } from '../../db/types.ts'

export type UnsubscribeSource = 'one-click' | 'page' | 'mail' | 'command'

export type Unsubscribe = Readonly<{
  newsletterId: Id
  subscriberId: Id
  source: UnsubscribeSource
  networkAddress?: string | null
}>

/**
 * Holds from its commit on. Ring 'unsubscribe' after `unsubscribed` (inside a transaction: after its commit); the
 * sweep does where that is lost. `unknown`: erased, or never there, so there is nothing to do.
 */
export async function unsubscribe(
  db: Db,
  { newsletterId, subscriberId, source, networkAddress = null }: Unsubscribe,
  now: Date,
): Promise<'unsubscribed' | 'already' | 'unknown'> {
  const leaving = { newsletterId, subscriberId, source, networkAddress, at: now }
  if (await leaveSubscription(db, leaving)) return 'unsubscribed'
  return (await subscriptionState(db, newsletterId, subscriberId)) === null ? 'unknown' : 'already'
}
