import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id, SubscriptionEventKind } from '../types.ts'

export type NewSubscriptionEvent = Readonly<{
  newsletterId: Id
  subscriberId: Id
  at: Date
  kind: SubscriptionEventKind
  source: string
  wording: string | null
  networkAddress: string | null
  detail?: Record<string, unknown>
}>

export async function insertSubscriptionEvent(
  trx: Trx,
  event: NewSubscriptionEvent,
): Promise<void> {
  await trx
    .insertInto('subscription_events')
    .values({
      newsletter_id: event.newsletterId,
      subscriber_id: event.subscriberId,
      at: event.at,
      kind: event.kind,
      source: event.source,
      wording: event.wording,
      network_address: event.networkAddress,
      detail: JSON.stringify(event.detail ?? {}),
    })
    .execute()
}

export type SubscriptionEventLine = Readonly<{
  newsletterId: Id
  at: Date
  kind: SubscriptionEventKind
  source: string
  wording: string | null
  networkAddress: string | null
  detail: Record<string, unknown>
}>

/** Oldest first. */
export async function eventsOfSubscriber(
  db: Db,
  subscriberId: Id,
): Promise<SubscriptionEventLine[]> {
  return db
    .selectFrom('subscription_events')
    .select(['newsletter_id as newsletterId', 'at', 'kind', 'source', 'wording'])
    .select(['network_address as networkAddress', 'detail'])
    .where('subscriber_id', '=', subscriberId)
    .orderBy('id')
    .execute()
}

/** Takes the unsubscribes of one reader that nothing has followed yet, until the transaction ends. */
export async function lockWaitingUnsubscribes(
  trx: Trx,
  newsletterId: Id,
  subscriberId: Id,
): Promise<{ id: Id; at: Date; source: string }[]> {
  return trx
    .selectFrom('subscription_events')
    .select(['id', 'at', 'source'])
    .where('kind', '=', 'unsubscribed')
    .where('followed_at', 'is', null)
    .where('newsletter_id', '=', newsletterId)
    .where('subscriber_id', '=', subscriberId)
    .orderBy('id')
    .forUpdate()
    .execute()
}

export async function markUnsubscribesFollowed(
  trx: Trx,
  ids: readonly Id[],
  now: Date,
): Promise<void> {
  await trx
    .updateTable('subscription_events')
    .set({ followed_at: now })
    .where('id', 'in', ids)
    .execute()
}

/** For the sweep: unsubscribes whose doorbell may have been lost, oldest first. */
export async function waitingUnsubscribes(
  db: Db,
  limit: number,
): Promise<{ newsletterId: Id; subscriberId: Id }[]> {
  const result = await sql<{ newsletterId: Id; subscriberId: Id }>`
    select distinct newsletter_id as "newsletterId", subscriber_id as "subscriberId"
    from (
      select newsletter_id, subscriber_id from subscription_events
      where kind = 'unsubscribed' and followed_at is null
      order by id limit ${limit}
    ) as waiting`.execute(db)
  return result.rows
}
