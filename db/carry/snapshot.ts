import type { Readable } from 'node:stream'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'

/** A table as it is carried: its columns in the order in which COPY gives them. */
export type CarriedTable = Readonly<{ name: string; columns: readonly string[] }>

/** What one moment of a database consists of. */
export type Contents = Readonly<{
  takenAt: Date
  /** Names of the migrations that made it, in order. */
  migrations: readonly string[]
  /** A table stands behind all that it refers to. */
  tables: readonly CarriedTable[]
  /** Whose ledgers have partitions. */
  partitions: readonly string[]
}>

export type Snapshot = Readonly<{
  contents: Contents
  /** COPY's text of one table; one at a time. */
  read(table: CarriedTable): Readable & { readonly rowCount: number }
}>

/** What belongs to processes that run there and means nothing elsewhere. */
const STAYS = ['migrations', 'workers', 'claims', 'limits']

/** One snapshot of everything: whatever is written meanwhile is not in it. */
export async function withSnapshot<T>(
  url: string,
  task: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'postrider-carry' })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read, read only')
    const contents = await readContents(client)
    const result = await task({
      contents,
      read: ({ name, columns }) =>
        // A partitioned table cannot be copied by its name alone.
        client.query(copyTo(`copy (select ${quoted(columns)} from ${quote(name)}) to stdout`)),
    })
    await client.query('commit')
    return result
  } finally {
    await client.end()
  }
}

async function readContents(client: pg.Client): Promise<Contents> {
  const [now] = (await client.query<{ now: Date }>('select now()')).rows
  const { rows: migrations } = await client.query<{ name: string }>(
    'select name from migrations order by name',
  )
  const { rows: tables } = await client.query<CarriedTable & { refers: string[] }>(TABLES, [STAYS])
  const { rows: partitions } = await client.query<{ id: string }>(
    `select substring(inhrelid::regclass::text from '\\d+$') as id from pg_inherits
      where inhparent = 'deliveries'::regclass order by inhrelid`,
  )
  return {
    takenAt: now?.now ?? new Date(),
    migrations: migrations.map(({ name }) => name),
    tables: inOrder(tables),
    partitions: partitions.map(({ id }) => id),
  }
}

// Partitions come with their parent; what Postgres computes by itself is not copied.
const TABLES = `
  select c.relname as name,
    (select array_agg(a.attname::text order by a.attnum) from pg_attribute as a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
    array(select distinct f.confrelid::regclass::text from pg_constraint as f
      where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as refers
  from pg_class as c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname <> all($1)
  order by c.relname`

function inOrder(tables: readonly (CarriedTable & { refers: string[] })[]): CarriedTable[] {
  const done: CarriedTable[] = []
  const isDone = (name: string) => STAYS.includes(name) || done.some((table) => table.name === name)
  let left = [...tables]
  while (left.length > 0) {
    const ready = left.filter(({ refers }) => refers.every(isDone))
    if (ready.length === 0) throw new Error('tables refer to each other in a circle')
    done.push(...ready.map(({ name, columns }) => ({ name, columns })))
    left = left.filter((table) => !ready.includes(table))
  }
  return done
}

export const quote = (name: string) => `"${name.replaceAll('"', '""')}"`
export const quoted = (names: readonly string[]) => names.map(quote).join(', ')
