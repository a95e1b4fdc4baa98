import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aliveWorkerIds } from '../../db/queries/workers.ts'
import type { Id } from '../../db/types.ts'
import { DEFAULT_POLICY } from '../../src/config-policy.ts'
import { openInboundToken, recordInbound } from '../../src/feedback/record.ts'
import { createLog } from '../../src/log.ts'
import { bounceLocalPart, unsubscribeLocalPart } from '../../src/mail/token-address.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { openQueues, type Queues } from '../../src/queues.ts'
import { startWorkers, type Workers } from '../../workers/main.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import { type MemorySender, memorySender, secrets } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { describeWith } from '../support/programs.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { report } from '../support/reports.ts'

const log = createLog('test', 'silent')

describe('workers on Postgres', () => {
  promises(async () => null)
})

describeWith('redis-server', 'workers on Redis', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => {
    await redis.stop()
  })
  promises(async () => redis)
})

function promises(redisOf: () => Promise<TestRedis | null>) {
  let database: TestDatabase
  let redis: TestRedis | null
  let queues: Queues
  let transportId: Id
  let newsletter: Newsletter
  const running: Workers[] = []

  beforeEach(async () => {
    redis = await redisOf()
    database = await testDatabase()
    const prefix = `{test-${randomBytes(4).toString('hex')}}`
    queues = await openQueues(
      { redisUrl: redis?.url ?? null, databaseUrl: database.url, prefix },
      log,
    )
    transportId = await someTransport(database.db)
    newsletter = await someNewsletter(database.db)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((workers) => workers.close()))
    await queues.close()
    await database.drop()
  })

  async function start(sender: MemorySender): Promise<Workers> {
    const workers = await startWorkers({
      ...{ db: database.db, secrets, log, queues, sender, transportId, sign: null },
      transportKind: 'smtp',
      policy: DEFAULT_POLICY,
      site: { publicUrl: 'https://weekly.example', inboundDomain: null, senderId: 'postrider' },
    })
    running.push(workers)
    return workers
  }

  const finished = (campaignId: Id) =>
    eventually(async () => {
      const { state } = await database.db
        .selectFrom('campaigns')
        .select('state')
        .where('id', '=', campaignId)
        .executeTakeFirstOrThrow()
      expect(state).toBe('finished')
    })

  it('send a campaign that nobody rang for, each reader once, on the timer of the sweep alone', async () => {
    await someReaders(database.db, newsletter, 250)
    const campaignId = await someCampaign(database.db, newsletter, { transportId })
    const senders = [memorySender(), memorySender()]
    for (const sender of senders) await start(sender)
    await finished(campaignId)
    expect(await ledgerOfCampaign(database.db, campaignId)).toEqual({ chosen: 250, accepted: 250 })
    const to = senders.flatMap((sender) => sender.sent.map((sent) => sent.to))
    expect(to).toHaveLength(250)
    expect(new Set(to).size).toBe(250)
  })

  it('lose nothing and double nothing when every doorbell is lost in mid-send', async () => {
    await someReaders(database.db, newsletter, 200)
    const campaignId = await someCampaign(database.db, newsletter, { transportId })
    const sender = memorySender(undefined, { delayMs: 20 })
    await start(sender)
    await queues.ring('prepare', { campaignId })
    await eventually(() => expect(sender.sent.length).toBeGreaterThan(20))
    if (redis) await redis.flushAll()
    else await loseAllJobs(database)
    await finished(campaignId)
    expect(await ledgerOfCampaign(database.db, campaignId)).toEqual({ chosen: 200, accepted: 200 })
    expect(sender.sent).toHaveLength(200)
  })

  it('show that they live, and are gone when they stop, with no row left in doubt', async () => {
    await someReaders(database.db, newsletter, 300)
    const campaignId = await someCampaign(database.db, newsletter, { transportId })
    const sender = memorySender(undefined, { delayMs: 20 })
    const workers = await start(sender)
    expect(await aliveWorkerIds(database.db)).toEqual([workers.workerId])
    await eventually(() => expect(sender.sent.length).toBeGreaterThan(20))
    running.splice(0)
    await workers.close()
    expect(await aliveWorkerIds(database.db)).toEqual([])
    const { chosen, ...states } = await ledgerOfCampaign(database.db, campaignId)
    expect(Object.keys(states).sort()).toEqual(['accepted', 'queued'])
    expect(states.accepted).toBe(sender.sent.length)
    const second = memorySender()
    await start(second)
    await finished(campaignId)
    expect(sender.sent.length + second.sent.length).toBe(chosen)
  })

  it('act on what came back though no doorbell was rung: a bounce suppresses, a mail unsubscribes', async () => {
    const [ada, bob] = (await someReaders(database.db, newsletter, 2)) as [Id, Id]
    const campaignId = await someCampaign(database.db, newsletter, { transportId })
    await start(memorySender())
    await finished(campaignId)
    const day = Math.floor(Date.now() / 86_400_000)
    const tokens = [
      bounceLocalPart(secrets, { campaignId, subscriberId: ada, day }),
      unsubscribeLocalPart(secrets, { newsletterId: newsletter.id, subscriberId: bob }),
    ].flatMap((localPart) => openInboundToken(secrets, localPart, new Date()) ?? [])
    await recordInbound(database.db, report([{ action: 'failed', status: '5.1.1' }]), tokens)
    await eventually(async () => {
      const events = await database.db
        .selectFrom('feedback_events')
        .select(['kind', 'action'])
        .orderBy('id')
        .execute()
      expect(events).toEqual([
        { kind: 'bounce', action: 'suppressed' },
        { kind: 'unsubscribe', action: 'unsubscribed' },
      ])
    })
    await someReaders(database.db, newsletter, 1)
    const next = await someCampaign(database.db, newsletter, { transportId, slug: 'second' })
    await finished(next)
    expect(await ledgerOfCampaign(database.db, next)).toEqual({
      chosen: 2,
      skipped: 1,
      accepted: 1,
    })
  })
}

/** What FLUSHALL is to Redis. */
async function loseAllJobs(database: TestDatabase): Promise<void> {
  await sql`delete from bullmq.job`.execute(database.db)
}
