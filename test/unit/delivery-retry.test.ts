import { expect, test } from 'vitest'
import { retryAfter } from '../../src/delivery/retry.ts'

const seconds = (attempts: number, random = 0.5, said = 'busy') => {
  const row = { attempts, deferredSeconds: 0 }
  const next = retryAfter(row, said, { transportKind: 'smtp', random })
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
    const next = retryAfter(row, '', { transportKind: 'smtp' })
    if (next.retry === 'too-old') break
    row = { attempts: row.attempts + 1, deferredSeconds: row.deferredSeconds + next.seconds }
  }
  expect(row.deferredSeconds).toBeLessThanOrEqual(48 * 3600)
  expect(row.deferredSeconds).toBeGreaterThan(48 * 3600 - 4 * 3600 * 1.2)
})

test('comes back to the catcher after a second', () => {
  const row = { attempts: 3, deferredSeconds: 3 }
  expect(retryAfter(row, '', { transportKind: 'catcher' })).toEqual({ retry: 'later', seconds: 1 })
})

test.each([
  ['Greylisted, try again in 600 seconds', 600],
  ['4.7.1 please try again in 20 minutes', 1200],
  ['retry after 90', 90],
  ['Try again later in 1 hour.', 3600],
  ['rate limited, trying again in 0 s is no use', 1],
  ['try again in 9 days', 9],
])('comes back as late as a server asks for: %s', (said, asked) => {
  expect(seconds(4, 0, said)).toBe(asked)
  // Not all of them at once, and never sooner.
  expect(seconds(4, 1, said)).toBe(Math.ceil(asked * 1.1))
})

test('hears no time where none is said', () => {
  expect(seconds(0, 0.5, 'try again later; 550 in 2026')).toBe(300)
})

test('gives up at the age that is configured', () => {
  const row = { attempts: 1, deferredSeconds: 300 }
  const options = { transportKind: 'smtp', endSeconds: 600 } as const
  expect(retryAfter(row, '', options)).toEqual({ retry: 'too-old' })
})
