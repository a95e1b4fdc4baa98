import { sql } from 'kysely'
import type { Db } from '../client.ts'

export type Refused = Readonly<{
  source: 'door' | 'webhook'
  /** A peer's network address, or a provider. */
  origin: string
  why: string
}>

const REFUSAL_DAYS = 30

/** Adds to today's counts. */
export async function addRefusals(
  db: Db,
  refused: readonly Readonly<Refused & { count: number }>[],
): Promise<void> {
  if (refused.length === 0) return
  const column = <K extends keyof (typeof refused)[number]>(name: K) =>
    refused.map((each) => each[name])
  await sql`
    insert into refusals (source, origin, why, count)
    select * from unnest(${column('source')}::text[], ${column('origin')}::text[], ${column('why')}::text[],
      ${column('count')}::bigint[])
    on conflict (day, source, origin, why)
      do update set count = refusals.count + excluded.count, last_at = now()`.execute(db)
  await sql`delete from refusals where day < current_date - ${REFUSAL_DAYS}::int`.execute(db)
}

export type RefusalLine = Readonly<Refused & { count: number; lastAt: Date }>

/** The most frequent first. */
export async function refusalLines(db: Db, since: Date, limit: number): Promise<RefusalLine[]> {
  const { rows } = await sql<RefusalLine>`
    select source, origin, why, sum(count)::int as count, max(last_at) as "lastAt"
    from refusals where last_at > ${since}
    group by source, origin, why order by count desc, source, origin, why limit ${limit}`.execute(
    db,
  )
  return rows
}
