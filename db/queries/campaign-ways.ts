import { sql } from 'kysely'
import type { Trx } from '../client.ts'
import type { Id } from '../types.ts'
import { IS_ALIVE } from './workers.ts'

/** One of the transports that a campaign may go by. */
export type Way = Readonly<{
  transportId: Id
  weight: number
  /** Messages that it was given. */
  taken: number
  /** It goes on just now: a worker lives and asks for rows, it does not rest, and its own limits leave room. */
  open: boolean
}>

/** Whether it can go on without that transport: another of its ways does not rest, and a worker serves it. */
export async function hasOtherWay(trx: Trx, campaignId: Id, transportId: Id): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select from campaign_transports as w join transports as t on t.id = w.transport_id
      where w.campaign_id = ${campaignId} and t.id <> ${transportId} and t.rests_until <= clock_timestamp()
        and exists (select from workers where workers.transport_id = t.id and ${IS_ALIVE})) as has`.execute(
    trx,
  )
  return rows[0]?.has ?? false
}

/** @param weights in place of the transports' own */
export async function insertWays(
  trx: Trx,
  campaignId: Id,
  transportIds: readonly Id[],
  weights: ReadonlyMap<Id, number> = new Map(),
): Promise<void> {
  const own = transportIds.map((id) => weights.get(id) ?? null)
  await sql`
    insert into campaign_transports (campaign_id, transport_id, weight)
    select ${campaignId}, id, coalesce(own, weight)
    from transports join unnest(${transportIds}::bigint[], ${own}::float8[]) as g (id, own) using (id)`.execute(
    trx,
  )
}

/** All ways of the campaign, locked until the transaction ends. Says that `transportId` has asked for rows. */
export async function lockWays(trx: Trx, campaignId: Id, transportId: Id): Promise<Way[]> {
  await sql`
    select from campaign_transports where campaign_id = ${campaignId} order by transport_id for no key update`.execute(
    trx,
  )
  const { rows } = await sql<Way>`
    with asked as (
      update campaign_transports set asked_at = clock_timestamp()
      where campaign_id = ${campaignId} and transport_id = ${transportId}
    )
    select w.transport_id as "transportId", w.weight, w.taken,
      w.asked_at > clock_timestamp() - interval '5 s' and t.rests_until <= clock_timestamp()
        and t.next_slot_at < clock_timestamp() + interval '500 ms'
        and exists (select from workers where workers.transport_id = t.id and ${IS_ALIVE}) as open
    from campaign_transports as w join transports as t on t.id = w.transport_id
    where w.campaign_id = ${campaignId} order by w.transport_id`.execute(trx)
  return rows
}

/** Under the lock. */
export async function setTaken(
  trx: Trx,
  campaignId: Id,
  taken: readonly { transportId: Id; taken: number }[],
): Promise<void> {
  await sql`
    update campaign_transports as w set taken = g.taken
    from unnest(${taken.map((each) => each.transportId)}::bigint[], ${taken.map((each) => each.taken)}::float8[])
      as g (transport_id, taken)
    where w.campaign_id = ${campaignId} and w.transport_id = g.transport_id`.execute(trx)
}
