import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

/** A worker that has not shown itself for so long is taken for dead. It does so every 5 s. */
const ALIVE_WITHIN = sql`interval '15 seconds'`
/** Of a `workers` row: it lives, and takes work. */
export const IS_ALIVE = sql<boolean>`(heartbeat_at > now() - ${ALIVE_WITHIN} and not stopping)`

/** One process by one transport: where it has several, it is as many workers. Rows of workers long dead go with it. */
export async function insertWorker(
  db: Db,
  worker: { host: string; pid: number; transportId: Id },
): Promise<Id> {
  const { host, pid, transportId: transport_id } = worker
  await db
    .deleteFrom('workers')
    .where('heartbeat_at', '<', sql<Date>`now() - interval '1 day'`)
    .execute()
  const row = await db
    .insertInto('workers')
    .values({ host, pid, transport_id })
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

/** Those that live and take work: of one transport, or one of each process where none is named. */
export async function aliveWorkerIds(db: Db, transportId?: Id): Promise<Id[]> {
  const alive = db.selectFrom('workers').select('id').where(IS_ALIVE)
  const rows = await (transportId === undefined
    ? alive.distinctOn(['host', 'pid']).orderBy('host').orderBy('pid').orderBy('id')
    : alive.where('transport_id', '=', transportId).orderBy('id')
  ).execute()
  return rows.map((row) => row.id)
}

/** For each of these campaigns, the workers that live and serve one of its transports. */
export async function aliveWorkersOf(
  db: Db,
  campaignIds: readonly Id[],
): Promise<{ campaignId: Id; workerId: Id }[]> {
  if (campaignIds.length === 0) return []
  return db
    .selectFrom('campaign_transports as w')
    .innerJoin('workers', 'workers.transport_id', 'w.transport_id')
    .select(['w.campaign_id as campaignId', 'workers.id as workerId'])
    .where('w.campaign_id', 'in', campaignIds)
    .where(IS_ALIVE)
    .orderBy('w.campaign_id')
    .orderBy('workers.id')
    .execute()
}
