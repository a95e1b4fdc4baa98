import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id, SuppressionReason } from '../types.ts'

export type NewSuppression = Readonly<{
  addressHash: Buffer
  address: string | null
  reason: SuppressionReason
  evidenceId: Id | null
  note: string
  /** null: until it is lifted */
  expiresAt: Date | null
}>

/** False where one stands that lasts as long. One that has run out, or would, makes room and keeps its trace. */
export async function insertSuppression(trx: Trx, suppression: NewSuppression): Promise<boolean> {
  await sql`
    update suppressions set lifted_at = now(), lifted_note = case when expires_at <= now() then 'expired' else 'replaced' end
    where address_hash = ${suppression.addressHash} and lifted_at is null
      and (expires_at <= now() or expires_at < coalesce(${suppression.expiresAt}::timestamptz, 'infinity'))`.execute(
    trx,
  )
  const row = await trx
    .insertInto('suppressions')
    .values({
      address_hash: suppression.addressHash,
      address: suppression.address,
      reason: suppression.reason,
      evidence_id: suppression.evidenceId,
      note: suppression.note,
      expires_at: suppression.expiresAt,
    })
    .onConflict((conflict) =>
      conflict.column('address_hash').where('lifted_at', 'is', null).doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Throws where it cannot be asked: then nothing is sent. */
export async function hasStandingSuppression(db: Db, addressHash: Buffer): Promise<boolean> {
  const result = await sql<{ stands: boolean }>`
    select exists (select from suppressions where address_hash = ${addressHash}
      and lifted_at is null and (expires_at is null or expires_at > now())) as stands`.execute(db)
  const stands = result.rows[0]?.stands
  if (stands === undefined) throw new Error('no answer about a suppression')
  return stands
}

export type SuppressionLine = Readonly<{
  id: Id
  address: string | null
  reason: SuppressionReason
  note: string
  evidenceId: Id | null
  createdAt: Date
  expiresAt: Date | null
  liftedAt: Date | null
  liftedNote: string | null
}>

/** Newest first. `lifted`: also those that stand no more. */
export async function suppressionLines(
  db: Db,
  filter: { lifted: boolean; addressHash?: Buffer; before?: Id; limit: number },
): Promise<SuppressionLine[]> {
  return db
    .selectFrom('suppressions')
    .select(['id', 'address', 'reason', 'note', 'evidence_id as evidenceId'])
    .select(['created_at as createdAt', 'expires_at as expiresAt'])
    .select(['lifted_at as liftedAt', 'lifted_note as liftedNote'])
    .$if(!filter.lifted, (query) =>
      query
        .where('lifted_at', 'is', null)
        .where((eb) =>
          eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]),
        ),
    )
    .$if(filter.addressHash !== undefined, (query) =>
      query.where('address_hash', '=', filter.addressHash as Buffer),
    )
    .$if(filter.before !== undefined, (query) => query.where('id', '<', filter.before as Id))
    .orderBy('id', 'desc')
    .limit(filter.limit)
    .execute()
}

/** False where none stands. Guarded: a lifting is written once. */
export async function liftStandingSuppression(
  db: Db,
  by: { addressHash: Buffer } | { id: Id },
  note: string,
  now: Date,
): Promise<boolean> {
  const result = await db
    .updateTable('suppressions')
    .set({ lifted_at: now, lifted_note: note })
    .where('lifted_at', 'is', null)
    .where((eb) => ('id' in by ? eb('id', '=', by.id) : eb('address_hash', '=', by.addressHash)))
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}
