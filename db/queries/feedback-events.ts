import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type {
  BounceType,
  FeedbackKind,
  FeedbackProof,
  FeedbackSource,
  Id,
  MailAuth,
  MailEnvelope,
  SentTo,
} from '../types.ts'

export type Rejection = Readonly<{ campaignId: Id; subscriberId: Id; replyId: Id }>

/**
 * Rejections in the session that stand, as bounces that wait for the feedback job; each with its reply as evidence.
 * The caller removes them from `rejection_row` in the same transaction and rings 'feedback' after it.
 * @returns the events' ids, in no order
 */
export async function insertSessionBounces(
  trx: Trx,
  rejections: readonly Rejection[],
): Promise<Id[]> {
  if (rejections.length === 0) return []
  const column = (name: keyof Rejection) => rejections.map((rejection) => rejection[name])
  // One statement for all. An evidence row each, numbered beforehand, since `returning` cannot tell which is whose.
  const { rows } = await sql<{ id: Id }>`
    with told as materialized (
      select d.campaign_id, d.subscriber_id, d.address_hash, c.newsletter_id, r.code, r.enhanced, r.text,
        split_part(s.address_key, '@', -1) as domain,
        nextval(pg_get_serial_sequence('evidence', 'id')) as evidence_id
      from unnest(${column('campaignId')}::bigint[], ${column('subscriberId')}::bigint[], ${column('replyId')}::bigint[])
        as given (campaign_id, subscriber_id, reply_id)
      join deliveries d using (campaign_id, subscriber_id)
      join campaigns c on c.id = d.campaign_id
      join replies r on r.id = given.reply_id
      left join subscribers s on s.address_hash = d.address_hash
    ), kept as (
      insert into evidence (id, kind, raw) overriding system value
      select evidence_id, 'reply', convert_to(concat_ws(' ', code, enhanced, text), 'UTF8') from told
    )
    insert into feedback_events
      (source, kind, campaign_id, subscriber_id, newsletter_id, address_hash, status, diagnostic, evidence_id, domain)
    select 'session', 'bounce', campaign_id, subscriber_id, newsletter_id, address_hash,
      enhanced, concat_ws(' ', code, enhanced, text), evidence_id, domain
    from told
    returning id`.execute(trx)
  return rows.map((row) => row.id)
}

export type WaitingEvent = Readonly<{
  id: Id
  at: Date
  source: FeedbackSource
  kind: FeedbackKind
  campaignId: Id | null
  subscriberId: Id | null
  newsletterId: Id | null
  addressHash: Buffer | null
  type: BounceType | null
  reason: string | null
  status: string | null
  diagnostic: string | null
  /** Right of the recipient's @. */
  domain: string | null
  evidenceId: Id | null
  /** Of the evidence, in octets. */
  evidenceSize: number
  sentTo: SentTo | null
  /** Bounce tokens that the mail was sent to. */
  tokens: number | null
  envelope: MailEnvelope | null
  auth: MailAuth | null
  proof: FeedbackProof | null
  feedbackType: string | null
}>

const WAITING = sql`e.id, e.at, e.source, e.kind, e.campaign_id as "campaignId", e.subscriber_id as "subscriberId",
  e.newsletter_id as "newsletterId", e.address_hash as "addressHash", e.type, e.reason, e.status, e.diagnostic, e.domain,
  e.evidence_id as "evidenceId", e.sent_to as "sentTo", e.tokens, e.envelope, e.auth, e.proof,
  e.feedback_type as "feedbackType",
  coalesce((select octet_length(raw) from evidence where id = e.evidence_id), 0) as "evidenceSize"`

/**
 * Takes events that wait, oldest first, so that no other worker reads the same ones: for `heldMs`, after which they
 * wait again. What keeps a conclusion from being drawn twice is `lockWaitingEvents`.
 */
export async function takeWaitingEvents(
  db: Db,
  options: { limit: number; heldMs: number; ids?: readonly Id[] },
): Promise<WaitingEvent[]> {
  const { limit, heldMs, ids } = options
  const { rows } = await sql<WaitingEvent>`
    with due as materialized (
      select id from feedback_events where handled_at is null
        ${ids === undefined ? sql`and due_at <= now()` : sql`and id = any(${ids}::bigint[])`}
      order by id limit ${limit} for update skip locked
    ), e as (
      update feedback_events as f set due_at = now() + ${heldMs} * interval '1 millisecond'
      from due where f.id = due.id returning f.*
    )
    select ${WAITING} from e order by e.id`.execute(db)
  return rows
}

/** Locked for this transaction, those that nobody has handled meanwhile. In the order of ids. */
export async function lockWaitingEvents(trx: Trx, ids: readonly Id[]): Promise<Set<Id>> {
  const rows = await trx
    .selectFrom('feedback_events')
    .select('id')
    .where('id', 'in', ids)
    .where('handled_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Set(rows.map((row) => row.id))
}

/** They wait again, for so long. */
export async function postponeEvents(db: Db, ids: readonly Id[], forMs: number): Promise<void> {
  if (ids.length === 0) return
  await sql`update feedback_events set due_at = now() + ${forMs} * interval '1 millisecond'
    where id = any(${ids}::bigint[]) and handled_at is null`.execute(db)
}

/** What follows from an event; null: it is kept, counted and shown. */
export type FeedbackAction =
  | 'suppressed'
  | 'unsubscribed'
  /** It counts: in a series of soft bounces, in the rates that guards watch. */
  | 'counted'
  /** It said what had become of an uncertain delivery. */
  | 'settled'
  | 'confirmation'
  | 'kept'

/** What became of an event. `action` or `heldBecause`, never both. */
export type Settled = Readonly<{
  id: Id
  kind: FeedbackKind
  campaignId: Id | null
  subscriberId: Id | null
  newsletterId: Id | null
  addressHash: Buffer | null
  type: BounceType | null
  reason: string | null
  status: string | null
  diagnostic: string | null
  domain: string | null
  feedbackType: string | null
  proven: boolean
  action: FeedbackAction | null
  heldBecause: string | null
}>

/** Under their lock. One statement for all. */
export async function settleEvents(
  trx: Trx,
  settled: readonly Settled[],
  now: Date,
): Promise<void> {
  if (settled.length === 0) return
  const column = <K extends keyof Settled>(name: K) => settled.map((each) => each[name])
  await sql`
    update feedback_events as f set kind = g.kind, campaign_id = g.campaign_id, subscriber_id = g.subscriber_id,
      newsletter_id = g.newsletter_id, address_hash = g.address_hash, type = g.type, reason = g.reason,
      status = g.status, diagnostic = g.diagnostic, domain = g.domain, feedback_type = g.feedback_type,
      proven = g.proven, action = g.action, held_because = g.held_because, handled_at = ${now}
    from unnest(${column('id')}::bigint[], ${column('kind')}::text[], ${column('campaignId')}::bigint[],
      ${column('subscriberId')}::bigint[], ${column('newsletterId')}::bigint[], ${column('addressHash')}::bytea[],
      ${column('type')}::text[], ${column('reason')}::text[], ${column('status')}::text[],
      ${column('diagnostic')}::text[], ${column('domain')}::text[], ${column('feedbackType')}::text[],
      ${column('proven')}::boolean[], ${column('action')}::text[], ${column('heldBecause')}::text[])
      as g (id, kind, campaign_id, subscriber_id, newsletter_id, address_hash, type, reason, status, diagnostic,
        domain, feedback_type, proven, action, held_because)
    where f.id = g.id and f.handled_at is null`.execute(trx)
}

/** A series was filled by them. */
export async function markSuppressed(trx: Trx, ids: readonly Id[]): Promise<void> {
  if (ids.length === 0) return
  await sql`update feedback_events set action = 'suppressed' where id = any(${ids}::bigint[])`.execute(
    trx,
  )
}

/** So many are handled at once. */
export const EVENTS_AT_ONCE = 100

/**
 * For the sweep: events whose doorbell may have been lost, one for each batch of them: whoever is rung takes what waits
 * beside it.
 */
export async function waitingEventIds(db: Db, limit: number): Promise<Id[]> {
  const { rows } = await sql<{ id: Id }>`
    select id from (
      select id, row_number() over (order by id) as n from (
        select id from feedback_events where handled_at is null and due_at <= now() order by id limit ${limit}
      ) as due
    ) as numbered where n % ${EVENTS_AT_ONCE} = 1 order by id`.execute(db)
  return rows.map((row) => row.id)
}

/** When the next one that waits is due; null: none waits. */
export async function nextEventDueAt(db: Db): Promise<Date | null> {
  const { rows } = await sql<{ due_at: Date | null }>`
    select min(due_at) as due_at from feedback_events where handled_at is null`.execute(db)
  return rows[0]?.due_at ?? null
}
