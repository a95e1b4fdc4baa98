import { expect, it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { type Pace, sendAtRate } from '../support/rated-send.ts'

/** The least that is asked of a machine that has its processors; of another one, that it goes on. */
const least = (rate: number, { waitedMs }: Pace) => (waitedMs < 15 ? rate * 0.95 : rate / 4)

onBothBackends((redis) => {
  it('holds two workers to 50 messages a second together for 20 s, and gives each its share', async () => {
    const pace = await sendAtRate({ redisUrl: redis()?.url ?? null, seconds: 20 })
    expect(pace.inWindow / 20).toBeGreaterThanOrEqual(least(50, pace))
    expect(pace.inWindow).toBeLessThanOrEqual(1_011)
    expect(pace.mostInASecond).toBeLessThanOrEqual(56)
    expect(pace.byWorker).toHaveLength(2)
    expect(Math.min(...pace.byWorker)).toBeGreaterThanOrEqual(100)
  }, 180_000)

  it.each([
    ['', false],
    [', while one is killed and another started', true],
  ])(
    'holds three workers to 200 messages a second for a minute%s',
    async (_, churn) => {
      const seconds = 60
      const options = { redisUrl: redis()?.url ?? null, seconds, rate: 200, workers: 3, churn }
      const pace = await sendAtRate(options)
      expect(pace.mostInASecond).toBeLessThanOrEqual(220)
      expect(pace.inWindow / seconds).toBeGreaterThanOrEqual(least(200, pace))
      expect(pace.inWindow / seconds).toBeLessThanOrEqual(201)
    },
    300_000,
  )
})
