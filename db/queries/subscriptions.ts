import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
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

/** Signs of life of readers: what they did themselves. */
export async function noteAlive(
  db: Db,
  readers: readonly Readonly<{ newsletterId: Id; subscriberId: Id }>[],
  at: Date,
): Promise<void> {
  if (readers.length === 0) return
  await sql`
    update subscriptions as s set alive_at = greatest(s.alive_at, ${at}::timestamptz)
    from (select distinct * from unnest(${readers.map((each) => each.newsletterId)}::bigint[],
      ${readers.map((each) => each.subscriberId)}::bigint[]) as u (newsletter_id, subscriber_id)) as g
    where s.newsletter_id = g.newsletter_id and s.subscriber_id = g.subscriber_id`.execute(db)
}

export type LeavingByEvent = Readonly<{
  newsletterId: Id
  subscriberId: Id
  source: string
  /** Of feedback_events: why. */
  eventId: Id
}>

export type LeftState = 'unsubscribed' | 'already' | 'unknown'

/** As `leaveSubscription`, for many. @returns what became of each, by its event */
export async function leaveSubscriptions(
  trx: Trx,
  leaving: readonly LeavingByEvent[],
  at: Date,
): Promise<Map<Id, LeftState>> {
  if (leaving.length === 0) return new Map()
  const column = <K extends keyof LeavingByEvent>(name: K) => leaving.map((each) => each[name])
  const { rows } = await sql<{ eventId: Id; state: LeftState }>`
    with given as materialized (
      select * from unnest(${column('newsletterId')}::bigint[], ${column('subscriberId')}::bigint[],
        ${column('source')}::text[], ${column('eventId')}::bigint[]) as g (newsletter_id, subscriber_id, source, event_id)
    ), first as materialized (
      select distinct on (newsletter_id, subscriber_id) * from given order by newsletter_id, subscriber_id, event_id
    ), gone as (
      update subscriptions as s
      set state = 'unsubscribed', changed_at = ${at}, confirm_id = null, confirm_expires_at = null
      from first as g
      where s.newsletter_id = g.newsletter_id and s.subscriber_id = g.subscriber_id and s.state <> 'unsubscribed'
      returning s.newsletter_id, s.subscriber_id, g.source, g.event_id
    ), noted as (
      insert into subscription_events (newsletter_id, subscriber_id, at, kind, source, detail)
      select newsletter_id, subscriber_id, ${at}, 'unsubscribed', source, jsonb_build_object('event', event_id::text) from gone
    )
    select g.event_id as "eventId", case when gone.event_id is not null then 'unsubscribed'
      when s.state is not null then 'already' else 'unknown' end as state
    from given as g left join gone on gone.event_id = g.event_id
      left join subscriptions as s on s.newsletter_id = g.newsletter_id and s.subscriber_id = g.subscriber_id`.execute(
    trx,
  )
  return new Map(rows.map((row) => [row.eventId, row.state]))
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

export type ConfirmationRequest = Readonly<{
  newsletterId: Id
  subscriberId: Id
  now: Date
  /** Also where it is active: the reader must say that the address works. */
  evenActive?: boolean
  /** Between two confirmations to one address, whatever the newsletter. */
  intervalMs: number
  /** How long the link works, from when it is mailed. */
  validMs: number
}>

export type ConfirmationDue = Readonly<{ confirmId: Id; dueAt: Date; expiresAt: Date }>

/**
 * Makes the subscription `unconfirmed` where there is none, and says when its confirmation is to be mailed; null where
 * it is active, or was asked for within the interval. A reader who asks for a second newsletter within the interval is
 * mailed at its end. Under `lockSubscriber`, so that two who ask at once see each other.
 */
export async function askConfirmation(
  trx: Trx,
  request: ConfirmationRequest,
): Promise<ConfirmationDue | null> {
  const { newsletterId, subscriberId, now, intervalMs, validMs } = request
  const interval = sql`${intervalMs} * interval '1 millisecond'`
  const result = await sql<ConfirmationDue>`
    insert into subscriptions as s
      (newsletter_id, subscriber_id, state, confirm_id, confirm_mailed_at, confirm_expires_at, changed_at)
    select ${newsletterId}, ${subscriberId}, 'unconfirmed', random_id(), due, due + ${validMs} * interval '1 millisecond', ${now}
    from (
      select greatest(${now}::timestamptz, max(confirm_mailed_at) + ${interval}) as due
      from subscriptions where subscriber_id = ${subscriberId}
    ) as time
    on conflict (newsletter_id, subscriber_id) do update set
      confirm_id = excluded.confirm_id,
      confirm_mailed_at = excluded.confirm_mailed_at,
      confirm_expires_at = excluded.confirm_expires_at
    where (s.state <> 'active' or ${request.evenActive ?? false}) and (s.confirm_mailed_at is null or s.confirm_mailed_at + ${interval} <= ${now})
    returning confirm_id as "confirmId", confirm_mailed_at as "dueAt", confirm_expires_at as "expiresAt"`.execute(
    trx,
  )
  return result.rows[0] ?? null
}

/**
 * Single use: null where the link was used, replaced or has expired. Joined by Postgres's clock, which a campaign's
 * instant is written by too; who is active and was asked has joined before.
 * @returns the state before
 */
export async function activateConfirmed(
  trx: Trx,
  link: Readonly<{ newsletterId: Id; subscriberId: Id; confirmId: Id }>,
  now: Date,
): Promise<SubscriptionState | null> {
  const { newsletterId, subscriberId, confirmId } = link
  const { rows } = await sql<{ state: SubscriptionState }>`
    with before as (
      select newsletter_id, subscriber_id, state from subscriptions
      where newsletter_id = ${newsletterId} and subscriber_id = ${subscriberId} and confirm_id = ${confirmId}
        and confirm_expires_at > ${now}
      for update
    )
    update subscriptions as s set state = 'active', confirm_id = null, confirm_expires_at = null, changed_at = ${now},
      joined_at = case when before.state = 'active' then s.joined_at else clock_timestamp() end,
      alive_at = greatest(s.alive_at, ${now}::timestamptz)
    from before where s.newsletter_id = before.newsletter_id and s.subscriber_id = before.subscriber_id
    returning before.state`.execute(trx)
  return rows[0]?.state ?? null
}

export type SubscriptionOfLink = Readonly<{
  state: SubscriptionState
  confirmId: Id | null
  confirmExpiresAt: Date | null
  address: string
  language: string | null
}>

/** What a link that a reader opened is about; null where the subscriber is gone. */
export async function subscriptionOfLink(
  db: Db,
  newsletterId: Id,
  subscriberId: Id,
): Promise<SubscriptionOfLink | null> {
  const row = await db
    .selectFrom('subscriptions as s')
    .innerJoin('subscribers as r', 'r.id', 's.subscriber_id')
    .select(['s.state', 's.confirm_id as confirmId', 's.confirm_expires_at as confirmExpiresAt'])
    .select(['r.address', 'r.language'])
    .where('s.newsletter_id', '=', newsletterId)
    .where('s.subscriber_id', '=', subscriberId)
    .executeTakeFirst()
  return row ?? null
}

export type SubscriptionLine = Readonly<{
  newsletterId: Id
  newsletter: string
  state: SubscriptionState
  joinedAt: Date | null
  changedAt: Date
}>

/** By newsletter. */
export async function subscriptionsOfSubscriber(
  db: Db,
  subscriberId: Id,
): Promise<SubscriptionLine[]> {
  return db
    .selectFrom('subscriptions as s')
    .innerJoin('newsletters as n', 'n.id', 's.newsletter_id')
    .select(['n.id as newsletterId', 'n.slug as newsletter', 's.state'])
    .select(['s.joined_at as joinedAt', 's.changed_at as changedAt'])
    .where('s.subscriber_id', '=', subscriberId)
    .orderBy('n.slug')
    .execute()
}
