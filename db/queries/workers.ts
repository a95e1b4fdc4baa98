import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

/** A worker that has not shown itself for so long is taken for dead. It does so every 5 s. */
const ALIVE_WITHIN = sql`interval '15 seconds'`

/** Rows of workers long dead go with it. */
export async function insertWorker(db: Db, worker: { host: string; pid: number }): Promise<Id> {
  await db
    .deleteFrom('workers')
    .where('heartbeat_at', '<', sql<Date>`now() - interval '1 day'`)
    .execute()
  const row = await db
    .insertInto('workers')
    .values(worker)
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

/** false: the row is gone, as after a restore. */
export async function beatWorker(db: Db, id: Id): Promise<boolean> {
  const result = await db
    .updateTable('workers')
    .set({ heartbeat_at: sql<Date>`now()` })
    .where('id', '=', id)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** From now on nothing is rung for it. */
export async function markWorkerStopping(db: Db, id: Id): Promise<void> {
  await db.updateTable('workers').set({ stopping: true }).where('id', '=', id).execute()
}

export async function deleteWorker(db: Db, id: Id): Promise<void> {
  await db.deleteFrom('workers').where('id', '=', id).execute()
}

/** Those that live and take work. */
export async function aliveWorkerIds(db: Db): Promise<Id[]> {
  const rows = await db
    .selectFrom('workers')
    .select('id')
    .where('heartbeat_at', '>', sql<Date>`now() - ${ALIVE_WITHIN}`)
    .where('stopping', '=', false)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}
