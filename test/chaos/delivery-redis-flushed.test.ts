import { afterEach, it } from 'vitest'
import { expectAccounts } from '../support/accounts.ts'
import { type Fleet, onRedis, startFleet, untilFinished, untilReceived } from '../support/fleet.ts'

const READERS = 2_000

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onRedis((redis) => {
  it('loses, doubles and doubts nothing when Redis is flushed again and again in mid-send', async () => {
    const sink = { dotDelayMs: 20 }
    fleet = await startFleet({ redisUrl: redis().url, readers: READERS, sink })
    let worker = await fleet.worker()
    const id = await fleet.send()
    // Also the doorbell that makes the rows, and those of workers that come and go.
    await redis().flushAll()
    for (let flush = 1; flush <= 4; flush++) {
      await untilReceived(fleet, flush * 250)
      await redis().flushAll()
      if (flush % 2 === 0) {
        await worker.end('SIGTERM')
        await redis().flushAll()
        worker = await fleet.worker()
      }
    }
    await fleet.worker()
    await untilFinished(fleet, id, 120_000)
    await expectAccounts(
      fleet,
      id,
      { chosen: READERS, accepted: READERS },
      { what: 'FLUSHALL, six times' },
    )
  }, 240_000)
})
