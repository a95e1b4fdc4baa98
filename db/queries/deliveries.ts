import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { CampaignSender, CampaignState, Id, UncertainPolicy } from '../types.ts'
import { LEASE_SECONDS } from './claims.ts'
import { partitionOf } from './partition.ts'

/** All that is needed to fill a campaign's messages; frozen with it. */
export type CampaignToSend = CampaignSender &
  Readonly<{
    campaignId: Id
    newsletterId: Id
    keyId: number
    /** The compiled message. */
    message: Record<string, unknown>
    newsletter: string
    issue: string
    issueTitle: string
  }>

/** null: there is no such campaign, or it does not go that way. */
export async function campaignToSend(
  db: Db,
  campaignId: Id,
  transportId: Id,
): Promise<CampaignToSend | null> {
  const row = await db
    .selectFrom('campaigns as c')
    .innerJoin('newsletters as n', 'n.id', 'c.newsletter_id')
    .innerJoin('issues as i', 'i.id', 'c.issue_id')
    .innerJoin('issue_versions as v', 'v.id', 'c.issue_version_id')
    .innerJoin('campaign_transports as w', 'w.campaign_id', 'c.id')
    .select(['c.id as campaignId', 'c.newsletter_id as newsletterId', 'c.message', 'c.sender'])
    .select(['c.key_id as keyId', 'n.slug as newsletter'])
    .select(['i.slug as issue', 'v.title as issueTitle'])
    .where('c.id', '=', campaignId)
    .where('w.transport_id', '=', transportId)
    .executeTakeFirst()
  if (row === undefined) return null
  const { sender, ...campaign } = row
  return { ...campaign, ...sender }
}

export type ClaimOrder = Readonly<{
  workerId: Id
  transportId: Id
  size: number
  /** Rows of these providers, at most so many of each, in this order. Single mails are of none. */
  providers: readonly Readonly<{ id: number; quota: number }>[]
  /** The campaign goes by other ways too. */
  severalWays: boolean
}>

/**
 * The claim's first statement: rows that are due become `sending`, of a campaign that is, on a transport that does not
 * rest. What it knows of the readers is as old as its snapshot: `lookAtDeliveries` must follow, in the same transaction.
 * @returns the claim's id; null: nothing to claim
 */
export async function claimDeliveries(
  trx: Trx,
  campaignId: Id,
  order: ClaimOrder,
): Promise<Id | null> {
  const partition = partitionOf(campaignId)
  const { rows } = await sql<{ id: Id }>`/* prepared */
    with open as materialized (
      select from campaigns as c
        join campaign_transports as w on w.campaign_id = c.id and w.transport_id = ${order.transportId}
        join transports as t on t.id = w.transport_id
      where c.id = ${campaignId} and c.state = 'sending'
        -- Forsaken for long, it asks first: the sweep pauses it.
        and c.alive_at > now() - c.grace_seconds * interval '1 second'
        and t.rests_until <= clock_timestamp()
    ), due as materialized (
      select d.subscriber_id
      from unnest(${order.providers.map((each) => each.id)}::smallint[],
          ${order.providers.map((each) => each.quota)}::int[]) as p (id, quota)
        cross join lateral (
          select subscriber_id from ${partition} as deliveries
          where campaign_id = ${campaignId} and provider_id = p.id and state in ('queued', 'deferred')
            and due_at <= now() ${order.severalWays ? notPinned(campaignId, order.transportId) : sql``}
          order by due_at limit p.quota for update skip locked
        ) as d
      where exists (select from open)
      limit ${order.size}
    ), claim as (
      insert into claims (campaign_id, worker_id, transport_id, lease_until)
      select ${campaignId}, ${order.workerId}, ${order.transportId}, now() + ${LEASE_SECONDS} * interval '1 second'
      where exists (select from due)
      returning id
    ), moved as (
      update ${partition} as d set state = 'sending', claim_id = (select id from claim)
      from due where d.campaign_id = ${campaignId} and d.subscriber_id = due.subscriber_id
    )
    select id from claim`.execute(trx)
  return rows[0]?.id ?? null
}

/** What is handed over once more goes to the relay that knows whether it had it. */
const notPinned = (campaignId: Id, transportId: Id) => sql`
  and not exists (select from handovers as h where h.campaign_id = ${campaignId}
    and h.subscriber_id = deliveries.subscriber_id and h.transport_id <> ${transportId} and h.until > now())`

export type Addressee = Readonly<{
  subscriberId: Id
  address: string
  attributes: Record<string, unknown>
  attempts: number
  deferredSeconds: number
  providerId: number
  /** Its name; null: it is nobody in particular, 0. */
  provider: string | null
  /** What is uncertain is sent again by itself, as the newsletter says now. */
  resends: boolean
}>

export type Look = Readonly<{
  /** The campaign is `sending`. If not, nothing of it may begin. */
  open: boolean
  /** Who may be mailed now, in the order in which they were due. */
  addressees: Addressee[]
}>

/**
 * Asks about the claim's readers, in a snapshot of its own: who is not subscribed or is suppressed by now becomes
 * `skipped`. In the claim's transaction, and again before a message begins whose check is too old.
 * @param only of the claim's rows, these; null: all
 */
export async function lookAtDeliveries(
  db: Db | Trx,
  campaignId: Id,
  claimId: Id,
  only: readonly Id[] | null,
): Promise<Look> {
  const partition = partitionOf(campaignId)
  const { rows } = await sql<Addressee & { open: boolean; fallen: string | null }>`/* prepared */
    with campaign as materialized (
      select c.newsletter_id, c.state = 'sending' as open, n.uncertain_policy = 'resend' as resends
      from campaigns as c join newsletters as n on n.id = c.newsletter_id where c.id = ${campaignId}
    ), looked as materialized (
      select d.subscriber_id, r.address, r.attributes, d.attempts, d.deferred_seconds, d.due_at, d.provider_id,
        case when d.provider_id <> 0 then (select name from providers as p where p.id = d.provider_id) end as provider,
        c.open, c.resends,
        case
          when r.id is null or s.state is null then 'unsubscribed'
          when s.state = 'paused' then 'paused'
          when s.state <> 'active' then 'unsubscribed'
          when exists (select from suppressions as u where u.address_hash in (d.address_hash, r.address_hash)
            and u.lifted_at is null and (u.expires_at is null or u.expires_at > now())) then 'suppressed'
        end as fallen
      from campaign as c
        join ${partition} as d on d.campaign_id = ${campaignId} and d.claim_id = ${claimId} and d.state = 'sending'
        left join subscribers as r on r.id = d.subscriber_id
        left join subscriptions as s on s.newsletter_id = c.newsletter_id and s.subscriber_id = d.subscriber_id
      ${only === null ? sql`` : sql`where d.subscriber_id = any(${only}::bigint[])`}
    ), skipped as (
      update ${partition} as d set state = 'skipped', reason = fallen, claim_id = null, due_at = now()
      from looked as l
      where d.campaign_id = ${campaignId} and d.subscriber_id = l.subscriber_id and d.claim_id = ${claimId}
        and d.state = 'sending' and l.fallen is not null
    )
    select subscriber_id as "subscriberId", address, attributes, attempts, deferred_seconds as "deferredSeconds",
      provider_id as "providerId", provider, resends, open
    from looked where fallen is null order by due_at, subscriber_id`.execute(db)
  return { open: rows[0]?.open ?? true, addressees: rows }
}

export type WhyNothing = Readonly<{
  state: CampaignState
  /** null: it does not rest */
  restsUntil: Date | null
  /** When the next row that waits is due; null: none waits. */
  nextDueAt: Date | null
}>

/** For a claim that got nothing. */
export async function whyNothingIsDue(
  db: Db,
  campaignId: Id,
  transportId: Id,
): Promise<WhyNothing | null> {
  const { rows } = await sql<WhyNothing>`
    select c.state,
      case when t.rests_until > clock_timestamp() then t.rests_until end as "restsUntil",
      (select min(due_at) from campaign_providers as p cross join lateral (
          select due_at from deliveries where campaign_id = ${campaignId} and provider_id = p.provider_id
            and state in ('queued', 'deferred') order by due_at limit 1) as d
        where p.campaign_id = ${campaignId}) as "nextDueAt"
    from campaigns as c join transports as t on t.id = ${transportId} where c.id = ${campaignId}`.execute(
    db,
  )
  return rows[0] ?? null
}

/** Campaigns that have rows due now and may go on by one of their ways. */
export async function campaignsWithDueRows(db: Db): Promise<Id[]> {
  const { rows } = await sql<{ id: Id }>`
    select c.id from campaigns as c
    where c.state = 'sending'
      and exists (select from campaign_transports as w join transports as t on t.id = w.transport_id
        where w.campaign_id = c.id and t.rests_until <= clock_timestamp())
      and exists (select from campaign_providers as p where p.campaign_id = c.id
        and (select 1 from deliveries as d where d.campaign_id = c.id and d.provider_id = p.provider_id
          and d.state in ('queued', 'deferred') and d.due_at <= now() limit 1) is not null)
    order by c.id`.execute(db)
  return rows.map((row) => row.id)
}

/** Whether what is uncertain is sent again, by what the newsletter says now. */
export async function uncertainPolicyOf(db: Db | Trx, campaignId: Id): Promise<UncertainPolicy> {
  const { uncertain_policy } = await db
    .selectFrom('campaigns as c')
    .innerJoin('newsletters as n', 'n.id', 'c.newsletter_id')
    .select('n.uncertain_policy')
    .where('c.id', '=', campaignId)
    .executeTakeFirstOrThrow()
  return uncertain_policy
}
