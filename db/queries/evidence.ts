import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

export type EvidenceKind = 'mail' | 'reply' | 'statement' | 'payload'

/** Keeps what is behind a conclusion, as it came. Asks for a transaction: evidence without its conclusion is litter. */
export async function insertEvidence(trx: Trx, kind: EvidenceKind, raw: Buffer): Promise<Id> {
  const row = await trx
    .insertInto('evidence')
    .values({ kind, raw })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

export async function findEvidence(
  db: Db,
  id: Id,
): Promise<{ kind: EvidenceKind; raw: Buffer; createdAt: Date } | null> {
  const row = await db
    .selectFrom('evidence')
    .select(['kind', 'raw', 'created_at as createdAt'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** By id. */
export async function evidenceOf(db: Db, ids: readonly Id[]): Promise<Map<Id, Buffer>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('evidence')
    .select(['id', 'raw'])
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, row.raw]))
}

/**
 * Empties what is older, a piece of so many; what waits to be read is left. What was concluded from it stays.
 * @returns how many
 */
export async function clearEvidence(db: Db, olderThan: Date, limit: number): Promise<number> {
  const result = await sql`
    update evidence as v set raw = '', cleared_at = now()
    where id in (
      select id from evidence where cleared_at is null and created_at < ${olderThan} order by created_at limit ${limit}
    ) and not exists (select from feedback_events as f where f.evidence_id = v.id and f.handled_at is null)
      and not exists (select from webhook_posts as w where w.evidence_id = v.id and w.handled_at is null)`.execute(
    db,
  )
  return Number(result.numAffectedRows ?? 0n)
}

/** For what turned out to be kept already. */
export async function deleteEvidence(trx: Trx, id: Id): Promise<void> {
  await trx.deleteFrom('evidence').where('id', '=', id).execute()
}
