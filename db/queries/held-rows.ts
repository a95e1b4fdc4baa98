import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'
import { partitionOf } from './partition.ts'

/** Whose rows: one campaign's deliveries, or (null) the outbox. They have the same states and are settled alike. */
export type Rows = Id | null

function tableOf(rows: Rows): {
  table: RawBuilder<unknown>
  key: RawBuilder<unknown>
  ours: RawBuilder<unknown>
} {
  return rows === null
    ? { table: sql`outbox`, key: sql`d.id`, ours: sql`true` }
    : { table: partitionOf(rows), key: sql`d.subscriber_id`, ours: sql`d.campaign_id = ${rows}` }
}

export type SettledState = 'queued' | 'deferred' | 'accepted' | 'rejected' | 'failed' | 'uncertain'

/** What becomes of a row that a claim holds. */
export type Settlement = Readonly<{
  key: Id
  claimId: Id
  state: SettledState
  reason: string | null
  replyId: Id | null
  /** From now; null: as it was (a row that goes back). */
  dueInSeconds: number | null
  deferredSeconds: number
  /** It was handed over: so long ago. null: it was not, and spends no attempt. */
  begunSecondsAgo: number | null
}>

export type SettleResult = Readonly<{
  /** Fewer than given: the lease of some was over, or they were settled before. */
  settled: number
  /** Rejections stand on the transport. */
  rowStands: boolean
}>

const WAITS = sql`g.state in ('queued', 'deferred')`

function given(settlements: readonly Settlement[]): RawBuilder<unknown> {
  const column = <K extends keyof Settlement>(name: K) => settlements.map((each) => each[name])
  return sql`unnest(${column('key')}::bigint[], ${column('claimId')}::bigint[], ${column('state')}::text[],
    ${column('reason')}::text[], ${column('replyId')}::bigint[], ${column('dueInSeconds')}::float8[],
    ${column('deferredSeconds')}::int[], ${column('begunSecondsAgo')}::float8[])
    as g (key, claim_id, state, reason, reply_id, due_in, deferred_by, begun_ago)`
}

const CHANGES = sql`
  state = g.state,
  reason = g.reason,
  reply_id = coalesce(g.reply_id, d.reply_id),
  claim_id = case when ${WAITS} then null else d.claim_id end,
  due_at = coalesce(now() + g.due_in * interval '1 second', d.due_at),
  deferred_seconds = d.deferred_seconds + g.deferred_by,
  first_at = coalesce(d.first_at, now() - g.begun_ago * interval '1 second')`

/**
 * Replies become outcomes, and claims that hold nothing more go: one statement, guarded by the claim's id, so that
 * saying it twice changes nothing.
 */
export async function settleRows(
  db: Db | Trx,
  rows: Rows,
  settlements: readonly Settlement[],
  options: { finishedClaims: readonly Id[]; transportId: Id },
): Promise<SettleResult> {
  const { table, key, ours } = tableOf(rows)
  const result = await sql<SettleResult>`/* prepared */
    with settled as (
      update ${table} as d set ${CHANGES}, attempts = d.attempts + (g.begun_ago is not null)::int
      from ${given(settlements)}
      -- Found by its key: "is true" keeps Postgres from going through all of the claim for each.
      where ${ours} and ${key} = g.key and (d.claim_id = g.claim_id) is true and d.state = 'sending'
      returning 1
    ), finished as (
      delete from claims where id = any(${options.finishedClaims}::bigint[])
    )
    select (select count(*) from settled)::int as settled,
      exists (select from rejection_row where transport_id = ${options.transportId})
        or exists (select from transports where id = ${options.transportId} and rejections_full) as "rowStands"`.execute(
    db,
  )
  return result.rows[0] as SettleResult
}

/**
 * Replies that came after the lease was over: the sweep has said `uncertain`, and now we know. A row that would wait
 * again cannot where its campaign has ended: then it has failed, and the next send of the issue chooses the reader.
 */
export async function settleLateRows(
  trx: Trx,
  rows: Rows,
  settlements: readonly Settlement[],
): Promise<void> {
  const { table, key, ours } = tableOf(rows)
  const ended =
    rows === null
      ? false
      : await trx
          .selectFrom('campaigns')
          .select('ended_at')
          .where('id', '=', rows)
          .forShare()
          .executeTakeFirstOrThrow()
          .then((campaign) => campaign.ended_at !== null)
  const known = ended ? settlements.map(failedIfWaiting) : settlements
  await sql`
    update ${table} as d set ${CHANGES} from ${given(known)}
    where ${ours} and ${key} = g.key and d.claim_id = g.claim_id and d.state = 'uncertain'`.execute(
    trx,
  )
}

function failedIfWaiting(each: Settlement): Settlement {
  if (each.state !== 'queued' && each.state !== 'deferred') return each
  return { ...each, state: 'failed', reason: 'late', dueInSeconds: 0 }
}

/** Of these, the rows that their claim still stands for, locked. */
export async function lockHeldRows(
  trx: Trx,
  rows: Rows,
  held: readonly { key: Id; claimId: Id }[],
): Promise<Set<Id>> {
  const { table, key, ours } = tableOf(rows)
  const result = await sql<{ key: Id }>`
    select ${key} as key from ${table} as d
      join unnest(${held.map((each) => each.key)}::bigint[], ${held.map((each) => each.claimId)}::bigint[])
        as g (key, claim_id) on ${key} = g.key and d.claim_id = g.claim_id
    where ${ours} and d.state in ('sending', 'uncertain')
    for update of d`.execute(trx)
  return new Set(result.rows.map((row) => row.key))
}

/** All rows of a claim of which none was begun; also where nobody knows whether that claim was committed. */
export async function giveBackClaim(db: Db, rows: Rows, claimId: Id): Promise<void> {
  const { table, ours } = tableOf(rows)
  await sql`
    with back as (
      update ${table} as d set claim_id = null, state = case when deferred_seconds > 0 then 'deferred' else 'queued' end
      where ${ours} and d.claim_id = ${claimId} and d.state = 'sending'
    )
    delete from claims where id = ${claimId}`.execute(db)
}

/** A mail is sent again by itself so often and no more: a server that never answers must not flood a reader. */
export const RESENDS = 2

/**
 * Rows of claims whose lease is over: nobody can say whether they were begun. `resends`: the newsletter wants them sent
 * again.
 * @returns how many are uncertain, and how many wait again
 */
export async function loseRows(
  trx: Trx,
  rows: Rows,
  claimIds: readonly Id[],
  resends: boolean,
): Promise<{ uncertain: number; again: number }> {
  const { table, ours } = tableOf(rows)
  const again = sql`${resends}::boolean and d.attempts < ${RESENDS}`
  const result = await sql<{ uncertain: number; again: number }>`
    with lost as (
      update ${table} as d set
        state = case when ${again} then 'queued' else 'uncertain' end,
        reason = case when ${again} then null else 'worker-lost' end,
        claim_id = case when ${again} then null else claim_id end,
        attempts = attempts + 1, first_at = coalesce(first_at, now()), due_at = now()
      where ${ours} and d.claim_id = any(${claimIds}::bigint[]) and d.state = 'sending'
      returning d.state
    )
    select (count(*) filter (where state = 'uncertain'))::int as uncertain,
      (count(*) filter (where state = 'queued'))::int as again from lost`.execute(trx)
  return result.rows[0] as { uncertain: number; again: number }
}
