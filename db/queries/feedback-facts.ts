import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { DeliveryState, Id } from '../types.ts'

export type DeliveryKey = Readonly<{ campaignId: Id; subscriberId: Id }>

/** What the ledger says of the delivery that an event is about. */
export type KnownDelivery = DeliveryKey &
  Readonly<{
    newsletterId: Id
    state: DeliveryState
    attempts: number
    /** The first time that it was handed to a server. */
    firstAt: Date | null
    /** Since when it has its state. */
    settledAt: Date
    addressHash: Buffer
    /** The text of it, where a subscriber still has that address. */
    address: string | null
  }>

const KNOWN = sql`d.campaign_id as "campaignId", d.subscriber_id as "subscriberId", c.newsletter_id as "newsletterId",
  d.state, d.attempts, d.first_at as "firstAt", d.due_at as "settledAt", d.address_hash as "addressHash", s.address`

/** Those that there are. By the hash that was mailed, not by the reader's id: they may have changed the address since. */
export async function findDeliveries(
  db: Db,
  keys: readonly DeliveryKey[],
): Promise<KnownDelivery[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<KnownDelivery>`
    select ${KNOWN} from unnest(${keys.map((key) => key.campaignId)}::bigint[],
      ${keys.map((key) => key.subscriberId)}::bigint[]) as g (campaign_id, subscriber_id)
    join deliveries as d on d.campaign_id = g.campaign_id and d.subscriber_id = g.subscriber_id
    join campaigns as c on c.id = d.campaign_id
    left join subscribers as s on s.address_hash = d.address_hash`.execute(db)
  return rows
}

/** They were taken after all. @returns how many had been uncertain */
export async function settleUncertain(trx: Trx, keys: readonly DeliveryKey[]): Promise<number> {
  if (keys.length === 0) return 0
  const result = await sql`
    update deliveries as d set state = 'accepted', reason = null
    from unnest(${keys.map((key) => key.campaignId)}::bigint[], ${keys.map((key) => key.subscriberId)}::bigint[])
      as g (campaign_id, subscriber_id)
    where d.campaign_id = g.campaign_id and d.subscriber_id = g.subscriber_id and d.state = 'uncertain'`.execute(
    trx,
  )
  return Number(result.numAffectedRows ?? 0n)
}

export type SoftFailure = Readonly<{
  addressHash: Buffer
  campaignId: Id
  subscriberId: Id
  at: Date
}>

/** Soft bounces that count, one a delivery, oldest first. `at`: when it was handed over, where the ledger still knows. */
export async function softFailures(
  db: Db,
  addressHashes: readonly Buffer[],
  /** Fewer cannot make a series: such addresses are left out. */
  atLeast: number,
): Promise<SoftFailure[]> {
  if (addressHashes.length === 0) return []
  const { rows } = await sql<SoftFailure>`
    with failed as materialized (
      select address_hash, campaign_id, subscriber_id, min(at) as at from feedback_events
      where address_hash = any(${addressHashes}::bytea[]) and proven and kind = 'bounce' and type = 'soft'
      group by address_hash, campaign_id, subscriber_id
    ), counted as materialized (
      select * from failed where address_hash in (
        select address_hash from failed group by address_hash having count(*) >= ${atLeast})
    )
    select f.address_hash as "addressHash", f.campaign_id as "campaignId", f.subscriber_id as "subscriberId",
      coalesce(d.due_at, f.at) as at
    from counted as f left join deliveries as d on d.campaign_id = f.campaign_id and d.subscriber_id = f.subscriber_id
    order by at, f.campaign_id`.execute(db)
  return rows
}

/** A report within this time makes an acceptance none: behind a relay every bounce follows an acceptance. */
export const SUCCESS_AFTER_HOURS = 72

/**
 * When each address was last mailed with success: accepted, long enough ago, and no report of a bounce since.
 * @param since the oldest campaign that matters
 */
export async function lastSuccesses(
  db: Db,
  addressHashes: readonly Buffer[],
  since: Id,
  now: Date,
): Promise<{ addressHash: Buffer; at: Date }[]> {
  if (addressHashes.length === 0) return []
  const { rows } = await sql<{ addressHash: Buffer; at: Date }>`
    select g.hash as "addressHash", max(d.due_at) as at from unnest(${addressHashes}::bytea[]) as g (hash)
    join subscribers as s on s.address_hash = g.hash
    join deliveries as d on d.subscriber_id = s.id and d.campaign_id >= ${since} and d.address_hash = g.hash
      and d.state = 'accepted' and d.due_at < ${now}::timestamptz - ${SUCCESS_AFTER_HOURS} * interval '1 hour'
    where not exists (select from feedback_events as f where f.campaign_id = d.campaign_id
      and f.subscriber_id = d.subscriber_id and f.kind = 'bounce' and f.proven)
    group by g.hash`.execute(db)
  return rows
}
