import { readdir, readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { packagePath } from '../src/config.ts'
import { type Db, sqlState, type Trx } from './client.ts'

// "post" and "ride" in ASCII: two starting processes migrate one after the other.
const MIGRATION_LOCK = [0x706f7374, 0x72696465] as const

/**
 * Brings the database to the newest schema: numbered plain SQL, forward only, each in a transaction of its own.
 * @param options.through the last one to run
 * @returns the names that were run now, in order
 */
export async function migrate(db: Db, options: { through?: string } = {}): Promise<string[]> {
  const done: string[] = []
  for (const name of await migrationNames()) {
    if (options.through !== undefined && name > options.through) break
    if (await db.transaction().execute((trx) => runOnce(trx, name))) done.push(name)
  }
  return done
}

/** Names of migrations that this version has and the database lacks. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const known = await sql<{ name: string }>`select name from migrations`
    .execute(db)
    .then((result) => new Set(result.rows.map((row) => row.name)))
    .catch((error: unknown) => {
      if (sqlState(error) === '42P01') return new Set<string>()
      throw error
    })
  return (await migrationNames()).filter((name) => !known.has(name))
}

/** All of this version, in order. */
export async function migrationNames(): Promise<string[]> {
  const files = await readdir(packagePath('db/migrations'))
  return files.filter((file) => file.endsWith('.sql')).sort()
}

async function runOnce(trx: Trx, name: string): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK[0])}, ${sql.lit(MIGRATION_LOCK[1])})`.execute(
    trx,
  )
  await sql`create table if not exists migrations (name text primary key, run_at timestamptz not null default now())`.execute(
    trx,
  )
  const fresh =
    await sql`insert into migrations (name) values (${name}) on conflict do nothing returning name`.execute(
      trx,
    )
  if (fresh.rows.length === 0) return false
  await sql.raw(await readFile(packagePath(`db/migrations/${name}`), 'utf8')).execute(trx)
  return true
}
