import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { BounceType, FeedbackKind, FeedbackSource, Id } from '../types.ts'

export type FeedbackCount = Readonly<{
  source: FeedbackSource
  kind: FeedbackKind
  action: string | null
  heldBecause: string | null
  count: number
}>

/** What came back of a campaign, acted upon or not. */
export async function countFeedback(db: Db, campaignId: Id): Promise<FeedbackCount[]> {
  return await db
    .selectFrom('feedback_events')
    .select((eb) => [
      'source',
      'kind',
      'action',
      'held_because as heldBecause',
      sql<number>`${eb.fn.countAll()}::int`.as('count'),
    ])
    .where('campaign_id', '=', campaignId)
    .groupBy(['source', 'kind', 'action', 'held_because'])
    .orderBy('source')
    .orderBy('kind')
    .execute()
}

/** Deliveries of a campaign that something is known of, each once; what came that changed nothing, and what waits. */
export type CampaignFeedback = Readonly<{
  hard: number
  soft: number
  block: number
  complaints: number
  unsubscribed: number
  replies: number
  held: number
  waiting: number
}>

export async function campaignFeedback(db: Db, campaignId: Id): Promise<CampaignFeedback> {
  const { rows } = await sql<CampaignFeedback>`
    select count(distinct subscriber_id) filter (where proven and kind = 'bounce' and type = 'hard')::int as hard,
      count(distinct subscriber_id) filter (where proven and kind = 'bounce' and type = 'soft')::int as soft,
      count(distinct subscriber_id) filter (where proven and kind = 'bounce' and type = 'block')::int as block,
      count(distinct subscriber_id) filter (where proven and kind = 'complaint')::int as complaints,
      count(distinct subscriber_id) filter (where kind = 'unsubscribe' and action is not null)::int as unsubscribed,
      (count(*) filter (where kind = 'reply'))::int as replies,
      (count(*) filter (where held_because is not null))::int as held,
      (count(*) filter (where handled_at is null))::int as waiting
    from feedback_events where campaign_id = ${campaignId}`.execute(db)
  return rows[0] as CampaignFeedback
}

export type DomainBlocks = Readonly<{ domain: string; count: number; words: string }>

/** Deliveries of a campaign that a domain blocked, most first, with its last words. */
export async function blocksByDomain(
  db: Db,
  campaignId: Id,
  limit: number,
): Promise<DomainBlocks[]> {
  const { rows } = await sql<DomainBlocks>`
    select domain, count(distinct subscriber_id)::int as count,
      (array_agg(coalesce(diagnostic, status, reason, '') order by id desc))[1] as words
    from feedback_events where campaign_id = ${campaignId} and proven and type = 'block' and domain is not null
    group by domain order by count desc, domain limit ${limit}`.execute(db)
  return rows
}

export type HeldCount = Readonly<{ because: string; count: number; lastAt: Date }>

/** Why nothing followed, over all that came back since then. */
export async function countHeld(db: Db, since: Date): Promise<HeldCount[]> {
  const { rows } = await sql<HeldCount>`
    select held_because as because, count(*)::int as count, max(at) as "lastAt" from feedback_events
    where held_because is not null and at >= ${since} group by held_because order by count desc, because`.execute(
    db,
  )
  return rows
}

export type SourceCount = Readonly<{
  source: FeedbackSource
  origin: string | null
  events: number
  suppressed: number
  unsubscribed: number
  held: number
  lastAt: Date
}>

/** From whom it came, most conclusions first: a forger's flood stands at the top. */
export async function countSources(db: Db, since: Date, limit: number): Promise<SourceCount[]> {
  const { rows } = await sql<SourceCount>`
    select source, origin, count(*)::int as events, (count(*) filter (where action = 'suppressed'))::int as suppressed,
      (count(*) filter (where action = 'unsubscribed'))::int as unsubscribed,
      (count(*) filter (where held_because is not null))::int as held, max(at) as "lastAt"
    from feedback_events where at >= ${since} group by source, origin
    order by suppressed desc, events desc limit ${limit}`.execute(db)
  return rows
}

export type FeedbackFilter = Readonly<{
  held?: boolean
  kind?: FeedbackKind
  campaignId?: Id
  addressHash?: Buffer
  source?: string
  origin?: string
  before?: Id
  limit: number
}>

export type FeedbackLine = Readonly<{
  id: Id
  at: Date
  source: FeedbackSource
  origin: string | null
  kind: FeedbackKind
  type: BounceType | null
  reason: string | null
  status: string | null
  diagnostic: string | null
  campaignId: Id | null
  newsletterId: Id | null
  subscriberId: Id | null
  /** As the reader's address is now, where it is known. */
  address: string | null
  action: string | null
  heldBecause: string | null
  evidenceId: Id | null
  handledAt: Date | null
}>

/** Newest first. */
export async function feedbackLines(db: Db, filter: FeedbackFilter): Promise<FeedbackLine[]> {
  const { held, kind, campaignId, addressHash, source, origin, before, limit } = filter
  return db
    .selectFrom('feedback_events as f')
    .leftJoin('subscribers as s', 's.id', 'f.subscriber_id')
    .select(['f.id', 'f.at', 'f.source', 'f.origin', 'f.kind', 'f.type', 'f.reason', 'f.status'])
    .select(['f.diagnostic', 'f.campaign_id as campaignId', 'f.newsletter_id as newsletterId'])
    .select(['f.subscriber_id as subscriberId', 's.address', 'f.action'])
    .select(['f.held_because as heldBecause', 'f.evidence_id as evidenceId'])
    .select('f.handled_at as handledAt')
    .$if(held === true, (query) => query.where('f.held_because', 'is not', null))
    .$if(kind !== undefined, (query) => query.where('f.kind', '=', kind as FeedbackKind))
    .$if(campaignId !== undefined, (query) => query.where('f.campaign_id', '=', campaignId as Id))
    .$if(addressHash !== undefined, (query) =>
      query.where('f.address_hash', '=', addressHash as Buffer),
    )
    .$if(source !== undefined, (query) => query.where('f.source', '=', source as FeedbackSource))
    .$if(origin !== undefined, (query) => query.where('f.origin', '=', origin as string))
    .$if(before !== undefined, (query) => query.where('f.id', '<', before as Id))
    .orderBy('f.id', 'desc')
    .limit(limit)
    .execute()
}
