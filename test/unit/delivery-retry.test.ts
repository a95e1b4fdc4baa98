import { expect, test } from 'vitest'
import { retryAfter } from '../../src/delivery/retry.ts'

const seconds = (attempts: number, random = 0.5) => {
  const next = retryAfter({ attempts, deferredSeconds: 0 }, 'smtp', random)
  return next.retry === 'later' ? next.seconds : null
}

test('waits 5 minutes first, twice as long each time, and never more than 4 hours', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 30].map((attempts) => seconds(attempts))).toEqual([
    ...[300, 600, 1200, 2400, 4800, 9600, 14_400, 14_400],
  ])
})

test('jitters by a fifth, so that those deferred together do not come back together', () => {
  expect(seconds(0, 0)).toBe(240)
  expect(seconds(0, 1)).toBe(360)
})

test('gives up when 48 hours of delays would have passed, and not before', () => {
  let row = { attempts: 0, deferredSeconds: 0 }
  for (;;) {
    const next = retryAfter(row, 'smtp')
    if (next.retry === 'too-old') break
    row = { attempts: row.attempts + 1, deferredSeconds: row.deferredSeconds + next.seconds }
  }
  expect(row.deferredSeconds).toBeLessThanOrEqual(48 * 3600)
  expect(row.deferredSeconds).toBeGreaterThan(48 * 3600 - 4 * 3600 * 1.2)
})

test('comes back to the catcher after a second', () => {
  expect(retryAfter({ attempts: 3, deferredSeconds: 3 }, 'catcher')).toEqual({
    retry: 'later',
    seconds: 1,
  })
})
