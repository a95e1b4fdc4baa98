import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

/** By key id; 0 is the key of address hashes. */
export type Fingerprints = ReadonlyMap<number, Buffer>

/** Every key that this database has links or hashes of. */
export async function usedKeys(db: Db | Trx): Promise<Fingerprints> {
  const rows = await db.selectFrom('key_ids').select(['key_id', 'fingerprint']).execute()
  return new Map(rows.map((row) => [row.key_id, row.fingerprint]))
}

/**
 * Notes that these keys are used from now on; one that is there already stays as it is. Waits for whoever notes the same
 * id: put the address key (0) first, so that none waits for another in a circle.
 */
export async function noteKeys(trx: Trx, fingerprints: Fingerprints): Promise<void> {
  await trx
    .insertInto('key_ids')
    .values([...fingerprints].map(([key_id, fingerprint]) => ({ key_id, fingerprint })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function forgetKeyIds(trx: Trx, ids: readonly number[]): Promise<void> {
  await trx.deleteFrom('key_ids').where('key_id', 'in', ids).execute()
}

export type KeyUse = Readonly<{
  keyId: number
  /** Campaigns whose links and return paths are made with it. */
  campaigns: number
  /** One that may still mail; null: none. */
  open: Id | null
  /** When the last one ended. */
  lastEndedAt: Date | null
}>

export async function keyUses(db: Db): Promise<KeyUse[]> {
  const rows = await db
    .selectFrom('campaigns')
    .groupBy('key_id')
    .select(({ fn }) => [
      'key_id as keyId',
      sql<number>`count(*)::int`.as('campaigns'),
      sql<Id | null>`min(id) filter (where ended_at is null)::text`.as('open'),
      fn.max('ended_at').as('lastEndedAt'),
    ])
    .execute()
  return rows
}
