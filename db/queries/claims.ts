import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

/** Of a claim, from the moment it is made or renewed. */
export const LEASE_SECONDS = 60

/** @returns those that were not over and last a whole lease from now on */
export async function renewClaims(db: Db, ids: readonly Id[]): Promise<Set<Id>> {
  const { rows } = await sql<{ id: Id }>`
    update claims set lease_until = now() + ${LEASE_SECONDS} * interval '1 second'
    where id = any(${ids}::bigint[]) and lease_until > now()
    returning id`.execute(db)
  return new Set(rows.map((row) => row.id))
}

/** Takes away the claims whose lease is over. Their rows are to be settled in the same transaction. */
export async function deleteLostClaims(
  trx: Trx,
  limit: number,
): Promise<{ id: Id; campaignId: Id | null; transportId: Id | null }[]> {
  const { rows } = await sql<{ id: Id; campaignId: Id | null; transportId: Id | null }>`
    delete from claims where id in (
      select id from claims where lease_until < now() order by id limit ${limit} for update skip locked)
    returning id, campaign_id as "campaignId", transport_id as "transportId"`.execute(trx)
  return rows
}

const BEAT_MS = 2_500

/**
 * Runs it in one process at a time. The lock is a transaction's, on a connection of its own, so that it goes when the
 * process does; what runs under it commits by itself.
 * @returns null: another one is at it
 */
export async function underSweepLock<T>(
  db: Db,
  run: () => Promise<T>,
  which: 'sweep' | 'feedback sweep' = 'sweep',
): Promise<T | null> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(${`postrider ${which}`}, 0)) as locked`.execute(
      trx,
    )
    if (!rows[0]?.locked) return null
    // Postgres ends a transaction that says nothing (db/client.ts), and with it that of a process that is stopped.
    const beat = setInterval(() => {
      sql`select 1`.execute(trx).catch(() => {})
    }, BEAT_MS)
    try {
      return await run()
    } finally {
      clearInterval(beat)
    }
  })
}
