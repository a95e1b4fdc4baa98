import { expect, it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { sendAtRate } from '../support/rated-send.ts'

onBothBackends((redis) => {
  it('holds two workers to 50 messages a second together, and gives each its share', async () => {
    const pace = await sendAtRate({ redisUrl: redis()?.url ?? null, seconds: 5 })
    // However busy the machine: what is lost is made up for by 4 %, and never by more than a fifth of a second.
    expect(pace.mostInASecond).toBeLessThanOrEqual(56)
    expect(pace.inWindow).toBeLessThanOrEqual(5 * 50 + 12)
    expect(pace.byWorker).toHaveLength(2)
    expect(Math.min(...pace.byWorker)).toBeGreaterThanOrEqual(25)
  }, 120_000)
})
