import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'
import { partitionName, partitionOf } from './partition.ts'

/** Why a reader who is chosen gets no message. */
export type PrepareSkip = 'suppressed' | 'already-sent'

export type Audience = Readonly<{
  newsletterId: Id
  /** The issue's other campaigns: who has it from one of them is skipped. */
  otherCampaigns: readonly Id[]
  /** Who has the issue is mailed again. */
  again: boolean
}>

export type AudienceCount = Readonly<{
  chosen: number
  suppressed: number
  /** Not suppressed, and has the issue. */
  hasIssue: number
  toMail: number
  /** Of those to be mailed: at a domain that somebody may own. */
  atRealDomains: number
}>

// Standing suppressions are unique by address hash. The campaigns' ids come as a list of values, not as a join, so that
// Postgres reads their partitions and no others.
const standing = sql`u.lifted_at is null and (u.expires_at is null or u.expires_at > now())`
const hasIssue = (campaigns: readonly Id[]) =>
  sql`h.campaign_id = any(${campaigns}::bigint[]) and h.state in ('accepted', 'uncertain')`

/**
 * What prepare would do now. Hash joins over everybody: 3 s for 1,000,000 subscribers of whom half have the issue on
 * two busy cores, where asking for each reader took 7 s.
 * @param joinedBy null: by now
 * @param reservedDomain a regular expression of domains that nobody owns, for `~`
 */
export async function countAudience(
  db: Db,
  audience: Audience,
  joinedBy: Date | null,
  reservedDomain: string,
): Promise<AudienceCount> {
  const result = await sql<AudienceCount>`
    select count(*)::int as chosen,
      count(*) filter (where suppressed)::int as suppressed,
      count(*) filter (where not suppressed and has_issue)::int as "hasIssue",
      count(*) filter (where mailed)::int as "toMail",
      count(*) filter (where mailed and domain !~ ${reservedDomain})::int as "atRealDomains"
    from (
      select suppressed, has_issue, domain, not suppressed and (${audience.again} or not has_issue) as mailed
      from (
        select u.id is not null as suppressed, holder.subscriber_id is not null as has_issue,
          split_part(r.address_key, '@', -1) as domain
        from subscriptions as s
          join subscribers as r on r.id = s.subscriber_id
          left join suppressions as u on u.address_hash = r.address_hash and ${standing}
          left join (select distinct h.subscriber_id from deliveries as h where ${hasIssue(audience.otherCampaigns)})
            as holder on holder.subscriber_id = r.id
        where s.newsletter_id = ${audience.newsletterId} and s.state = 'active'
          and s.joined_at <= coalesce(${joinedBy}::timestamptz, now())
      ) as reader
    ) as verdict`.execute(db)
  return result.rows[0] as AudienceCount
}

/** One prepares a campaign at a time, and a cancel waits for its slice. Held until the transaction ends. */
export async function lockPreparing(trx: Trx, campaignId: Id): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('prepare campaign ' || ${campaignId}, 0))`.execute(
    trx,
  )
}

export async function partitionIsAttached(db: Db, campaignId: Id): Promise<boolean> {
  const result = await sql`select from pg_inherits
    where inhparent = 'deliveries'::regclass and inhrelid = to_regclass(${partitionName(campaignId)})`.execute(
    db,
  )
  return result.rows.length > 0
}

/**
 * The campaign's partition: a table like the ledger, then attached. `create table … partition of` would lock the whole
 * ledger against readers and writers; attaching locks it only against other changes of its shape.
 */
export async function makePartition(trx: Trx, campaignId: Id): Promise<void> {
  const table = partitionOf(campaignId)
  await sql`create table ${table} (like deliveries including all)`.execute(trx)
  await sql`alter table deliveries attach partition ${table} for values in (${sql.lit(Number(campaignId))})`.execute(
    trx,
  )
}

/** Freshly filled, its statistics say that it is empty, and the claim would be planned for that. */
export async function analyzePartition(db: Db, campaignId: Id): Promise<void> {
  await sql`analyze ${partitionOf(campaignId)}`.execute(db)
}

export type Slice = Readonly<{
  campaignId: Id
  audience: Audience
  /** Only keys above it. */
  after: Id | null
  size: number
}>

export type SliceResult = Readonly<{
  /** Readers looked at; fewer than `size`: the last slice. */
  seen: number
  /** The highest key of them. */
  through: Id | null
  /** Rows that were not there before. */
  made: number
  /** The same by provider. */
  byProvider: Readonly<Record<string, number>>
}>

/** One slice of the audience becomes rows, in the order of keys: the indexes then grow at their right end and stay full. */
export async function insertSlice(trx: Trx, slice: Slice): Promise<SliceResult> {
  const { audience } = slice
  const result = await sql<SliceResult>`
    with campaign as materialized (
      -- The instant as Postgres has it: a Date would cut it to milliseconds, and who joined just before would be missed.
      select starts_at from campaigns where id = ${slice.campaignId}
    ), slice as materialized (
      select r.id, r.address_hash, split_part(r.address_key, '@', -1) as domain
      from subscriptions as s join subscribers as r on r.id = s.subscriber_id
      where s.newsletter_id = ${audience.newsletterId} and s.state = 'active'
        and s.joined_at <= (select starts_at from campaign) and s.subscriber_id > ${slice.after ?? -1}
        -- Which Postgres does not conclude: it would go through all the subscribers before, in each slice.
        and r.id > ${slice.after ?? -1}
      order by s.subscriber_id limit ${slice.size}
    ), verdict as materialized (
      select r.id, r.address_hash, coalesce(p.id, 0) as provider_id,
        case when exists (select from suppressions as u where u.address_hash = r.address_hash and ${standing})
            then 'suppressed'
          when not ${audience.again}::boolean and exists (select from deliveries as h
              where h.subscriber_id = r.id and ${hasIssue(audience.otherCampaigns)})
            then 'already-sent' end as reason
      from slice as r left join domains as m on m.domain = r.domain left join providers as p on p.name = m.host
    ), made as (
      insert into deliveries (campaign_id, subscriber_id, address_hash, state, reason, due_at, provider_id)
      select ${slice.campaignId}, id, address_hash, case when reason is null then 'queued' else 'skipped' end, reason,
        case when reason is null then (select starts_at from campaign) else now() end, provider_id
      from verdict order by id
      on conflict do nothing
      returning provider_id
    )
    select (select count(*) from slice)::int as seen, (select max(id) from slice) as through,
      (select count(*) from made)::int as made,
      (select coalesce(json_object_agg(provider_id, rows), '{}') from (select provider_id, count(*) as rows from made group by 1)
        as counted) as "byProvider"`.execute(trx)
  return result.rows[0] as SliceResult
}

/** Moves what the campaign says of its rows by what the slice made, in the slice's transaction. */
export async function recordSlice(
  trx: Trx,
  campaignId: Id,
  result: SliceResult,
  last: boolean,
): Promise<void> {
  await trx
    .updateTable('campaigns')
    .set((eb) => ({
      chosen: eb('chosen', '+', String(result.made)),
      ...(result.through === null ? {} : { prepared_through: result.through }),
      ...(last ? { prepared_at: sql<Date>`now()` } : {}),
    }))
    .where('id', '=', campaignId)
    .execute()
  if (result.made === 0) return
  await sql`
    with slice as (
      insert into campaign_slices as s (campaign_id, through, made)
      values (${campaignId}, ${result.through ?? 0}, ${result.made})
      on conflict (campaign_id, through) do update set made = s.made + excluded.made
    )
    insert into campaign_providers as p (campaign_id, provider_id, rows)
    select ${campaignId}, key::smallint, value::int from jsonb_each_text(${JSON.stringify(result.byProvider)}::jsonb)
    on conflict (campaign_id, provider_id) do update set rows = p.rows + excluded.rows`.execute(trx)
}
