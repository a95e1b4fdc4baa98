import { it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { pauseAtSpeed } from '../support/paused-send.ts'

onBothBackends((redis) => {
  it('begins nothing a second after a pause at full speed, and loses and doubles nothing by the resume', async () => {
    const redisUrl = redis()?.url ?? null
    await pauseAtSpeed({ redisUrl, readers: 6_000, pausesAt: [500, 2_500] })
  }, 180_000)
})
