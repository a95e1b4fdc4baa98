import { it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { pauseAtSpeed } from '../support/paused-send.ts'

onBothBackends((redis) => {
  it('begins nothing a second after a pause at thousands of messages a second, five times in one send', async () => {
    const redisUrl = redis()?.url ?? null
    const pausesAt = [4_000, 12_000, 20_000, 28_000, 36_000]
    await pauseAtSpeed({ redisUrl, readers: 50_000, pausesAt })
  }, 900_000)
})
