import { describe, it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { killInOneSend } from '../support/killed-workers.ts'

describe.concurrent('a worker that is killed with -9', () => {
  onBothBackends((redis) => {
    it.concurrent('twenty times in one send loses and doubles nothing', async () => {
      await killInOneSend({ redisUrl: redis()?.url ?? null, readers: 6_000, kills: 20 })
    }, 900_000)
  })
})
