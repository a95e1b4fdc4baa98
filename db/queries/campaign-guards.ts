import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'
import type { CampaignRow } from './campaigns.ts'

/** `scheduled` and due, or `sending` without a sweep that saw it, for longer than its grace. In SQL: it is asked often. */
const IS_STALE = sql<boolean>`
  case state when 'scheduled' then starts_at when 'sending' then alive_at end
    < clock_timestamp() - grace_seconds * interval '1 second'`

/** Due for longer than its grace, or forsaken in mid-send. Locked; ended ones are not among them. */
export async function lockStaleCampaigns(trx: Trx): Promise<CampaignRow[]> {
  return trx
    .selectFrom('campaigns')
    .selectAll()
    .where('ended_at', 'is', null)
    .where(IS_STALE)
    .orderBy('id')
    .forNoKeyUpdate()
    .skipLocked()
    .execute()
}

/** Their time has come and they have not begun: all of them, or the one of that id. */
export async function dueCampaigns(trx: Trx, id?: Id): Promise<Id[]> {
  const rows = await trx
    .selectFrom('campaigns')
    .select('id')
    .where('state', '=', 'scheduled')
    .where('starts_at', '<=', sql<Date>`clock_timestamp()`)
    .$if(id !== undefined, (query) => query.where('id', '=', id as Id))
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Those that are sending: somebody is here. Written once a minute. */
export async function noteAlive(db: Db): Promise<void> {
  await db
    .updateTable('campaigns')
    .set({ alive_at: sql<Date>`now()` })
    .where('state', '=', 'sending')
    .where(
      sql<boolean>`coalesce(alive_at, '-infinity') < now() - interval '1 minute' and not coalesce(${IS_STALE}, false)`,
    )
    .execute()
}
