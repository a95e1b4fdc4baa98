import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { PostriderError } from '../../src/errors.ts'
import { connect, isDataFault } from '../client.ts'
import { migrate, migrationNames } from '../migrate.ts'
import { type CarriedTable, type Contents, quote, quoted } from './snapshot.ts'

/** What could not be known of the time after the snapshot, by campaign. */
export type OpenCampaign = Readonly<{
  campaign: string
  newsletter: string
  issue: string
  /** Not mailed when the snapshot was taken; who of them was mailed after it is not known. */
  open: number
  /** Were on their way just then. */
  uncertain: number
}>

export type Refilled = Readonly<{
  rows: Readonly<Record<string, number>>
  open: readonly OpenCampaign[]
}>

export type Refill = Readonly<{
  contents: Contents
  read(table: CarriedTable): Promise<Readable>
  /** Throws where what was read is not what was written; asked before anything is kept. */
  verify(table: CarriedTable, rows: number): void
  /** What to throw where Postgres does not take what was read for rows of the table. */
  unfit(table: CarriedTable, error: Error): unknown
  /** Why open campaigns are paused; null: nothing can have happened since, and they go on. */
  pauseBecause: string | null
}>

/**
 * Ids of campaigns stand in return paths and Message-IDs: one that was made after the snapshot must never be taken for
 * a later one.
 */
const CAMPAIGN_IDS_SKIPPED = 10_000

/**
 * Fills an empty database, all of it or nothing. Its schema is first that of the snapshot, and at the end the newest.
 * @throws PostriderError refused, where it is not empty or the snapshot is of a newer version
 */
export async function refill(url: string, from: Refill): Promise<Refilled> {
  await makeSchemaOf(url, from.contents)
  const client = new pg.Client({ connectionString: url, application_name: 'postrider-carry' })
  client.on('error', () => {})
  await client.connect()
  let refilled: Refilled
  try {
    await client.query('begin')
    await empty(client, from.contents.tables)
    for (const id of from.contents.partitions) await makePartition(client, id)
    const rows = await copyAll(client, from)
    const open = await settleWhatWasOpen(client, from.pauseBecause)
    await skipUsedIds(client)
    await client.query('commit')
    await client.query('analyze')
    refilled = { rows, open }
  } finally {
    await client.end()
  }
  await toNewestSchema(url)
  return refilled
}

async function makeSchemaOf(url: string, { migrations }: Contents): Promise<void> {
  const known = await migrationNames()
  const strange = migrations.filter((name) => !known.includes(name))
  if (strange.length > 0) {
    throw new PostriderError(
      'refused',
      `the data are of a newer Postrider (${strange.join(', ')}): take that version`,
    )
  }
  const db = connect(url, { max: 1 })
  try {
    await migrate(db, { through: migrations.at(-1) ?? '' })
  } finally {
    await db.destroy()
  }
}

async function toNewestSchema(url: string): Promise<void> {
  const db = connect(url, { max: 1 })
  try {
    await migrate(db)
  } finally {
    await db.destroy()
  }
}

/** What migrations and a first start write by themselves is no loss; what people brought would be. */
const OF_PEOPLE = ['newsletters', 'subscribers', 'suppressions']

async function empty(client: pg.Client, tables: readonly CarriedTable[]): Promise<void> {
  // Held until the end: who writes meanwhile waits, and finds what came.
  const all = quoted(tables.map(({ name }) => name))
  await client.query(`lock table ${all} in access exclusive mode`)
  for (const name of OF_PEOPLE) {
    const { rows } = await client.query(`select 1 from ${quote(name)} limit 1`)
    if (rows.length > 0) {
      throw new PostriderError(
        'refused',
        `the database is not empty (table ${name} has rows): name one that is, and nothing is overwritten`,
      )
    }
  }
  for (const { name, columns } of tables) await refuseOtherColumns(client, name, columns)
  await client.query(`truncate ${all} cascade`)
}

async function refuseOtherColumns(
  client: pg.Client,
  name: string,
  columns: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [quote(name)],
  )
  const missing = columns.filter((column) => !rows.some((row) => row.name === column))
  if (missing.length > 0) {
    throw new PostriderError(
      'refused',
      `table ${name} has no ${missing.join(', ')} here: name a database that has no tables yet`,
    )
  }
}

async function makePartition(client: pg.Client, id: string): Promise<void> {
  if (!/^\d+$/.test(id)) throw new PostriderError('bad-input', `${id} is no id of a campaign`)
  const table = quote(`deliveries_${id}`)
  await client.query(`create table ${table} (like deliveries including all)`)
  await client.query(`alter table deliveries attach partition ${table} for values in (${id})`)
}

async function copyAll(client: pg.Client, from: Refill): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of from.contents.tables) {
    const into = client.query(
      copyFrom(`copy ${quote(table.name)} (${quoted(table.columns)}) from stdin`),
    )
    await pipeline(await from.read(table), into).catch((error: Error) => {
      throw isDataFault(error) ? from.unfit(table, error) : error
    })
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from ${quote(table.name)}`,
    )
    const n = rows[0]?.n ?? 0
    from.verify(table, n)
    counts[table.name] = n
  }
  return counts
}

/** Nobody holds a row any more: whoever did is not here. */
async function settleWhatWasOpen(
  client: pg.Client,
  pauseBecause: string | null,
): Promise<OpenCampaign[]> {
  const settled = await client.query<{ id: string; n: number }>(
    `with lost as (
        update deliveries set state = 'uncertain', reason = 'restored', claim_id = null, due_at = now()
        where state = 'sending' returning campaign_id)
      select campaign_id as id, count(*)::int as n from lost group by 1`,
  )
  await client.query(
    `update outbox set state = 'uncertain', reason = 'restored', claim_id = null where state = 'sending'`,
  )
  if (pauseBecause !== null) {
    // Single mails leave within seconds: those that waited have been mailed since, or have grown old.
    await client.query(
      `update outbox set state = 'cancelled', reason = 'restored' where state in ('queued', 'deferred')`,
    )
    await client.query(
      `update campaigns set state = 'paused', reason = $1 where state in ('scheduled', 'sending', 'paused')`,
      [pauseBecause],
    )
  }
  const { rows } = await client.query<OpenCampaign>(
    `select c.id as campaign, n.slug as newsletter, i.slug as issue,
        (select count(*)::int from deliveries as d where d.campaign_id = c.id and d.state in ('queued', 'deferred'))
          as open, 0 as uncertain
      from campaigns as c join newsletters as n on n.id = c.newsletter_id join issues as i on i.id = c.issue_id
      where c.state in ('scheduled', 'sending', 'paused') order by c.id`,
  )
  const uncertain = new Map(settled.rows.map(({ id, n }) => [id, n]))
  return rows.map((row) => ({ ...row, uncertain: uncertain.get(row.campaign) ?? 0 }))
}

async function skipUsedIds(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select c.relname as table, a.attname as column from pg_attribute as a join pg_class as c on c.oid = a.attrelid
      where a.attidentity <> '' and c.relnamespace = 'public'::regnamespace and not c.relispartition`,
  )
  for (const { table, column } of rows) {
    const gap = table === 'campaigns' ? CAMPAIGN_IDS_SKIPPED : 0
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${quote(column)}), 0) + 1 + ${gap}, false)
        from ${quote(table)}`,
      [quote(table), column],
    )
  }
}
