import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { BounceType, DeliveryState, FeedbackKind, FeedbackSource, Id } from '../types.ts'

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
        nextval(pg_get_serial_sequence('evidence', 'id')) as evidence_id
      from unnest(${column('campaignId')}::bigint[], ${column('subscriberId')}::bigint[], ${column('replyId')}::bigint[])
        as given (campaign_id, subscriber_id, reply_id)
      join deliveries d using (campaign_id, subscriber_id)
      join campaigns c on c.id = d.campaign_id
      join replies r on r.id = given.reply_id
    ), kept as (
      insert into evidence (id, kind, raw) overriding system value
      select evidence_id, 'reply', convert_to(concat_ws(' ', code, enhanced, text), 'UTF8') from told
    )
    insert into feedback_events
      (source, kind, campaign_id, subscriber_id, newsletter_id, address_hash, status, diagnostic, evidence_id)
    select 'session', 'bounce', campaign_id, subscriber_id, newsletter_id, address_hash,
      enhanced, concat_ws(' ', code, enhanced, text), evidence_id
    from told
    returning id`.execute(trx)
  return rows.map((row) => row.id)
}

/** A mail that came for one of our tokens; what it says is read by the feedback job. */
export async function insertDoorEvent(
  trx: Trx,
  event: Readonly<{
    kind: 'unsubscribe' | 'other'
    campaignId: Id | null
    subscriberId: Id
    newsletterId: Id | null
    evidenceId: Id
  }>,
): Promise<Id> {
  const row = await trx
    .insertInto('feedback_events')
    .values({
      source: 'door',
      kind: event.kind,
      campaign_id: event.campaignId,
      subscriber_id: event.subscriberId,
      newsletter_id: event.newsletterId,
      evidence_id: event.evidenceId,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

export type WaitingEvent = Readonly<{
  id: Id
  source: FeedbackSource
  kind: FeedbackKind
  campaignId: Id | null
  subscriberId: Id | null
  newsletterId: Id | null
  type: BounceType | null
  status: string | null
  diagnostic: string | null
  evidenceId: Id | null
}>

/** The event, or null where it is handled already or never was. */
export async function findWaitingEvent(db: Db, id: Id): Promise<WaitingEvent | null> {
  const row = await db
    .selectFrom('feedback_events')
    .select([
      'id',
      'source',
      'kind',
      'campaign_id as campaignId',
      'subscriber_id as subscriberId',
      'newsletter_id as newsletterId',
      'type',
      'status',
      'diagnostic',
      'evidence_id as evidenceId',
    ])
    .where('id', '=', id)
    .where('handled_at', 'is', null)
    .executeTakeFirst()
  return row ?? null
}

/** Takes the event for this transaction: false where another has handled it meanwhile. */
export async function lockWaitingEvent(trx: Trx, id: Id): Promise<boolean> {
  const row = await trx
    .selectFrom('feedback_events')
    .select('id')
    .where('id', '=', id)
    .where('handled_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

export type BouncedDelivery = Readonly<{
  state: DeliveryState
  addressHash: Buffer
  /** The text of it, where a subscriber still has that address. */
  address: string | null
  newsletterId: Id
}>

/** What the ledger says of the delivery that a bounce is about. */
export async function findBouncedDelivery(
  db: Db,
  campaignId: Id,
  subscriberId: Id,
): Promise<BouncedDelivery | null> {
  const row = await db
    .selectFrom('deliveries as d')
    .innerJoin('campaigns as c', 'c.id', 'd.campaign_id')
    // By the hash it was sent to, not by id: the reader may have changed the address since.
    .leftJoin('subscribers as s', 's.address_hash', 'd.address_hash')
    .select([
      'd.state',
      'd.address_hash as addressHash',
      's.address',
      'c.newsletter_id as newsletterId',
    ])
    .where('d.campaign_id', '=', campaignId)
    .where('d.subscriber_id', '=', subscriberId)
    .executeTakeFirst()
  return row ?? null
}

/** What became of an event. `action` or `heldBecause`, never both. */
export type Settled = Readonly<{
  kind: FeedbackKind
  type: BounceType | null
  status: string | null
  diagnostic: string | null
  addressHash: Buffer | null
  newsletterId: Id | null
  action: 'suppressed' | 'unsubscribed' | null
  heldBecause: string | null
}>

/** Guarded: an event is settled once. */
export async function settleEvent(db: Db, id: Id, settled: Settled, now: Date): Promise<boolean> {
  const result = await db
    .updateTable('feedback_events')
    .set({
      kind: settled.kind,
      type: settled.type,
      status: settled.status,
      diagnostic: settled.diagnostic,
      address_hash: settled.addressHash,
      newsletter_id: settled.newsletterId,
      action: settled.action,
      held_because: settled.heldBecause,
      handled_at: now,
    })
    .where('id', '=', id)
    .where('handled_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** For the sweep: events whose doorbell may have been lost, oldest first. */
export async function waitingEventIds(db: Db, limit: number): Promise<Id[]> {
  const rows = await db
    .selectFrom('feedback_events')
    .select('id')
    .where('handled_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

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
