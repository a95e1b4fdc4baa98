import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

/** What one provider of a campaign has room for on a transport. */
export type ProviderRoom = Readonly<{
  providerId: number
  /** Rows that the campaign has of it, in all. */
  rows: number
  /** Transports that the campaign may go by. */
  ways: number
  /** Whether anything below holds. */
  limited: boolean
  /** Messages a second now, after what slowed it; 0: none; null: as fast as it takes them. */
  ratePerSecond: number | null
  /** How long the slots that are given away already last, from now. */
  backlogSeconds: number
  /** At most so many messages in windows; null: any number. */
  inFlight: number | null
  /** So many there are. */
  held: number
  /** Where it takes none: for how long. */
  stopsForSeconds: number
  warmLevel: number
  /** A day in UTC; null: nothing was counted yet. `dayTaken`, `dayTroubles`: of it. */
  day: string | null
  today: string
  dayTaken: number
  dayTroubles: number
}>

/** Slowed, and then faster again: twice as fast every five minutes, until nothing is left of it. */
const RECOVERY_SECONDS = 300
const FAST_ENOUGH = 1_000
const SLOWED = sql`case
  when p.slow_rate is null then null
  when p.slow_until > clock_timestamp() then p.slow_rate
  when extract(epoch from clock_timestamp() - p.slow_until) > ${sql.lit(RECOVERY_SECONDS * 20)} then null
  else nullif(least(${sql.lit(FAST_ENOUGH)}, greatest(p.slow_rate, 1.0 / 60)
    * 2 ^ (extract(epoch from clock_timestamp() - p.slow_until) / ${sql.lit(RECOVERY_SECONDS)})), ${sql.lit(FAST_ENOUGH)}) end`
const IN_FLIGHT = sql`least(p.in_flight, case when p.slow_until > clock_timestamp() then p.slow_in_flight end)`

const ROOM = sql`
  coalesce(least(p.rate_per_second, ${SLOWED}), null)::float8 as "ratePerSecond",
  coalesce(extract(epoch from greatest(p.next_slot_at, clock_timestamp()) - clock_timestamp()), 0)::float8 as "backlogSeconds",
  ${IN_FLIGHT} as "inFlight",
  greatest(extract(epoch from p.slow_until - clock_timestamp()), 0)::float8 as "stopsForSeconds",
  coalesce(p.warm_level, 0) as "warmLevel", p.day, (now() at time zone 'utc')::date as today,
  coalesce(p.day_taken, 0) as "dayTaken", coalesce(p.day_troubles, 0) as "dayTroubles"`

/** Of all providers that the campaign has rows of. Not locked: a look that tells whether there is anything to lock. */
export async function providerRooms(
  trx: Trx,
  campaignId: Id,
  transportId: Id,
): Promise<ProviderRoom[]> {
  const { rows } = await sql<ProviderRoom>`/* prepared */
    select c.provider_id as "providerId", c.rows,
      (select count(*)::int from campaign_transports where campaign_id = ${campaignId}) as ways,
      p.provider_id is not null and (p.rate_per_second is not null or ${SLOWED} is not null or ${IN_FLIGHT} is not null)
        as limited,
      ${ROOM}, 0 as held
    from campaign_providers as c
      left join provider_pace as p on p.provider_id = c.provider_id and p.transport_id = ${transportId}
    where c.campaign_id = ${campaignId}`.execute(trx)
  return rows
}

/** The same of those that are limited, locked until the transaction ends: what they have room for is taken in it. */
export async function lockProviderRooms(
  trx: Trx,
  transportId: Id,
  providerIds: readonly number[],
): Promise<Map<number, Omit<ProviderRoom, 'rows' | 'ways'>>> {
  await sql`
    insert into provider_pace (transport_id, provider_id) select ${transportId}, id
    from unnest(${providerIds}::smallint[]) as given (id)
    where not exists (select from provider_pace where transport_id = ${transportId} and provider_id = id)
    order by id on conflict do nothing`.execute(trx)
  await sql`
    select from provider_pace where transport_id = ${transportId} and provider_id = any(${providerIds}::smallint[])
    order by provider_id for no key update`.execute(trx)
  // A statement of its own: what was taken while the lock was waited for is in its snapshot.
  const { rows } = await sql<Omit<ProviderRoom, 'rows' | 'ways'>>`
    select p.provider_id as "providerId", true as limited, ${ROOM},
      (select coalesce(sum((c.held ->> p.provider_id::text)::int), 0)::int from claims as c
        where c.transport_id = p.transport_id and c.held ? p.provider_id::text) as held
    from provider_pace as p
    where p.transport_id = ${transportId} and p.provider_id = any(${providerIds}::smallint[])`.execute(
    trx,
  )
  return new Map(rows.map((row) => [row.providerId, row]))
}

export type Taking = Readonly<{
  providerId: number
  count: number
  /** As its room said; null: it has no rate, and no slots. */
  ratePerSecond: number | null
  warmLevel: number
}>

/**
 * Takes what a claim got of limited providers: slots, one interval apart, and a part of the day.
 * @returns by provider, when its first slot is, in milliseconds of Postgres's clock, and what that clock says now
 */
export async function takeProviderSlots(
  trx: Trx,
  transportId: Id,
  takings: readonly Taking[],
): Promise<{ firstAt: Map<number, number>; now: number }> {
  const column = <K extends keyof Taking>(name: K) => takings.map((each) => each[name])
  const { rows } = await sql<{ providerId: number; firstAt: number | null; now: number }>`
    update provider_pace as p set
      next_slot_at = case when g.rate is null then p.next_slot_at
        else greatest(p.next_slot_at, clock_timestamp() + interval '100 ms') + g.count / g.rate * interval '1 second' end,
      warm_level = g.warm_level,
      day_taken = case when p.day = (now() at time zone 'utc')::date then p.day_taken else 0 end + g.count,
      day_troubles = case when p.day = (now() at time zone 'utc')::date then p.day_troubles else 0 end,
      day = (now() at time zone 'utc')::date
    from unnest(${column('providerId')}::smallint[], ${column('count')}::int[], ${column('ratePerSecond')}::float8[],
      ${column('warmLevel')}::smallint[]) as g (id, count, rate, warm_level)
    where p.transport_id = ${transportId} and p.provider_id = g.id
    returning p.provider_id as "providerId",
      (1000 * (extract(epoch from p.next_slot_at) - g.count / g.rate))::float8 as "firstAt",
      (1000 * extract(epoch from clock_timestamp()))::float8 as now`.execute(trx)
  const firstAt = new Map<number, number>()
  for (const row of rows) if (row.firstAt !== null) firstAt.set(row.providerId, row.firstAt)
  return { firstAt, now: rows[0]?.now ?? Number.NaN }
}

/** What a claim holds of providers with a limit of messages in flight; it ends with the claim. */
export async function noteHeld(
  trx: Trx,
  claimId: Id,
  held: Readonly<Record<number, number>>,
): Promise<void> {
  await sql`update claims set held = ${JSON.stringify(held)}::jsonb where id = ${claimId}`.execute(
    trx,
  )
}

/** Rows that were given back take nothing of the day. */
export async function returnToDay(
  db: Db,
  transportId: Id,
  back: readonly { providerId: number; count: number }[],
): Promise<void> {
  await sql`
    update provider_pace as p set day_taken = greatest(0, p.day_taken - g.count)
    from unnest(${back.map((each) => each.providerId)}::smallint[], ${back.map((each) => each.count)}::int[]) as g (id, count)
    where p.transport_id = ${transportId} and p.provider_id = g.id and p.day = (now() at time zone 'utc')::date`.execute(
    db,
  )
}

/** Spans that a transport may be limited over, in seconds. */
export const SPANS = [60, 3_600, 86_400] as const
export type Span = (typeof SPANS)[number]
const BUCKETS = 60

/** How much was taken of the last `span` seconds, the sixtieth that is half out of it counted whole. */
const takenWithin = (id: RawBuilder<unknown>, span: Span) => sql`
  (select coalesce(sum(taken), 0)::int from pace_buckets where transport_id = ${id} and span = ${sql.lit(span)}
    and bucket >= floor(extract(epoch from clock_timestamp() - ${sql.lit(span)} * interval '1 second') / ${sql.lit(span / BUCKETS)}))`

export type SpanRoom = Readonly<{ span: Span; limit: number; taken: number }>

/** Of a transport that is limited over spans, under its lock. */
export async function spanRooms(
  trx: Trx,
  transportId: Id,
  limits: readonly { span: Span; limit: number }[],
): Promise<SpanRoom[]> {
  const columns = limits.map(
    ({ span }) => sql`${takenWithin(sql`${transportId}`, span)} as ${sql.ref(`s${span}`)}`,
  )
  const { rows } = await sql<Record<string, number>>`select ${sql.join(columns)}`.execute(trx)
  return limits.map(({ span, limit }) => ({ span, limit, taken: rows[0]?.[`s${span}`] ?? 0 }))
}

/** Negative: given back, of what was taken just now. Buckets that count no more go. */
export async function takeOfSpans(
  db: Db | Trx,
  transportId: Id,
  spans: readonly Span[],
  count: number,
): Promise<void> {
  await sql`
    with gone as (
      delete from pace_buckets where transport_id = ${transportId} and span = any(${spans}::int[])
        and bucket < floor(extract(epoch from clock_timestamp()) / (span / ${sql.lit(BUCKETS)})) - ${sql.lit(BUCKETS + 2)}
    )
    insert into pace_buckets (transport_id, span, bucket, taken)
    select ${transportId}, span, floor(extract(epoch from clock_timestamp()) / (span / ${sql.lit(BUCKETS)})), ${count}
    from unnest(${spans}::int[]) as given (span)
    on conflict (transport_id, span, bucket) do update set taken = pace_buckets.taken + excluded.taken`.execute(
    db,
  )
}

/**
 * Counts that a provider asked for less.
 * @returns how often it did by that rule within the hour
 */
export async function countSignal(
  trx: Trx,
  transportId: Id,
  providerId: number,
  rule: string,
  times: number,
): Promise<number> {
  const { rows } = await sql<{ seen: number }>`
    insert into provider_signals as s (transport_id, provider_id, rule, seen)
    values (${transportId}, ${providerId}, ${rule}, ${times})
    on conflict (transport_id, provider_id, rule) do update set
      seen = case when s.since > now() - interval '1 hour' then s.seen else 0 end + excluded.seen,
      since = case when s.since > now() - interval '1 hour' then s.since else now() end
    returning seen`.execute(trx)
  return rows[0]?.seen ?? 0
}

/** It goes slower from now on. @returns false: it does already, by as much */
export async function slowProvider(
  trx: Trx,
  transportId: Id,
  providerId: number,
  slow: Readonly<{
    ratePerSecond: number
    inFlight: number | null
    seconds: number
    reason: string
  }>,
): Promise<boolean> {
  const { rows } = await sql`
    insert into provider_pace as p (transport_id, provider_id, slow_rate, slow_in_flight, slow_until, slow_reason)
    values (${transportId}, ${providerId}, ${slow.ratePerSecond}, ${slow.inFlight},
      clock_timestamp() + ${slow.seconds} * interval '1 second', ${slow.reason})
    on conflict (transport_id, provider_id) do update set
      slow_rate = excluded.slow_rate, slow_in_flight = excluded.slow_in_flight, slow_until = excluded.slow_until,
      slow_reason = excluded.slow_reason
    where p.slow_until <= clock_timestamp() or p.slow_rate is null or p.slow_rate > excluded.slow_rate
    returning 1`.execute(trx)
  return rows.length > 0
}

/** Deferrals and rejections of today, which keep a warm-up from growing. */
export async function countTroubles(
  db: Db,
  transportId: Id,
  troubles: readonly { providerId: number; count: number }[],
): Promise<void> {
  await sql`
    update provider_pace as p set day_troubles = p.day_troubles + g.count
    from unnest(${troubles.map((each) => each.providerId)}::smallint[], ${troubles.map((each) => each.count)}::int[])
      as g (id, count)
    where p.transport_id = ${transportId} and p.provider_id = g.id and p.day = (now() at time zone 'utc')::date`.execute(
    db,
  )
}

export type ProviderLimits = Readonly<{
  providerId: number
  inFlight: number | null
  ratePerSecond: number | null
}>

/** As configured now; of all others nothing is. */
export async function setProviderLimits(
  db: Db,
  transportId: Id,
  limits: readonly ProviderLimits[],
): Promise<void> {
  await sql`
    with gone as (
      update provider_pace set in_flight = null, rate_per_second = null
      where transport_id = ${transportId} and not provider_id = any(${limits.map((each) => each.providerId)}::smallint[])
        and (in_flight is not null or rate_per_second is not null)
    )
    insert into provider_pace (transport_id, provider_id, in_flight, rate_per_second)
    select ${transportId}, * from unnest(${limits.map((each) => each.providerId)}::smallint[],
      ${limits.map((each) => each.inFlight)}::int[], ${limits.map((each) => each.ratePerSecond)}::float8[])
    on conflict (transport_id, provider_id) do update set
      in_flight = excluded.in_flight, rate_per_second = excluded.rate_per_second`.execute(db)
}
