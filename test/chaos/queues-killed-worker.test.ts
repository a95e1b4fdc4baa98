import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packagePath } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { openQueues } from '../../src/queues.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { describeWith } from '../support/programs.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})

describe('on Postgres', () => {
  promise(() => null)
})

describeWith('redis-server', 'on Redis', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => {
    await redis.stop()
  })
  promise(() => redis.url)
})

function promise(redisUrl: () => string | null) {
  it('gives the job of a worker that was killed to another within 15 s', async () => {
    const config = { redisUrl: redisUrl(), databaseUrl: database.url }
    const queues = await openQueues(config, createLog('test', 'silent'))
    const holder = holdJobs(config)
    const taken = once(holder, 'message')
    await queues.ring('prepare', { campaignId: '1' })
    expect((await taken)[0]).toBe('1')
    const gone = once(holder, 'exit')
    holder.kill('SIGKILL')
    await gone
    const killedAt = Date.now()
    const heard: string[] = []
    const worker = queues.work(
      'prepare',
      async ({ campaignId }) => {
        heard.push(campaignId)
        return 'done'
      },
      1,
    )
    await eventually(() => expect(heard).toEqual(['1']))
    // BullMQ's own defaults take 30 to 60 s.
    expect(Date.now() - killedAt).toBeLessThan(15_000)
    await worker.close()
    await queues.close()
  }, 60_000)
}

function holdJobs(config: { databaseUrl: string; redisUrl: string | null }): ChildProcess {
  const child = packagePath('test/support/queue-holder.ts')
  return fork(child, [config.databaseUrl, config.redisUrl ?? ''], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}
