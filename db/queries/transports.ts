import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

export type TransportHealth = Readonly<{
  /** Messages a second for the whole fleet; null: as fast as it takes them. */
  ratePerSecond: number | null
  /** How long the slots that are given away already last, from now. */
  backlogSeconds: number
  /** null: does not rest. */
  restsUntil: Date | null
  restsInRow: number
}>

/** The transport of that name, made or with its rate as configured now. */
export async function upsertTransport(
  db: Db,
  values: { name: string; kind: 'smtp' | 'catcher'; ratePerSecond: number | null },
): Promise<Id> {
  const changes = { kind: values.kind, rate_per_second: values.ratePerSecond }
  const row = await db
    .insertInto('transports')
    .values({ name: values.name, ...changes })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(changes))
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

/** With `lock` nobody else takes slots until the transaction ends. */
export async function transportHealth(
  db: Db | Trx,
  id: Id,
  options: { lock?: boolean } = {},
): Promise<TransportHealth> {
  const { rows } = await sql<TransportHealth>`
    select rate_per_second as "ratePerSecond", rests_in_row as "restsInRow",
      extract(epoch from greatest(next_slot_at, clock_timestamp()) - clock_timestamp())::float8 as "backlogSeconds",
      case when rests_until > clock_timestamp() then rests_until end as "restsUntil"
    from transports where id = ${id} ${sql.raw(options.lock ? 'for no key update' : '')}`.execute(
    db,
  )
  const health = rows[0]
  if (health === undefined) throw new Error(`no transport ${id}`)
  return health
}

/**
 * Time slots of the fleet, one interval apart. They begin a little ahead: the claim is still to be committed.
 * @returns how far ahead the first one is; null where the transport has no rate
 */
export async function takeSlots(
  db: Db | Trx,
  id: Id,
  count: number,
): Promise<{ firstInMs: number; intervalMs: number } | null> {
  const { rows } = await sql<{ firstInMs: number; intervalMs: number }>`
    update transports
    set next_slot_at = greatest(next_slot_at, clock_timestamp() + interval '20 ms')
      + ${count}::float8 / rate_per_second * interval '1 second'
    where id = ${id} and rate_per_second is not null
    returning 1000 / rate_per_second as "intervalMs",
      (1000 * (extract(epoch from next_slot_at - clock_timestamp())
        - ${count}::float8 / rate_per_second))::float8 as "firstInMs"`.execute(db)
  return rows[0] ?? null
}

/** Rejections are counted one worker after the other. Held until the transaction ends. */
export async function lockTransport(trx: Trx, id: Id): Promise<void> {
  await sql`select from transports where id = ${id} for no key update`.execute(trx)
}

/** Rests, unless it does already: many failures of one moment are one. */
export async function restTransport(
  trx: Trx,
  id: Id,
  rest: { reason: string; seconds: number },
): Promise<void> {
  await sql`
    update transports set rest_reason = ${rest.reason}, rests_in_row = rests_in_row + 1,
      rests_until = clock_timestamp() + ${rest.seconds}::float8 * interval '1 second'
    where id = ${id} and rests_until <= clock_timestamp()`.execute(trx)
}

/** It works: the next rest is a short one again. */
export async function endTransportRest(db: Db, id: Id): Promise<void> {
  await sql`
    update transports set rests_until = '-infinity', rest_reason = null, rests_in_row = 0
    where id = ${id} and rests_in_row > 0`.execute(db)
}

/** The same for the transport of a campaign. */
export async function endTransportRestOf(db: Db, campaignId: Id): Promise<void> {
  await sql`
    update transports set rests_until = '-infinity', rest_reason = null, rests_in_row = 0
    where id = (select transport_id from campaigns where id = ${campaignId}) and rests_in_row > 0`.execute(
    db,
  )
}
