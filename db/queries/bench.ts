import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

export type CampaignTimes = Readonly<{
  /** From the making of the campaign, in seconds. */
  preparedAfter: number | null
  firstBegunAfter: number | null
  lastSettledAfter: number | null
  /** Of the partition, with its indexes. */
  ledgerBytes: number
}>

/** When things happened, by the clock of Postgres. */
export async function campaignTimes(db: Db, campaignId: Id): Promise<CampaignTimes> {
  const { rows } = await sql<CampaignTimes>`
    select extract(epoch from c.prepared_at - c.created_at)::float8 as "preparedAfter",
      extract(epoch from d.first - c.created_at)::float8 as "firstBegunAfter",
      extract(epoch from d.last - c.created_at)::float8 as "lastSettledAfter",
      pg_total_relation_size(('deliveries_' || c.id)::regclass)::float8 as "ledgerBytes"
    from campaigns as c, lateral (
      select min(first_at) as first, max(due_at) as last from deliveries where campaign_id = c.id) as d
    where c.id = ${campaignId}`.execute(db)
  return rows[0] as CampaignTimes
}

/** Whether it has ended, or waits for a person; a look at one row. */
export async function campaignRests(db: Db, campaignId: Id): Promise<string | null> {
  const row = await db
    .selectFrom('campaigns')
    .select(['state', 'reason'])
    .where('id', '=', campaignId)
    .executeTakeFirstOrThrow()
  return row.state === 'sending' || row.state === 'scheduled'
    ? null
    : [row.state, row.reason].filter(Boolean).join(': ')
}

/** Of the embedded server, which lets its superuser read its files. */
export async function postmasterPid(db: Db): Promise<number> {
  const { rows } = await sql<{ pid: number }>`
    select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int as pid`.execute(db)
  return rows[0]?.pid ?? 0
}
