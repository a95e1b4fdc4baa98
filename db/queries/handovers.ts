import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

/**
 * Rows of these claims that are uncertain wait again, where their transport's relay knows what it has had: by that
 * transport alone, and from the first handing over on for as long as it knows. Each time a little later.
 * @returns how many
 */
export async function handOverAgain(
  db: Db | Trx,
  campaignId: Id,
  transportId: Id,
  claimIds: readonly Id[],
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with unsure as (
      select d.subscriber_id, d.claim_id, d.attempts,
        coalesce(d.first_at, now()) + t.idempotent_seconds * interval '1 second' as until
      from deliveries as d join transports as t on t.id = ${transportId}
      where d.campaign_id = ${campaignId} and d.claim_id = any(${claimIds}::bigint[]) and d.state = 'uncertain'
        and t.idempotent_seconds is not null
    ), pinned as (
      insert into handovers as h (campaign_id, subscriber_id, transport_id, until)
      select ${campaignId}, subscriber_id, ${transportId}, until from unsure
      where until > now()
      on conflict (campaign_id, subscriber_id) do update set until = h.until
        where h.transport_id = excluded.transport_id and h.until > now()
      returning subscriber_id
    ), again as (
      update deliveries as d set state = 'queued', reason = null, claim_id = null,
        due_at = now() + least(3600, 15 * 2 ^ least(u.attempts, 10)) * interval '1 second'
      from unsure as u join pinned using (subscriber_id)
      where d.campaign_id = ${campaignId} and d.subscriber_id = u.subscriber_id and d.state = 'uncertain'
        and d.claim_id = u.claim_id
      returning 1
    )
    select count(*)::int as count from again`.execute(db)
  return rows[0]?.count ?? 0
}

/** What a transport called messages that it took: by that its events name them. */
export async function noteMessageIds(
  db: Db,
  transportId: Id,
  campaignId: Id,
  taken: readonly { subscriberId: Id; messageId: string }[],
): Promise<void> {
  await sql`
    insert into message_ids (transport_id, message_id, campaign_id, subscriber_id)
    select ${transportId}, message_id, ${campaignId}, subscriber_id
    from unnest(${taken.map((each) => each.messageId)}::text[], ${taken.map((each) => each.subscriberId)}::bigint[])
      as given (message_id, subscriber_id)
    on conflict do nothing`.execute(db)
}

/** Those whose relay knows nothing any more: the next that is uncertain of them begins anew, or not at all. */
export async function clearHandovers(db: Db, limit: number): Promise<number> {
  const result = await sql`
    delete from handovers where (campaign_id, subscriber_id) in (
      select campaign_id, subscriber_id from handovers where until < now() limit ${limit})`.execute(
    db,
  )
  return Number(result.numAffectedRows ?? 0)
}

/** Noted longer ago than that. @returns how many */
export async function clearMessageIds(db: Db, olderThan: Date, limit: number): Promise<number> {
  const result = await sql`
    delete from message_ids where (transport_id, message_id) in (
      select transport_id, message_id from message_ids where at < ${olderThan} limit ${limit})`.execute(
    db,
  )
  return Number(result.numAffectedRows ?? 0)
}
