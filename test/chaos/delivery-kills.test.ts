import { describe, it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { killInOneSend } from '../support/killed-workers.ts'

// Both at once: most of it is waiting for leases to end.
describe.concurrent('a worker that is killed with -9', () => {
  onBothBackends((redis) => {
    it.concurrent('five times in one send loses and doubles nothing, and leaves uncertain exactly what it had not recorded', async () => {
      await killInOneSend({ redisUrl: redis()?.url ?? null, readers: 1_500, kills: 5 })
    }, 300_000)
  })
})
