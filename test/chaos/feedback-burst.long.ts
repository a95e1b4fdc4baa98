import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Id } from '../../db/types.ts'
import { DEFAULT_POLICY } from '../../src/config-policy.ts'
import { createLog } from '../../src/log.ts'
import { openQueues } from '../../src/queues.ts'
import { startWorkers } from '../../workers/main.ts'
import { someCampaign, someNewsletter, someReaders, someTransport } from '../support/campaigns.ts'
import { memorySender, prepareAll, secrets } from '../support/courier.ts'
import { testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { report } from '../support/reports.ts'

const READERS = 3_000
const EVENTS = 10_000
// So many bounces would stop all sending.
const never = { bouncePercent: 100, complaintPercent: 100 }
const policy = { ...DEFAULT_POLICY, guard: { warn: never, stop: never } }
const log = createLog('test', 'silent')

/** Seconds that one worker takes to send a campaign, with so many reports of an older one that wait beside it. */
async function sending(events: number): Promise<number> {
  const database = await testDatabase()
  const { db } = database
  const queues = await openQueues({ redisUrl: null, databaseUrl: database.url }, log)
  try {
    const newsletter = await someNewsletter(db)
    const transportId = await someTransport(db)
    if (events > 0) await reportsOf(await mailed(events))
    const other = await someNewsletter(db)
    await someReaders(db, other, READERS)
    const campaignId = await someCampaign(db, other, { transportId })
    await prepareAll(db, campaignId)
    const sender = memorySender(undefined, { connections: 5, delayMs: 10 })
    const workers = await startWorkers({
      ...{ db, secrets, log, queues, sender, transportId, sign: null, transportKind: 'smtp' },
      policy,
      site: { publicUrl: 'https://weekly.example', inboundDomain: null, senderId: 'postrider' },
    })
    try {
      await eventually(async () => expect(await waiting()).toEqual([0, 0]), {
        ...{ timeoutMs: 300_000, everyMs: 500 },
      })
    } finally {
      await workers.close()
    }
    const all = sender.sent.filter(({ to }) => to !== newsletter.notify_address)
    expect(all).toHaveLength(READERS)
    const handled = await sql<{ count: number }>`
      select count(*)::int as count from suppressions where reason = 'hard-bounce'`.execute(db)
    expect(handled.rows[0]?.count).toBe(events)
    return ((all.at(-1)?.at ?? 0) - (all[0]?.at ?? 0)) / 1_000

    async function mailed(count: number): Promise<Id> {
      await someReaders(db, newsletter, count)
      const id = await someCampaign(db, newsletter, { transportId })
      await prepareAll(db, id)
      await sql`update deliveries set state = 'accepted', first_at = now() where campaign_id = ${id}`.execute(
        db,
      )
      await sql`update campaigns set state = 'finished', ended_at = now() where id = ${id}`.execute(
        db,
      )
      return id
    }

    async function reportsOf(id: Id): Promise<void> {
      const raw = report([
        { action: 'failed', status: '5.1.1', diagnostic: 'smtp; 550 5.1.1 unknown user' },
      ])
      await sql`
        with kept as (insert into evidence (kind, raw) select 'mail', ${raw} from generate_series(1, ${events}::int) returning id),
          numbered as (select id, row_number() over () as n from kept),
          reader as (select subscriber_id, row_number() over () as n from deliveries where campaign_id = ${id})
        insert into feedback_events (source, kind, sent_to, tokens, campaign_id, subscriber_id, evidence_id)
        select 'door', 'other', 'bounce', 1, ${id}, subscriber_id, id from numbered join reader using (n)`.execute(
        db,
      )
    }

    async function waiting(): Promise<number[]> {
      const { rows } = await sql<{ events: number; rows: number }>`
        select (select count(*) from feedback_events where handled_at is null)::int as events,
          (select count(*) from deliveries where state not in ('accepted', 'skipped'))::int as rows`.execute(
        db,
      )
      return [rows[0]?.events ?? -1, rows[0]?.rows ?? -1]
    }
  } finally {
    await queues.close()
    await database.drop()
  }
}

test('a burst of 10,000 reports loses none and slows a send by no more than the machine must', async () => {
  const alone = [await sending(0)]
  const beside = [await sending(EVENTS)]
  alone.push(await sending(0))
  beside.push(await sending(EVENTS))
  const sum = (all: number[]) => all.reduce((a, b) => a + b, 0)
  const ratio = sum(beside) / sum(alone)
  process.stdout.write(
    `alone ${alone} s, beside ${EVENTS} reports ${beside} s: ${ratio.toFixed(2)}\n`,
  )
  expect(ratio).toBeLessThan(1.5)
}, 900_000)
