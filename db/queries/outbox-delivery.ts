import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'
import { LEASE_SECONDS } from './claims.ts'
import type { ClaimOrder } from './deliveries.ts'
import type { OutboxRow } from './outbox.ts'

/** As `claimDeliveries`, for single mails. */
export async function claimOutbox(trx: Trx, order: ClaimOrder): Promise<Id | null> {
  const { rows } = await sql<{ id: Id }>`
    with open as materialized (
      select from transports where id = ${order.transportId} and rests_until <= clock_timestamp()
    ), due as materialized (
      select id from outbox
      where state in ('queued', 'deferred') and due_at <= now()
        and (transport_id is null or transport_id = ${order.transportId}) and exists (select from open)
      order by due_at limit ${order.size} for update skip locked
    ), claim as (
      insert into claims (campaign_id, worker_id, transport_id, lease_until)
      select null, ${order.workerId}, ${order.transportId}, now() + ${LEASE_SECONDS} * interval '1 second' where exists (select from due)
      returning id
    ), moved as (
      update outbox as d set state = 'sending', claim_id = (select id from claim) from due where d.id = due.id
    )
    select id from claim`.execute(trx)
  return rows[0]?.id ?? null
}

/** As `lookAtDeliveries`: no single mail to a suppressed address (but a confirmation that
 * may lift what bounces did), no welcome to who has left. */
export async function lookAtOutbox(
  db: Db | Trx,
  claimId: Id,
  only: readonly Id[] | null,
): Promise<OutboxRow[]> {
  const { rows } = await sql<OutboxRow & { fallen: string | null }>`
    with looked as materialized (
      select d.*, case
          when exists (select from suppressions as u where u.address_hash = d.address_hash
            and u.lifted_at is null and (u.expires_at is null or u.expires_at > now())
            and not (d.kind = 'confirm' and d.payload ? 'despiteBounces' and u.reason in ('hard-bounce', 'soft-bounce'))) then 'suppressed'
          when d.kind in ('welcome', 'stay') and not exists (select from subscriptions as s
            where s.newsletter_id = d.newsletter_id and s.subscriber_id = d.subscriber_id and s.state = 'active') then 'unsubscribed'
        end as fallen
      from outbox as d where d.claim_id = ${claimId} and d.state = 'sending'
        ${only === null ? sql`` : sql`and d.id = any(${only}::bigint[])`}
    ), skipped as (
      update outbox as d set state = 'skipped', reason = fallen, claim_id = null, due_at = now()
      from looked as l where d.id = l.id and d.claim_id = ${claimId} and d.state = 'sending' and l.fallen is not null
    )
    select * from looked where fallen is null order by due_at`.execute(db)
  return rows
}

/** When the next single mail for that transport is due; null: none waits. */
export async function outboxDueAt(db: Db, transportId: Id): Promise<Date | null> {
  const { rows } = await sql<{ due_at: Date }>`
    select due_at from outbox where state in ('queued', 'deferred')
      and (transport_id is null or transport_id = ${transportId}) order by due_at limit 1`.execute(
    db,
  )
  return rows[0]?.due_at ?? null
}

export async function outboxIsDue(db: Db): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    select exists (select from outbox where state in ('queued', 'deferred') and due_at <= now()) as due`.execute(
    db,
  )
  return rows[0]?.due ?? false
}
