import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, it } from 'vitest'
import { expectAccounts } from '../support/accounts.ts'
import { type Fleet, startFleet, untilFinished, untilReceived } from '../support/fleet.ts'
import { describeWith } from '../support/programs.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const READERS = 3_000

let fleet: Fleet
let redis: TestRedis
afterEach(async () => {
  await fleet.close()
  await redis.stop()
})

describeWith('redis-server', 'a send over Redis', () => {
  it('loses, doubles and doubts nothing when Redis is gone for 30 s', async () => {
    redis = await startRedis()
    const { port } = new URL(redis.url)
    const sink = { dotDelayMs: 50 }
    fleet = await startFleet({ redisUrl: redis.url, readers: READERS, sink })
    await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    await untilReceived(fleet, 300)
    await redis.stop()
    await sleep(30_000)
    redis = await startRedis({ port: Number(port) })
    await untilFinished(fleet, id, 180_000)
    const what = 'Redis gone for 30 s'
    await expectAccounts(fleet, id, { chosen: READERS, accepted: READERS }, { what })
  }, 400_000)
})
