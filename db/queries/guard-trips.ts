import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

/** What is known of a campaign to judge it by. Deliveries, each once. */
export type CampaignRates = Readonly<{
  campaignId: Id
  hard: number
  complaints: number
  /** Of blocks by one domain, most first. */
  blocks: readonly Readonly<{ domain: string; count: number; words: string }>[]
  pauseHardPercent: number
  pauseComplaintPercent: number
  pauseBlockPercent: number
}>

/**
 * Of campaigns that are not over, or not for long: what counts against each. One statement; `among`: only of these.
 * @param atLeast fewer blocks by a domain say nothing
 */
export async function campaignRates(
  db: Db,
  options: { among?: readonly Id[]; atLeast: number },
): Promise<CampaignRates[]> {
  const { among, atLeast } = options
  const { rows } = await sql<CampaignRates>`
    with open as materialized (
      select c.id, n.pause_hard_percent, n.pause_complaint_percent, n.pause_block_percent
      from campaigns as c join newsletters as n on n.id = c.newsletter_id
      where c.state in ('sending', 'paused', 'finished') and coalesce(c.ended_at, now()) > now() - interval '7 days'
        ${among === undefined ? sql`` : sql`and c.id = any(${among}::bigint[])`}
    ), counted as (
      select f.campaign_id, count(distinct f.subscriber_id) filter (where f.type = 'hard') as hard,
        count(distinct f.subscriber_id) filter (where f.kind = 'complaint') as complaints
      from feedback_events as f join open on open.id = f.campaign_id where f.proven group by f.campaign_id
    ), blocked as (
      select f.campaign_id, f.domain, count(distinct f.subscriber_id) as blocks,
        (array_agg(coalesce(f.diagnostic, f.status, f.reason, '') order by f.id desc))[1] as words
      from feedback_events as f join open on open.id = f.campaign_id
      where f.proven and f.type = 'block' and f.domain is not null
      group by f.campaign_id, f.domain having count(distinct f.subscriber_id) >= ${atLeast}
    )
    select open.id as "campaignId", counted.hard::int, counted.complaints::int,
      coalesce((select json_agg(json_build_object('domain', domain, 'count', blocks, 'words', words) order by blocks desc)
        from blocked where campaign_id = open.id), '[]') as blocks,
      pause_hard_percent as "pauseHardPercent", pause_complaint_percent as "pauseComplaintPercent",
      pause_block_percent as "pauseBlockPercent"
    from open join counted on counted.campaign_id = open.id`.execute(db)
  return rows
}

/** What servers were asked to take, whatever they said. */
const SENT = sql`d.state in ('accepted', 'rejected', 'uncertain')`

/** How many a campaign has sent; `upTo`: more need not be known, and are not looked for. */
export async function countSent(db: Db, campaignId: Id, upTo: number): Promise<number> {
  return count(db, upTo, sql`deliveries as d where d.campaign_id = ${campaignId} and ${SENT}`)
}

/** The same, to one domain. */
export async function countSentToDomain(
  db: Db,
  campaignId: Id,
  domain: string,
  upTo: number,
): Promise<number> {
  const readers = sql`deliveries as d join subscribers as s on s.id = d.subscriber_id`
  return count(
    db,
    upTo,
    sql`${readers} where d.campaign_id = ${campaignId} and ${SENT}
      and split_part(s.address_key, '@', -1) = ${domain}`,
  )
}

/** All newsletters', since then. */
export async function countSentSince(db: Db, since: Date, upTo: number): Promise<number> {
  return count(
    db,
    upTo,
    sql`deliveries as d where ${SENT} and d.due_at >= ${since}
      and d.campaign_id = any(array(select id from campaigns where coalesce(ended_at, now()) >= ${since}))`,
  )
}

async function count(db: Db, upTo: number, from: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ sent: number }>`
    select count(*)::int as sent from (select 1 from ${from} limit ${Math.ceil(upTo)}) as counted`.execute(
    db,
  )
  return rows[0]?.sent ?? 0
}

/**
 * Deliveries that bounced for good, and those complained of, by what came in since then. Mailbox providers and SES
 * mean dead addresses when they speak of a bounce rate: a full mailbox is nobody's fault, and a block is looked at by
 * its domain.
 */
export async function countProvenSince(
  db: Db,
  since: Date,
): Promise<{ bounces: number; complaints: number }> {
  const { rows } = await sql<{ bounces: number; complaints: number }>`
    select count(distinct (campaign_id, subscriber_id)) filter (where kind = 'bounce' and type = 'hard')::int as bounces,
      count(distinct (campaign_id, subscriber_id)) filter (where kind = 'complaint')::int as complaints
    from feedback_events where proven and at >= ${since}`.execute(db)
  return rows[0] as { bounces: number; complaints: number }
}

/** False where it tripped before: each pauses a campaign once. */
export async function insertTrip(
  trx: Trx,
  trip: Readonly<{ campaignId: Id | null; guard: string; words: string }>,
): Promise<boolean> {
  const row = await trx
    .insertInto('guard_trips')
    .values({ campaign_id: trip.campaignId, guard: trip.guard, words: trip.words })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export type Trip = Readonly<{ guard: string; words: string; at: Date; endedAt: Date | null }>

/** Of a campaign, or (null) what stands against the whole installation. Oldest first. */
export async function tripsOf(db: Db, campaignId: Id | null): Promise<Trip[]> {
  return db
    .selectFrom('guard_trips')
    .select(['guard', 'words', 'at', 'ended_at as endedAt'])
    .$if(campaignId === null, (query) =>
      query.where('campaign_id', 'is', null).where('ended_at', 'is', null),
    )
    .$if(campaignId !== null, (query) => query.where('campaign_id', '=', campaignId))
    .orderBy('id')
    .execute()
}

/** It is below again. */
export async function endTrips(db: Db, guards: readonly string[]): Promise<void> {
  if (guards.length === 0) return
  await sql`update guard_trips set ended_at = now()
    where campaign_id is null and ended_at is null and guard = any(${guards}::text[])`.execute(db)
}

/** Campaigns that are sending and that this has not paused before. */
export async function sendingWithout(db: Db, guard: string): Promise<Id[]> {
  const { rows } = await sql<{ id: Id }>`
    select c.id from campaigns as c where c.state = 'sending'
      and not exists (select from guard_trips as t where t.campaign_id = c.id and t.guard = ${guard})
    order by c.id`.execute(db)
  return rows.map((row) => row.id)
}
