import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { createApp } from '../../src/http/app.ts'
import type { AppDeps } from '../../src/http/deps.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createLog } from '../../src/log.ts'
import { createNewsletter, type Newsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets } from '../../src/secrets.ts'

export const testSecrets = createSecrets(parseKeys(newKeys(), 'test'))
export const PUBLIC_URL = 'https://letters.example'

let made = 0

export async function newsletterNamed(
  db: Db,
  values: Partial<Parameters<typeof createNewsletter>[1]> = {},
): Promise<Newsletter> {
  made += 1
  return createNewsletter(db, {
    slug: `letters-${made}`,
    name: 'The Weekly',
    fromAddress: 'editor@weekly.example',
    postalAddress: '1 Mill Lane, Anytown',
    ...values,
  })
}

export type Rung = { queue: string; payload: unknown }

/** The app without a port, and what it rang. `from`: the socket's address of a request. */
export function testApp(db: Db, deps: Partial<AppDeps> = {}) {
  const rung: Rung[] = []
  const app = createApp({
    db,
    secrets: testSecrets,
    publicUrl: PUBLIC_URL,
    ring: async (queue, payload) => void rung.push({ queue, payload }),
    trustedProxies: [],
    log: createLog('test', 'silent'),
    leastAnswerMs: 0,
    ...deps,
  })
  const ask = async (path: string, init: RequestInit & { from?: string } = {}) => {
    const { from = freshAddress(), ...rest } = init
    return app.request(path, rest, { incoming: { socket: { remoteAddress: from } } })
  }
  const subscribe = (slug: string, fields: Record<string, string>, from?: string) =>
    ask(`/subscribe/${slug}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      ...(from === undefined ? {} : { from }),
    })
  return { ask, subscribe, rung }
}

let addresses = 0

/** An own network for each request that does not say otherwise. */
function freshAddress(): string {
  addresses += 1
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`
}

/** All rows of all tables in few letters: equal before and after means that nothing was written. */
export async function digestOfTables(db: Db): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' order by 1`.execute(db)
  const digests: Record<string, string> = {}
  for (const { name } of tables.rows) {
    // xmin tells of an update that changed nothing, too.
    const result = await sql<{ digest: string }>`
      select count(*) || ' ' || coalesce(md5(string_agg(t::text || t.xmin, ',' order by t::text)), '') as digest
      from ${sql.table(name)} as t`.execute(db)
    digests[name] = result.rows[0]?.digest ?? ''
  }
  return digests
}
