import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id, SubscriptionState } from '../types.ts'

export type Leaving = Readonly<{
  newsletterId: Id
  subscriberId: Id
  source: string
  networkAddress: string | null
  at: Date
}>

/**
 * Leaves, and writes the history, in one statement: false where there is nothing to leave. A confirmation that was
 * mailed before is void from then on.
 */
export async function leaveSubscription(db: Db, leaving: Leaving): Promise<boolean> {
  const result = await sql`
    with gone as (
      update subscriptions
      set state = 'unsubscribed', changed_at = ${leaving.at}, confirm_id = null, confirm_expires_at = null
      where newsletter_id = ${leaving.newsletterId} and subscriber_id = ${leaving.subscriberId}
        and state <> 'unsubscribed'
      returning newsletter_id, subscriber_id
    )
    insert into subscription_events (newsletter_id, subscriber_id, at, kind, source, network_address)
    select newsletter_id, subscriber_id, ${leaving.at}, 'unsubscribed', ${leaving.source}, ${leaving.networkAddress}
    from gone
    returning id`.execute(db)
  return result.rows.length > 0
}

export async function subscriptionState(
  db: Db,
  newsletterId: Id,
  subscriberId: Id,
): Promise<SubscriptionState | null> {
  const row = await db
    .selectFrom('subscriptions')
    .select('state')
    .where('newsletter_id', '=', newsletterId)
    .where('subscriber_id', '=', subscriberId)
    .executeTakeFirst()
  return row?.state ?? null
}
