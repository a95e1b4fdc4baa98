import { it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { restartInMidSend, stopWhilePostgresIsAway } from '../support/restarted-postgres.ts'

onBothBackends((redis) => {
  it('loses, doubles and doubts nothing when Postgres is killed in mid-send and comes back', async () => {
    const redisUrl = redis()?.url ?? null
    await restartInMidSend({ redisUrl, readers: 1_200, restarts: 2, downMs: 3_000 })
  }, 180_000)

  it('leaves nothing uncertain when it is asked to stop (SIGTERM) while Postgres is away', async () => {
    const redisUrl = redis()?.url ?? null
    await stopWhilePostgresIsAway({ redisUrl, downMs: 13_000 })
  }, 180_000)
})
