import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/**
 * A statement that begins so is parsed and planned once on each connection: for those that run for each window of
 * messages, where planning took as long as the work. They name their columns, so that a migration beside a running
 * process cannot change what they give.
 */
const MARK = '/* prepared */'
/** Texts whose names are known; a campaign has a few of its own. */
const REMEMBERED = 500

/** The pool as Kysely uses it, with statements so marked prepared. */
export function preparing(pool: pg.Pool): PostgresPool {
  const nameOf = createNames()
  return {
    async connect() {
      const client = await pool.connect()
      const query = (text: unknown, values?: unknown[]) =>
        typeof text === 'string' && text.startsWith(MARK)
          ? client.query({ name: nameOf(text), text, values: values ?? [] })
          : client.query(text as string, values)
      return { query, release: () => client.release() } as unknown as PostgresPoolClient
    },
    end: () => pool.end(),
  }
}

function createNames(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const name = known.get(text) ?? createHash('sha256').update(text).digest('hex').slice(0, 32)
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, name)
    return name
  }
}
