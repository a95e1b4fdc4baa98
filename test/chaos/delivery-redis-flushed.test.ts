import { afterEach, expect, it } from 'vitest'
import { expectAccounts } from '../support/accounts.ts'
import { type Fleet, onRedis, startFleet, untilFinished, untilReceived } from '../support/fleet.ts'

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onRedis((redis) => {
  it('loses, doubles and doubts nothing when Redis is flushed again and again in mid-send', async () => {
    fleet = await startFleet({ redisUrl: redis().url, readers: 2_000, sink: { dotDelayMs: 20 } })
    await Promise.all([fleet.worker(), fleet.worker()])
    await redis().flushAll()
    const id = await fleet.send()
    // Also the doorbell that makes the rows.
    await redis().flushAll()
    for (let flush = 1; flush <= 4; flush++) {
      await untilReceived(fleet, flush * 300)
      await redis().flushAll()
    }
    const { messages } = await fleet.sink.counts()
    expect(messages).toBeLessThan(2_000)
    await untilFinished(fleet, id, 120_000)
    await expectAccounts(fleet, id, { chosen: 2_000, accepted: 2_000 })
  }, 180_000)
})
