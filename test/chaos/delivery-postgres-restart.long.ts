import { it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { restartInMidSend } from '../support/restarted-postgres.ts'

onBothBackends((redis) => {
  it('loses, doubles and doubts nothing when Postgres is away for 19 s in mid-send, three times', async () => {
    const redisUrl = redis()?.url ?? null
    await restartInMidSend({ redisUrl, readers: 3_000, restarts: 3, downMs: 19_000 })
  }, 400_000)
})
