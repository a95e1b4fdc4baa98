import type { Db } from '../client.ts'

/** Notes that this key makes links now, and answers with every key that has ever made some here. */
export async function noteKeyId(db: Db, keyId: number): Promise<number[]> {
  await db
    .insertInto('key_ids')
    .values({ key_id: keyId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const rows = await db.selectFrom('key_ids').select('key_id').orderBy('key_id').execute()
  return rows.map((row) => row.key_id)
}
