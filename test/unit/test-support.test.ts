import { expect, test } from 'vitest'
import { cleanEnvironment } from '../support/clean-environment.ts'
import { summarize } from '../support/tally.ts'

test('no test sees what the shell has set for us', () => {
  const env = {
    ...{ DATABASE_URL: 'x', REDIS_URL: 'x', SMTP_URL: 'x', PUBLIC_URL: 'x', TRUSTED_PROXIES: 'x' },
    ...{ INBOUND_DOMAIN: 'x', INBOUND_LISTEN: 'x', POSTRIDER_HOME: 'x', POSTRIDER_KEYS: 'x' },
    ...{ PGHOST: 'x', LOG_LEVEL: 'x', POSTRIDER_TEST_ALL: '1', PATH: '/bin', HOME: '/root' },
  }
  cleanEnvironment(env)
  expect(env).toEqual({ POSTRIDER_TEST_ALL: '1', PATH: '/bin', HOME: '/root' })
})

test('the suite itself runs in a cleaned environment', () => {
  const before = { ...process.env }
  cleanEnvironment(process.env)
  expect(process.env).toEqual(before)
})

const tally = {
  passed: 7,
  failed: 1,
  notRun: [
    { title: 'a > queue on Redis', missing: ['redis-server'] },
    { title: 'b > page', missing: ['chromium'] },
    { title: 'c > sweep on Redis', missing: ['redis-server'] },
    { title: 'd > later', missing: [] },
  ],
}

test('what was not run is named and counted, and the last line is the count alone', () => {
  expect(summarize(tally, false)).toEqual({
    failed: 1,
    skipped: 4,
    lines: [
      'NOT RUN: 2 tests, redis-server not found (npm run test:setup installs it)',
      '  a > queue on Redis',
      '  c > sweep on Redis',
      'NOT RUN: 1 test, chromium not found (npm run test:setup installs it)',
      '  b > page',
      'NOT RUN: 1 test, skipped',
      '  d > later',
      'Tests: 7 passed, 1 failed, 4 skipped',
    ],
  })
})

test('with POSTRIDER_TEST_ALL=1 what was not run has failed', () => {
  const summary = summarize(tally, true)
  expect(summary).toMatchObject({ failed: 5, skipped: 0 })
  expect(summary.lines.at(-1)).toBe('Tests: 7 passed, 5 failed, 0 skipped')
})

test('a run without gaps says nothing but its count', () => {
  expect(summarize({ passed: 3, failed: 0, notRun: [] }, true).lines).toEqual([
    'Tests: 3 passed, 0 failed, 0 skipped',
  ])
})
