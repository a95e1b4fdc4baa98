import { expect, it } from 'vitest'
import { onBothBackends } from '../support/fleet.ts'
import { sendAtRate } from '../support/rated-send.ts'

onBothBackends((redis) => {
  it('holds two workers to 50 messages a second together for 20 s, and gives each its share', async () => {
    const pace = await sendAtRate({ redisUrl: redis()?.url ?? null, seconds: 20 })
    expect(pace.inWindow).toBeGreaterThanOrEqual(900)
    expect(pace.inWindow).toBeLessThanOrEqual(1_011)
    expect(pace.mostInASecond).toBeLessThanOrEqual(56)
    expect(pace.byWorker).toHaveLength(2)
    expect(Math.min(...pace.byWorker)).toBeGreaterThanOrEqual(250)
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
      expect(pace.inWindow / seconds).toBeGreaterThanOrEqual(190)
      expect(pace.inWindow / seconds).toBeLessThanOrEqual(201)
    },
    300_000,
  )
})
