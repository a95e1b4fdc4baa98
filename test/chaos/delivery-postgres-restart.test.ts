import { describe, it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { restartInMidSend, stopWhilePostgresIsAway } from '../support/restarted-postgres.ts'

// Side by side: each has a server of its own, and waits for it.
describe.concurrent('a send', () => {
  onBothBackends((redis) => {
    it.concurrent('loses, doubles and doubts nothing when Postgres is killed and comes back', async () => {
      const redisUrl = redis()?.url ?? null
      await restartInMidSend({ redisUrl, readers: 1_200, restarts: 2, downMs: 3_000 })
    }, 180_000)

    it.concurrent('leaves nothing uncertain when its worker is asked to stop (SIGTERM) while Postgres is away', async () => {
      const redisUrl = redis()?.url ?? null
      await stopWhilePostgresIsAway({ redisUrl, downMs: 13_000 })
    }, 180_000)
  })
})
