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

/** For what turned out to be kept already. */
export async function deleteEvidence(trx: Trx, id: Id): Promise<void> {
  await trx.deleteFrom('evidence').where('id', '=', id).execute()
}
