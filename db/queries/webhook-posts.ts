import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type {
  BounceType,
  DeliveryState,
  FeedbackKind,
  FeedbackProof,
  FeedbackSource,
  Id,
} from '../types.ts'

export type NewPost = Readonly<{
  provider: string
  bodyHash: Buffer
  /** What may serve as proof once only. */
  proofHash: Buffer | null
  raw: Buffer
}>

/**
 * Takes a post in one statement.
 * @returns its id, or null where it, or what proves it, was taken before
 */
export async function insertPost(db: Db, post: NewPost): Promise<Id | null> {
  const { rows } = await sql<{ id: Id }>`
    with taken as (
      insert into webhook_posts (provider, body_hash, proof_hash, evidence_id)
      values (${post.provider}, ${post.bodyHash}, ${post.proofHash},
        nextval(pg_get_serial_sequence('evidence', 'id')))
      on conflict do nothing
      returning id, evidence_id
    ), kept as (
      insert into evidence (id, kind, raw) overriding system value
      select evidence_id, 'payload', ${post.raw}::bytea from taken
    )
    select id from taken`.execute(db)
  return rows[0]?.id ?? null
}

export type WaitingPost = Readonly<{ id: Id; provider: string; evidenceId: Id; raw: Buffer }>

/**
 * The oldest that wait, for this transaction; those that another one has are passed over.
 * @param limit.octets of all of them together; a single one may have more
 */
export async function lockWaitingPosts(
  trx: Trx,
  limit: Readonly<{ posts: number; octets: number }>,
): Promise<WaitingPost[]> {
  const { rows: locked } = await sql<{ id: Id; octets: number }>`
    select p.id, octet_length(e.raw) as octets
    from webhook_posts p join evidence e on e.id = p.evidence_id
    where p.handled_at is null order by p.id limit ${limit.posts} for update of p skip locked`.execute(
    trx,
  )
  let octets = 0
  const fitting = locked.filter((post, index) => {
    octets += post.octets
    return index === 0 || octets <= limit.octets
  })
  const { rows } = await sql<WaitingPost>`
    select p.id, p.provider, p.evidence_id as "evidenceId", e.raw
    from webhook_posts p join evidence e on e.id = p.evidence_id
    where p.id = any(${fitting.map(({ id }) => id)}::bigint[]) order by p.id`.execute(trx)
  return rows
}

/** Read: what led to no event is not kept. */
export async function settlePosts(
  trx: Trx,
  ids: readonly Id[],
  withoutEvents: readonly Id[],
): Promise<void> {
  await sql`
    with settled as (
      update webhook_posts set handled_at = now(),
        evidence_id = case when id = any(${withoutEvents}::bigint[]) then null else evidence_id end
      where id = any(${ids}::bigint[])
    )
    delete from evidence where id in (
      select evidence_id from webhook_posts where id = any(${withoutEvents}::bigint[]))`.execute(
    trx,
  )
}

/** For the sweep: whether any waits. */
export async function postsWait(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('webhook_posts')
    .select('id')
    .where('handled_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** After so long no provider repeats it. */
const POST_DAYS = 30
const FORGOTTEN_AT_ONCE = 5_000

export async function forgetOldPosts(trx: Trx): Promise<void> {
  await sql`
    delete from webhook_posts where id in (
      select id from webhook_posts where handled_at < now() - ${POST_DAYS} * interval '1 day'
      order by handled_at limit ${FORGOTTEN_AT_ONCE})`.execute(trx)
}

export type MatchedDelivery = Readonly<{
  /** Which of those that were asked for, from 0. */
  index: number
  campaignId: Id
  subscriberId: Id
  newsletterId: Id
  addressHash: Buffer
  state: DeliveryState
}>

/** What the ledger has of deliveries by name. */
export async function deliveriesByName(
  trx: Trx,
  asked: readonly Readonly<{ index: number; campaignId: Id; subscriberId: Id }>[],
): Promise<MatchedDelivery[]> {
  if (asked.length === 0) return []
  const { rows } = await sql<MatchedDelivery>`
    select given.index, d.campaign_id as "campaignId", d.subscriber_id as "subscriberId",
      c.newsletter_id as "newsletterId", d.address_hash as "addressHash", d.state
    from unnest(${asked.map((each) => each.index)}::int[], ${asked.map((each) => each.campaignId)}::bigint[],
        ${asked.map((each) => each.subscriberId)}::bigint[]) as given (index, campaign_id, subscriber_id)
      join deliveries d on d.campaign_id = given.campaign_id and d.subscriber_id = given.subscriber_id
      join campaigns c on c.id = d.campaign_id`.execute(trx)
  return rows
}

/** Return paths hold as long; what is older is not about our mail for certain. */
const ADDRESS_DAYS = 30

/** The newest delivery to each address of the last 30 days that a server has accepted, or may have. */
export async function deliveriesByAddress(
  trx: Trx,
  asked: readonly Readonly<{ index: number; addressHash: Buffer }>[],
): Promise<MatchedDelivery[]> {
  if (asked.length === 0) return []
  const { rows } = await sql<MatchedDelivery>`
    select distinct on (given.index) given.index, d.campaign_id as "campaignId",
      d.subscriber_id as "subscriberId", c.newsletter_id as "newsletterId",
      d.address_hash as "addressHash", d.state
    from unnest(${asked.map((each) => each.index)}::int[], ${asked.map((each) => each.addressHash)}::bytea[])
        as given (index, address_hash)
      join subscribers s on s.address_hash = given.address_hash
      join deliveries d on d.subscriber_id = s.id and d.address_hash = given.address_hash
        and d.state in ('accepted', 'uncertain')
        and d.campaign_id in (
          select id from campaigns where created_at > now() - ${ADDRESS_DAYS + 2} * interval '1 day')
        and d.due_at > now() - ${ADDRESS_DAYS} * interval '1 day'
      join campaigns c on c.id = d.campaign_id
    order by given.index, d.due_at desc`.execute(trx)
  return rows
}

export type WebhookEvent = Readonly<{
  provider: string
  kind: FeedbackKind
  campaignId: Id | null
  subscriberId: Id | null
  newsletterId: Id | null
  addressHash: Buffer | null
  domain: string | null
  type: BounceType | null
  reason: string | null
  status: string | null
  diagnostic: string | null
  feedbackType: string | null
  proof: FeedbackProof | null
  evidenceId: Id
  onceKey: string
  /** For what nobody can draw a conclusion from: it is settled at once. */
  heldBecause: string | null
}>

type Inserted = { id: Id; evidenceId: Id; waits: boolean }

/** A statement takes 65,535 parameters. */
const ROWS_AT_ONCE = 1_000

/** @returns those that are new, in no order */
export async function insertWebhookEvents(
  trx: Trx,
  events: readonly WebhookEvent[],
): Promise<Inserted[]> {
  const inserted: Inserted[] = []
  for (let index = 0; index < events.length; index += ROWS_AT_ONCE) {
    inserted.push(...(await insertSome(trx, events.slice(index, index + ROWS_AT_ONCE))))
  }
  return inserted
}

async function insertSome(trx: Trx, events: readonly WebhookEvent[]): Promise<Inserted[]> {
  const source: FeedbackSource = 'webhook'
  const rows = await trx
    .insertInto('feedback_events')
    .values(
      events.map((event) => ({
        ...{ source, origin: event.provider, kind: event.kind, proof: event.proof },
        ...{ campaign_id: event.campaignId, subscriber_id: event.subscriberId },
        ...{ newsletter_id: event.newsletterId, address_hash: event.addressHash },
        ...{ type: event.type, reason: event.reason, status: event.status, domain: event.domain },
        ...{ diagnostic: event.diagnostic, feedback_type: event.feedbackType },
        ...{ evidence_id: event.evidenceId, once_key: event.onceKey },
        ...{ held_because: event.heldBecause },
        handled_at: event.heldBecause === null ? null : sql<Date>`now()`,
      })),
    )
    .onConflict((conflict) =>
      conflict.column('once_key').where('once_key', 'is not', null).doNothing(),
    )
    .returning(['id', 'evidence_id as evidenceId', 'handled_at as handledAt'])
    .execute()
  return rows.map(({ id, evidenceId, handledAt }) => ({
    ...{ id, evidenceId: evidenceId as Id },
    waits: handledAt === null,
  }))
}
