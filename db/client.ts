import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { preparing } from './prepared.ts'
import type { Database } from './types.ts'

/** Anything that statements can be sent to. */
export type Db = Kysely<Database>
/** Asked for by what needs a lock or writes more than once: calling it outside a transaction does not compile. */
export type Trx = Transaction<Database>

// bigint stays text (ids are names, not numbers), but counts and sums are asked for as int or float8.
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.DATE, (text) => text)

/**
 * Between two statements of a transaction. A process that is stopped keeps its connections: without a limit its locks,
 * and the rows of a claim that it had not committed, would be out of reach for as long as it sleeps.
 */
const ASLEEP_AFTER_MS = 10_000

/** A pool on one database. The caller ends it with `db.destroy()`. */
export function connect(url: string, options: { max?: number; name?: string } = {}): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.name ?? 'postrider',
    types,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: ASLEEP_AFTER_MS,
  })
  neverFatal(pool)
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: preparing(pool) }) })
}

/**
 * A bare pool in a schema of its own, for BullMQ, which brings its own statements. Each of its workers keeps one
 * connection for LISTEN, so `max` must be more than workers + events + 4 (it hangs otherwise). The caller ends it.
 */
export function connectQueuePool(url: string, options: { schema: string; max: number }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: 'postrider-queue',
    options: `-c search_path=${options.schema}`,
    // Otherwise a connection that was cut silently stays deaf to NOTIFY for an hour.
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: ASLEEP_AFTER_MS,
  })
  neverFatal(pool)
  // One listener per queue and worker, on purpose.
  pool.setMaxListeners(0)
  return pool
}

/**
 * A connection that the server ends fails the next statement on it. Without listeners it would also end the process:
 * the pool's hears of idle ones, the client's of those between two statements of a transaction.
 */
function neverFatal(pool: pg.Pool): void {
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
}

/** SQLSTATE of what Postgres answered, or null where there was no answer. */
export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
}

/** SQLSTATE classes 22, 23 and 54: what was given cannot be kept, whenever it is tried. */
export function isDataFault(error: unknown): boolean {
  return /^(2[23]|54)/.test(sqlState(error) ?? '')
}

/** Whether the server could not be asked (not there, starting, stopping, full, a pool without an answer), rather than said no. */
export function isUnreachable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  // Of the system (ECONNREFUSED, EPIPE); no SQLSTATE begins so.
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return true
  const state = sqlState(error)
  if (state !== null) return /^(08|53|57P)/.test(state)
  return /timeout exceeded when trying to connect|Connection terminated|not queryable/.test(
    String(message),
  )
}

/** One question to the server. */
export async function ping(db: Db): Promise<void> {
  await sql`select 1`.execute(db)
}
