import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { CampaignState, Id } from '../types.ts'

export type StandingRejection = Readonly<{
  campaignId: Id
  subscriberId: Id
  replyId: Id
}>

/**
 * Rejections on the transport since its last acceptance, oldest first. Ask for it under the transport's lock.
 * `isFull`: there were 20 and more, of which none is kept.
 */
export async function standingRejections(
  trx: Trx,
  transportId: Id,
): Promise<{ row: StandingRejection[]; isFull: boolean }> {
  const transport = await trx
    .selectFrom('transports')
    .select('rejections_full as isFull')
    .where('id', '=', transportId)
    .executeTakeFirst()
  const { rows } = await sql<StandingRejection>`
    select w.campaign_id as "campaignId", w.subscriber_id as "subscriberId", w.reply_id as "replyId"
    from rejection_row as w
    where w.transport_id = ${transportId} order by w.at, w.subscriber_id`.execute(trx)
  return { row: rows, isFull: transport?.isFull ?? false }
}

/** Under the same lock. */
export async function setRejectionsFull(trx: Trx, transportId: Id, isFull: boolean): Promise<void> {
  await sql`update transports set rejections_full = ${isFull} where id = ${transportId}`.execute(
    trx,
  )
}

type Key = Readonly<{ campaignId: Id; subscriberId: Id }>

export async function addToRejectionRow(
  trx: Trx,
  transportId: Id,
  rejections: readonly StandingRejection[],
): Promise<void> {
  if (rejections.length === 0) return
  await sql`
    insert into rejection_row (transport_id, campaign_id, subscriber_id, reply_id)
    select ${transportId}, * from unnest(${rejections.map((each) => each.campaignId)}::bigint[],
      ${rejections.map((each) => each.subscriberId)}::bigint[], ${rejections.map((each) => each.replyId)}::bigint[])
    on conflict do nothing`.execute(trx)
}

export async function removeFromRejectionRow(trx: Trx, rejections: readonly Key[]): Promise<void> {
  if (rejections.length === 0) return
  await sql`
    delete from rejection_row as w
    using unnest(${rejections.map((each) => each.campaignId)}::bigint[],
      ${rejections.map((each) => each.subscriberId)}::bigint[]) as given (campaign_id, subscriber_id)
    where w.campaign_id = given.campaign_id and w.subscriber_id = given.subscriber_id`.execute(trx)
}

export type CampaignInRow = Readonly<{ id: Id; state: CampaignState; rejectionsStand: boolean }>

/** What the row's judge must know of its campaigns. They change no more until the transaction ends. */
export async function lockCampaignsInRow(trx: Trx, ids: readonly Id[]): Promise<CampaignInRow[]> {
  return trx
    .selectFrom('campaigns')
    .select(['id', 'state', 'rejections_stand as rejectionsStand'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

/** Rejected rows of one campaign wait again as if they had not been handed over. */
export async function requeueRejected(
  trx: Trx,
  campaignId: Id,
  subscriberIds: readonly Id[],
): Promise<void> {
  if (subscriberIds.length === 0) return
  await sql`
    update deliveries set state = case when deferred_seconds > 0 then 'deferred' else 'queued' end,
      reason = null, claim_id = null, reply_id = null, due_at = now(), attempts = greatest(attempts - 1, 0)
    where campaign_id = ${campaignId} and subscriber_id = any(${subscriberIds}::bigint[]) and state = 'rejected'`.execute(
    trx,
  )
}

/** So many rejections in a row, with no acceptance between, are the relay's doing. */
export const FULL_ROW = 20

/** Transports on which rejections stand of campaigns that have ended. */
export async function transportsWithEndedRejections(db: Db): Promise<Id[]> {
  const { rows } = await sql<{ id: Id }>`
    select distinct w.transport_id as id from rejection_row as w join campaigns as c on c.id = w.campaign_id
    where c.ended_at is not null`.execute(db)
  return rows.map((row) => row.id)
}

/** Of these campaigns, those that have ended. */
export async function endedAmong(trx: Trx, campaignIds: readonly Id[]): Promise<Set<Id>> {
  const rows = await trx
    .selectFrom('campaigns')
    .select('id')
    .where('id', 'in', campaignIds)
    .where('ended_at', 'is not', null)
    .execute()
  return new Set(rows.map((row) => row.id))
}
