import type { Db, Trx } from '../../db/client.ts'
import {
  type LeavingByEvent,
  type LeftState,
  leaveSubscription,
  leaveSubscriptions,
  subscriptionState,
} from '../../db/queries/subscriptions.ts'
import type { Id } from '../../db/types.ts'

export type UnsubscribeSource = 'one-click' | 'page' | 'mail' | 'command' | 'complaint' | 'provider'

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

/** The same for what reports ask for, in their transaction. @returns what became of each, by its event */
export async function unsubscribeAll(
  trx: Trx,
  leaving: readonly (LeavingByEvent & { source: UnsubscribeSource })[],
  now: Date,
): Promise<Map<Id, LeftState>> {
  return leaveSubscriptions(trx, leaving, now)
}
