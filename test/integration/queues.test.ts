import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from '../../src/log.ts'
import { openQueues, type Queues, type QueueWorker, queueNames } from '../../src/queues.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { describeWith, programTest } from '../support/programs.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const log = createLog('test', 'silent')

const noting =
  <P>(note: (payload: P) => unknown) =>
  async (payload: P): Promise<'done'> => {
    await note(payload)
    return 'done'
  }

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})

describe('on Postgres', () => {
  promises(() => null)
})

describeWith('redis-server', 'on Redis', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => {
    await redis.stop()
  })
  promises(() => redis.url)

  it('loses only doorbells when Redis is flushed: the next one is heard', async () => {
    const queues = await openQueues({ redisUrl: redis.url, databaseUrl: database.url }, log)
    const heard: string[] = []
    await queues.ring('feedback', { eventId: '1' }, { delayMs: 600_000 })
    await redis.flushAll()
    const worker = queues.work(
      'feedback',
      noting(({ eventId }) => heard.push(eventId)),
      1,
    )
    await queues.ring('feedback', { eventId: '1' })
    await eventually(() => expect(heard).toEqual(['1']))
    await redis.flushAll()
    await queues.ring('feedback', { eventId: '2' })
    await eventually(() => expect(heard).toEqual(['1', '2']))
    await worker.close()
    await queues.close()
  })
})

describeWith('redis-server', 'on a Redis cluster', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis({ cluster: true })
  })
  afterAll(async () => {
    await redis.stop()
  })
  promises(() => redis.url)
})

programTest(
  'redis-server',
  'closes in good time while Redis is gone',
  async () => {
    const redis = await startRedis()
    const queues = await openQueues({ redisUrl: redis.url, databaseUrl: database.url }, log)
    let begun = false
    let runs = 0
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const worker = queues.work(
      'outbox',
      noting(async () => {
        begun = true
        await held
        runs += 1
      }),
      1,
    )
    await queues.ring('outbox', {})
    await eventually(() => expect(begun).toBe(true))
    await redis.stop()
    await queues.ring('outbox', {})
    const closing = worker.close().then(() => runs)
    release()
    // What was at work has been waited for.
    expect(await closing).toBe(1)
    await queues.close()
  },
  10_000,
)

function promises(redisUrl: () => string | null) {
  let queues: Queues
  const workers: QueueWorker[] = []
  beforeAll(async () => {
    // A prefix of its own, as the queues of other tests may be on the same server.
    const prefix = `{test-${randomBytes(4).toString('hex')}}`
    queues = await openQueues({ redisUrl: redisUrl(), databaseUrl: database.url, prefix }, log)
  })
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()))
  })
  afterAll(async () => {
    await queues.close()
  })

  it('runs a job once, with the ids it was rung with', async () => {
    const heard: unknown[] = []
    workers.push(
      queues.work(
        'send',
        noting((payload) => heard.push(payload)),
        4,
      ),
      queues.work(
        'send',
        noting((payload) => heard.push(payload)),
        4,
      ),
    )
    for (const campaignId of ['1', '2', '3']) {
      await queues.ring('send', { campaignId, workerId: '7' })
    }
    await eventually(() => expect(heard).toHaveLength(3))
    await queues.ring('send', { campaignId: '4', workerId: '7' })
    await eventually(() => expect(heard).toHaveLength(4))
    expect(new Set(heard.map((payload) => JSON.stringify(payload))).size).toBe(4)
  })

  it('swallows a doorbell that is there already, waiting or at work, and hears it again afterwards', async () => {
    const doorbell = () => queues.ring('prepare', { campaignId: '5' })
    await doorbell()
    await doorbell()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let runs = 0
    workers.push(
      queues.work(
        'prepare',
        noting(async () => {
          runs += 1
          await held
        }),
        4,
      ),
    )
    await eventually(() => expect(runs).toBe(1))
    await doorbell()
    release()
    await eventually(async () => {
      await doorbell()
      expect(runs).toBeGreaterThan(1)
    })
  })

  it('runs a job that was moved once more, not before its time, under the same id', async () => {
    const runs: number[] = []
    let again = new Date()
    workers.push(
      queues.work(
        'send',
        async () => {
          runs.push(Date.now())
          if (runs.length > 1) return 'done'
          again = new Date(Date.now() + 400)
          return { again }
        },
        1,
      ),
    )
    const doorbell = () => queues.ring('send', { campaignId: '6', workerId: '7' })
    await doorbell()
    await eventually(() => expect(runs).toHaveLength(1))
    await doorbell()
    await eventually(() => expect(runs).toHaveLength(2))
    expect(runs[1]).toBeGreaterThanOrEqual(again.getTime())
    expect((runs[1] ?? 0) - again.getTime()).toBeLessThan(15_000)
  })

  it('hands a moved job to whoever is free', async () => {
    const ran: string[] = []
    const busy = async () => {
      ran.push('busy')
      return { again: new Date(Date.now() + 50) }
    }
    const first = queues.work('outbox', busy, 1)
    await queues.ring('outbox', {})
    await eventually(() => expect(ran.length).toBeGreaterThan(1))
    await first.close()
    workers.push(
      queues.work(
        'outbox',
        noting(() => ran.push('done')),
        1,
      ),
    )
    await eventually(() => expect(ran.at(-1)).toBe('done'))
  })

  it('forgets a job whose handler threw, so that the next doorbell is heard', async () => {
    let runs = 0
    workers.push(
      queues.work(
        'unsubscribe',
        noting(() => {
          runs += 1
          if (runs === 1) throw new Error('a bug')
        }),
        1,
      ),
    )
    const doorbell = () => queues.ring('unsubscribe', { newsletterId: '1', subscriberId: '2' })
    await doorbell()
    await eventually(() => expect(runs).toBe(1))
    await eventually(async () => {
      await doorbell()
      expect(runs).toBeGreaterThan(1)
    })
  })

  it('waits for jobs at work when it closes, and takes no other', async () => {
    const begun: string[] = []
    const finished: string[] = []
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const work = () =>
      queues.work(
        'feedback',
        noting(async ({ eventId }) => {
          begun.push(eventId)
          await held
          finished.push(eventId)
        }),
        1,
      )
    const worker = work()
    await queues.ring('feedback', { eventId: '8' })
    await queues.ring('feedback', { eventId: '9' })
    await eventually(() => expect(begun).toEqual(['8']))
    const closing = worker.close()
    release()
    await closing
    expect([begun, finished]).toEqual([['8'], ['8']])
    workers.push(work())
    await eventually(() => expect(finished).toEqual(['8', '9']))
  })

  it('has a payload schema for every queue, and refuses what does not fit it', async () => {
    const sends = ['prepare', 'send', 'outbox']
    expect(queueNames).toEqual([...sends, 'intake', 'feedback', 'unsubscribe'])
    await expect(queues.ring('feedback', { eventId: 'x' })).rejects.toThrow()
  })
}

describe('a queue that cannot be reached', () => {
  it('does not fail who rings', async () => {
    const lost = await testDatabase()
    const queues = await openQueues({ redisUrl: null, databaseUrl: lost.url }, log)
    await lost.drop()
    await queues.ring('outbox', {})
    await queues.close()
  })

  it('is one clear line when a process starts', async () => {
    const opening = openQueues({ redisUrl: 'redis://127.0.0.1:1', databaseUrl: database.url }, log)
    await expect(opening).rejects.toThrow(/cannot open Redis \(REDIS_URL\): .*ECONNREFUSED/)
  })
})
