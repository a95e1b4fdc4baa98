import { sql } from 'kysely'
import { expect } from 'vitest'
import type { Id } from '../../db/types.ts'
import { rowsOf } from './accounts.ts'
import { type Fleet, startFleet, untilReceived } from './fleet.ts'
import type { SinkEntry } from './sink.ts'

export type Pace = Readonly<{
  /** In the first whole window of so many seconds after both workers had begun. */
  inWindow: number
  /**
   * The most that began in any sliding second of it. What the sink read late, because it had no processor, counts for
   * a second only if it cannot have come before.
   */
  mostInASecond: number
  /** The same by final dots, as they were read. */
  mostDotsInASecond: number
  /**
   * For how long what came may have waited for the sink, on average: 8 ms where it has its processor. Much more, and
   * the workers do not have theirs either: they make less than their rate, and still never more.
   */
  waitedMs: number
  /** In the window, by worker. */
  byWorker: readonly number[]
}>

/**
 * Workers share a transport of so many messages a second; what the sink's log says of `seconds` of it.
 * `churn`: in the middle of it one is killed, and another started.
 */
export async function sendAtRate(options: {
  redisUrl: string | null
  seconds: number
  rate?: number
  workers?: number
  churn?: boolean
}): Promise<Pace> {
  const { redisUrl, seconds, rate = 50, workers = 2, churn = false } = options
  // The window begins two seconds after the first message, and one is left over.
  const readers = rate * (seconds + 3)
  const patienceMs = 60_000 + 2_000 * seconds
  // A busy machine takes long over each message: more connections, so that none waits for one past its slot.
  const query = `rate=${rate}&connections=20`
  const fleet = await startFleet({ redisUrl, readers, query, sink: { watchesItself: true } })
  try {
    await keepClaims(fleet)
    const running = await Promise.all(Array.from({ length: workers }, () => fleet.worker()))
    const id = await fleet.send()
    if (churn) {
      await untilReceived(fleet, rate * Math.floor(seconds / 2), patienceMs)
      await running[0]?.end('SIGKILL')
      await fleet.worker()
      // What it held is in doubt until its lease is over, and is not waited for.
      await untilReceived(fleet, readers - 100, patienceMs)
    } else await untilReceived(fleet, readers, patienceMs)
    const entries = (await fleet.sink.entries()).sort((a, b) => a.at - b.at)
    const from = (entries[0]?.at ?? 0) + 2_000
    const window = entries.filter(({ at }) => at >= from && at < from + seconds * 1000)
    return {
      inWindow: window.length,
      mostInASecond: mostInASecond(window, ({ begunAfter, begunAt }) => [begunAfter, begunAt]),
      waitedMs:
        window.reduce((sum, { begunAt, begunAfter }) => sum + begunAt - begunAfter, 0) /
        Math.max(1, window.length),
      mostDotsInASecond: mostInASecond(window, ({ at }) => [at, at]),
      byWorker: await countByWorker(fleet, id, window),
    }
  } finally {
    await fleet.close()
  }
}

/** Claims go when they are done; which worker held which is to be asked later. */
async function keepClaims({ db }: Fleet): Promise<void> {
  await sql`create table kept_claims (id bigint primary key, worker_id bigint not null)`.execute(db)
  await sql`
    create function keep_claim() returns trigger language plpgsql as $$
      begin insert into kept_claims values (new.id, new.worker_id); return null; end $$`.execute(db)
  await sql`create trigger keep_claim after insert on claims for each row execute function keep_claim()`.execute(
    db,
  )
}

async function countByWorker(
  fleet: Fleet,
  campaignId: Id,
  window: readonly SinkEntry[],
): Promise<number[]> {
  const { rows } = await sql<{ subscriberId: Id; workerId: Id }>`
    select d.subscriber_id as "subscriberId", k.worker_id as "workerId"
    from deliveries as d join kept_claims as k on k.id = d.claim_id
    where d.campaign_id = ${campaignId}`.execute(fleet.db)
  const worker = new Map(rows.map((row) => [row.subscriberId, row.workerId]))
  const reader = new Map(
    (await rowsOf(fleet, campaignId)).map((row) => [row.address, row.subscriberId]),
  )
  const counts = new Map<Id | undefined, number>()
  for (const { to } of window) {
    const workerId = worker.get(reader.get(to) ?? '')
    counts.set(workerId, (counts.get(workerId) ?? 0) + 1)
  }
  expect(counts.has(undefined)).toBe(false)
  return [...counts.values()]
}

/** @param spanOf between when it may have been */
function mostInASecond(
  entries: readonly SinkEntry[],
  spanOf: (entry: SinkEntry) => readonly [number, number],
): number {
  const spans = entries.map(spanOf).sort((a, b) => a[0] - b[0])
  let most = 0
  for (const [index, [from]] of spans.entries()) {
    let inside = 0
    for (const [after, at] of spans.slice(index)) {
      if (after >= from + 1_000) break
      if (at < from + 1_000) inside += 1
    }
    most = Math.max(most, inside)
  }
  return most
}
