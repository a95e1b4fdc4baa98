import { expect, test } from 'vitest'
import { claimSize, lateAfterMs, pacedSize, waitingLimit } from '../../src/delivery/pace.ts'

test('takes slots for half a second at a time, so that workers take turns', () => {
  expect(pacedSize(100, { ratePerSecond: 50, backlogSeconds: 0 })).toEqual({ size: 25, waitMs: 0 })
  expect(pacedSize(10, { ratePerSecond: 50, backlogSeconds: 0 })).toEqual({ size: 10, waitMs: 0 })
})

test('gives away no slot that is more than two seconds ahead', () => {
  expect(pacedSize(100, { ratePerSecond: 50, backlogSeconds: 1.75 }).size).toBe(12)
  expect(pacedSize(100, { ratePerSecond: 50, backlogSeconds: 2 })).toEqual({ size: 0, waitMs: 1 })
  expect(pacedSize(1, { ratePerSecond: 0.2, backlogSeconds: 5 })).toEqual({ size: 0, waitMs: 3001 })
})

test('sends one at a time where the rate is less than one a second', () => {
  expect(pacedSize(100, { ratePerSecond: 0.2, backlogSeconds: 0 }).size).toBe(1)
})

test('counts as late what is later than an interval, or than timers here can keep', () => {
  expect(lateAfterMs(100)).toBe(100)
  expect(lateAfterMs(2)).toBe(50)
})

test('begins with a row for each connection and holds what it began within two seconds, up to 100', () => {
  const limit = (begunLately: number) =>
    waitingLimit({ ratePerSecond: null, connections: 5, begunLately })
  expect([0, 3, 40, 3000].map(limit)).toEqual([5, 5, 40, 100])
})

test('claims when half of the window is gone, and never beyond 100 rows held', () => {
  expect(claimSize({ held: 60, waiting: 60, limit: 100 })).toBe(0)
  expect(claimSize({ held: 50, waiting: 50, limit: 100 })).toBe(50)
  expect(claimSize({ held: 95, waiting: 0, limit: 100 })).toBe(5)
  expect(claimSize({ held: 100, waiting: 0, limit: 100 })).toBe(0)
  expect(claimSize({ held: 0, waiting: 0, limit: 5 })).toBe(5)
})
