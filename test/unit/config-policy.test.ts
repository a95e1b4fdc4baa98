import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { DEFAULT_POLICY } from '../../src/config-policy.ts'

test('policy has the defaults that the docs name', () => {
  expect(loadConfig({}).policy).toEqual(DEFAULT_POLICY)
  expect(DEFAULT_POLICY).toEqual({
    soft: { count: 5, days: 14, suppressDays: 90 },
    guard: {
      warn: { bouncePercent: 4, complaintPercent: 0.08 },
      stop: { bouncePercent: 8, complaintPercent: 0.3 },
    },
    evidenceDays: 180,
  })
})

test('policy is as the environment wants it', () => {
  const policy = loadConfig({
    SOFT_BOUNCES: '3/7',
    SOFT_SUPPRESSION_DAYS: '30',
    GUARD_WARN: '2/0.05',
    GUARD_STOP: '5/0.1',
    EVIDENCE_DAYS: '60',
  }).policy
  expect(policy).toEqual({
    soft: { count: 3, days: 7, suppressDays: 30 },
    guard: {
      warn: { bouncePercent: 2, complaintPercent: 0.05 },
      stop: { bouncePercent: 5, complaintPercent: 0.1 },
    },
    evidenceDays: 60,
  })
})

test.each([
  ['SOFT_BOUNCES', '5', /SOFT_BOUNCES is no COUNT\/DAYS such as 5\/14/],
  ['SOFT_BOUNCES', '0/14', /SOFT_BOUNCES is no COUNT/],
  ['SOFT_SUPPRESSION_DAYS', '0', /SOFT_SUPPRESSION_DAYS is no number of days/],
  ['GUARD_WARN', '4', /GUARD_WARN is no BOUNCES\/COMPLAINTS/],
  ['GUARD_STOP', '0/0.3', /GUARD_STOP is no BOUNCES\/COMPLAINTS/],
  ['GUARD_WARN', '9/0.1', /GUARD_WARN is above GUARD_STOP/],
  ['EVIDENCE_DAYS', 'ever', /EVIDENCE_DAYS is no number of days/],
])('refuses %s=%s', (name, value, words) => {
  expect(() => loadConfig({ [name]: value })).toThrow(words)
})
