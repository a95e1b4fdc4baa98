import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { CampaignState, DeliveryState, Id, TransportKind } from '../types.ts'
import { IS_ALIVE } from './workers.ts'

export type LedgerLine = Readonly<{ state: DeliveryState; reason: string | null; rows: number }>

export type LedgerView = Readonly<{
  id: Id
  state: CampaignState
  reason: string | null
  newsletter: string
  time_zone: string
  issue: string
  title: string
  subject: string
  transport: string
  transport_kind: TransportKind
  rate_per_second: number | null
  /** Why all its transports rest now; null while one does not. */
  rest_reason: string | null
  /** A worker lives that serves one of its ways. */
  served: boolean
  /** Which providers asked for less, and go slower now. */
  slowed: string[]
  /** When its rest ends; null while it does not rest. */
  rests_until: Date | null
  starts_at: Date
  started_at: Date | null
  ended_at: Date | null
  prepared: boolean
  chosen: number
  /** The same, summed over what prepare wrote of each slice, and over its counts by provider. */
  made: number
  by_provider: number
  /** Rows by state, and by reason where they are skipped, failed or uncertain. */
  lines: LedgerLine[]
  /** Rows that were accepted within the last 10 s. */
  accepted_lately: number
  /** When the next row that waits is due; null: none waits. */
  next_due_at: Date | null
}>

/** Counted from the rows, in one statement: two would look at two moments, and their sums need not agree. */
export async function readLedger(db: Db, campaignId: Id): Promise<LedgerView | null> {
  const result = await sql<LedgerView>`
    with counted as (
      select state, case when state in ('skipped', 'failed', 'uncertain') then reason end as reason,
        count(*)::int as rows,
        (count(*) filter (where state = 'accepted' and due_at > now() - interval '10 s'))::int as accepted_lately,
        min(due_at) filter (where state in ('queued', 'deferred')) as next_due_at
      from deliveries where campaign_id = ${campaignId} group by 1, 2
    )
    select c.id, c.state, c.reason, n.slug as newsletter, n.time_zone, i.slug as issue, v.title, c.subject,
      t.name as transport, t.kind as transport_kind, t.rate_per_second,
      case when way.rests_until > now() then coalesce(t.rest_reason, 'the transport rests') end as rest_reason,
      case when way.rests_until > now() and way.rests_until < 'infinity' then way.rests_until end as rests_until,
      exists (select from workers join campaign_transports as w on w.transport_id = workers.transport_id
        where w.campaign_id = c.id and ${IS_ALIVE}) as served,
      (select coalesce(json_agg(distinct p.slow_reason), '[]')
        from campaign_transports as w join provider_pace as p on p.transport_id = w.transport_id
          join campaign_providers as v on v.campaign_id = c.id and v.provider_id = p.provider_id
        where w.campaign_id = c.id and p.slow_until > now()) as slowed,
      c.starts_at, c.started_at, c.ended_at, c.prepared_at is not null as prepared, c.chosen::float8 as chosen,
      (select coalesce(sum(made), 0)::float8 from campaign_slices where campaign_id = c.id) as made,
      (select coalesce(sum(rows), 0)::float8 from campaign_providers where campaign_id = c.id) as by_provider,
      (select coalesce(json_agg(json_build_object('state', state, 'reason', reason, 'rows', rows) order by rows desc), '[]')
        from counted) as lines,
      (select coalesce(sum(accepted_lately), 0)::int from counted) as accepted_lately,
      (select min(next_due_at) from counted) as next_due_at
    from campaigns as c
      join newsletters as n on n.id = c.newsletter_id
      join issues as i on i.id = c.issue_id
      join issue_versions as v on v.id = c.issue_version_id
      join transports as t on t.id = c.transport_id
      -- It waits when all its ways rest.
      cross join lateral (select min(o.rests_until) as rests_until
        from campaign_transports as w join transports as o on o.id = w.transport_id where w.campaign_id = c.id) as way
    where c.id = ${campaignId}`.execute(db)
  return result.rows[0] ?? null
}

/** Rows that wait are cancelled, up to `limit` of them; those in a window are their worker's to settle. */
export async function cancelWaitingRows(db: Db, campaignId: Id, limit: number): Promise<number> {
  const result = await sql`
    update deliveries set state = 'cancelled', claim_id = null, due_at = now()
    where campaign_id = ${campaignId} and state in ('queued', 'deferred')
      and subscriber_id = any(array(
        select subscriber_id from deliveries
        where campaign_id = ${campaignId} and state in ('queued', 'deferred') limit ${limit}))`.execute(
    db,
  )
  return Number(result.numAffectedRows ?? 0)
}

/** In a window right now. */
export async function countRowsInFlight(db: Db, campaignId: Id): Promise<number> {
  const result = await sql<{ rows: number }>`
    select count(*)::int as rows from deliveries where campaign_id = ${campaignId} and state = 'sending'`.execute(
    db,
  )
  return result.rows[0]?.rows ?? 0
}

export type ResendStates = readonly ('failed' | 'rejected' | 'uncertain')[]

/**
 * Rows go back to the start of their road: due now, no attempt spent, no claim that a late reply could settle them by,
 * no place in the row of rejections. Who has the issue from another campaign by now stays as they are.
 */
export async function requeueRows(
  trx: Trx,
  campaignId: Id,
  states: ResendStates,
  otherCampaigns: readonly Id[],
): Promise<{ queued: number; held: number }> {
  const result = await sql<{ queued: number; held: number }>`
    with candidate as (
      select subscriber_id, exists (select from deliveries as h
        where h.campaign_id = any(${otherCampaigns}::bigint[]) and h.subscriber_id = d.subscriber_id
          and h.state in ('accepted', 'uncertain')) as has_issue
      from deliveries as d
      where campaign_id = ${campaignId} and state = any(${states}::text[])
    ), requeued as (
      update deliveries as d
      set state = 'queued', reason = null, claim_id = null, reply_id = null, attempts = 0, deferred_seconds = 0, due_at = now()
      from candidate as c
      where d.campaign_id = ${campaignId} and d.subscriber_id = c.subscriber_id and not c.has_issue
        and d.state = any(${states}::text[])
      returning d.subscriber_id
    ), forgotten as (
      delete from rejection_row as r using requeued as q
      where r.campaign_id = ${campaignId} and r.subscriber_id = q.subscriber_id
    )
    select (select count(*) from requeued)::int as queued,
      (select count(*) from candidate where has_issue)::int as held`.execute(trx)
  return result.rows[0] ?? { queued: 0, held: 0 }
}
