import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id, TransportKind } from '../types.ts'

export type TransportHealth = Readonly<{
  /** Messages a second for the whole fleet; null: as fast as it takes them. */
  ratePerSecond: number | null
  /** How long the slots that are given away already last, from now. */
  backlogSeconds: number
  /** null: does not rest. */
  restsUntil: Date | null
  restsInRow: number
  /** Messages within any such time, for the whole fleet; null: no limit. */
  perMinute: number | null
  perHour: number | null
  perDay: number | null
  /** Messages to each provider on the first day; null: no warm-up. */
  warmUpFrom: number | null
  /** Its relay knows a message that is handed over twice, for so long; null: it does not. */
  idempotentSeconds: number | null
}>

export type TransportValues = Readonly<{
  name: string
  kind: TransportKind
  ratePerSecond: number | null
  perMinute: number | null
  perHour: number | null
  perDay: number | null
  warmUpFrom: number | null
  weight: number
  /** Its relay knows a message that is handed over twice, for so long. */
  idempotentSeconds: number | null
}>

/** The transport of that name, made or with its limits as configured now. */
export async function upsertTransport(db: Db, values: TransportValues): Promise<Id> {
  const changes = {
    kind: values.kind,
    rate_per_second: values.ratePerSecond,
    per_minute: values.perMinute,
    per_hour: values.perHour,
    per_day: values.perDay,
    warm_up_from: values.warmUpFrom,
    weight: values.weight,
    idempotent_seconds: values.idempotentSeconds,
  }
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
  const { rows } = await sql<TransportHealth>`/* prepared */
    select rate_per_second as "ratePerSecond", rests_in_row as "restsInRow",
      per_minute as "perMinute", per_hour as "perHour", per_day as "perDay", warm_up_from as "warmUpFrom",
      idempotent_seconds as "idempotentSeconds",
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
 * Slots that nobody could use are made up for: the next ones are closer together by so much, for slots of at most so
 * many seconds. So a second has 4 % more than its rate at most, and a minute a third of a percent; within that a
 * machine with more work than processors keeps its average.
 */
const CATCH_UP = { by: 0.04, seconds: 0.2 }
/** Slots begin so far ahead: the claim is still to be committed. */
const LEAD_SECONDS = 0.1
/** Whoever has been away for longer had nothing to send: only workers that were too busy to ask are owed anything. */
const AWAY_SECONDS = 1

/** Times are milliseconds of Postgres's clock. */
export type Slots = Readonly<{ firstAt: number; intervalMs: number; now: number }>

/**
 * Time slots of the fleet, one interval apart.
 * @param late so many slots could not be used: these are taken in place of them
 * @returns null where the transport has no rate
 */
export async function takeSlots(
  db: Db | Trx,
  id: Id,
  count: number,
  late = 0,
): Promise<Slots | null> {
  const { rows } = await sql<Slots>`/* prepared */
    with old as materialized (
      select next_slot_at, owed_seconds, clock_timestamp() as at, ${count}::float8 / rate_per_second as span,
        ${late}::float8 / rate_per_second as late
      from transports where id = ${id} and rate_per_second is not null for no key update
    ), start as (
      select *, greatest(next_slot_at, at + ${LEAD_SECONDS} * interval '1 second') as first,
        extract(epoch from at - next_slot_at) + ${LEAD_SECONDS} as idle from old
    ), owing as (
      select *, least(${CATCH_UP.seconds}, owed_seconds + late
        + case when idle between 0 and ${AWAY_SECONDS}::float8 then idle else 0 end) as owed from start
    ), taking as (
      select *, least(owed, span * ${1 - 1 / (1 + CATCH_UP.by)}::float8) as made_up from owing
    )
    update transports as t
    set next_slot_at = g.first + (g.span - g.made_up) * interval '1 second', owed_seconds = g.owed - g.made_up
    from taking as g where t.id = ${id}
    returning (1000 * extract(epoch from g.first))::float8 as "firstAt",
      1000 * (g.span - g.made_up) / ${count} as "intervalMs", (1000 * extract(epoch from g.at))::float8 as now`.execute(
    db,
  )
  return rows[0] ?? null
}

/** Rejections are counted one worker after the other. Held until the transaction ends. */
export async function lockTransport(trx: Trx, id: Id): Promise<void> {
  await sql`select from transports where id = ${id} for no key update`.execute(trx)
}

/**
 * Rests, unless it does already: many failures of one moment are one.
 * @returns how many rests that is since it last took a message; null: it does already
 */
export async function restTransport(
  trx: Trx,
  id: Id,
  rest: { reason: string; seconds: number },
): Promise<number | null> {
  const { rows } = await sql<{ inRow: number }>`
    update transports set rest_reason = ${rest.reason}, rests_in_row = rests_in_row + 1,
      rests_until = clock_timestamp() + ${rest.seconds}::float8 * interval '1 second'
    where id = ${id} and rests_until <= clock_timestamp()
    returning rests_in_row as "inRow"`.execute(trx)
  return rows[0]?.inRow ?? null
}

/** It works: the next rest is a short one again. */
export async function endTransportRest(db: Db, id: Id): Promise<void> {
  await sql`
    update transports set rests_until = '-infinity', rest_reason = null, rests_in_row = 0
    where id = ${id} and rests_in_row > 0`.execute(db)
}

/** The same for the transports of a campaign. */
export async function endTransportRestOf(db: Db, campaignId: Id): Promise<void> {
  await sql`
    update transports set rests_until = '-infinity', rest_reason = null, rests_in_row = 0
    where id in (select transport_id from campaign_transports where campaign_id = ${campaignId})
      and rests_in_row > 0`.execute(db)
}
