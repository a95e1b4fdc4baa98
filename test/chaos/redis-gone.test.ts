import { afterEach, expect, it } from 'vitest'
import { expectAccounts } from '../support/accounts.ts'
import { type Fleet, startFleet, untilFinished, untilReceived } from '../support/fleet.ts'
import { describeWith } from '../support/programs.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const READERS = 1_200

let fleet: Fleet
let redis: TestRedis
afterEach(async () => {
  await fleet.close()
  await redis.stop()
})

describeWith('redis-server', 'a send over Redis', () => {
  it('loses, doubles and doubts nothing when Redis dies and comes back empty', async () => {
    redis = await startRedis()
    const { port } = new URL(redis.url)
    const sink = { dotDelayMs: 20 }
    fleet = await startFleet({ redisUrl: redis.url, readers: READERS, sink })
    const workers = await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    await untilReceived(fleet, 200)
    await redis.stop()
    // Whoever holds rows goes on with them; the doorbells are gone with Redis.
    redis = await startRedis({ port: Number(port) })
    await untilFinished(fleet, id, 120_000)
    const what = 'Redis dies and comes back empty'
    await expectAccounts(fleet, id, { chosen: READERS, accepted: READERS }, { what })
    const ends = await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
    expect(ends).toEqual(workers.map(() => ({ code: 0, signal: null })))
  }, 200_000)
})
