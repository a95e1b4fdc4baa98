import { describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../db/types.ts'
import { isAbove, judgeCampaign, judgeInstallation } from '../../src/suppression/guards.ts'
import {
  type BounceFacts,
  isSeries,
  judgeBounce,
  judgeComplaint,
} from '../../src/suppression/policy.ts'

const DAY_MS = 86_400_000
const at = (day: number) => new Date(Date.UTC(2026, 10, 1) + day * DAY_MS)
const delivery = {
  state: 'accepted' as DeliveryState,
  attempts: 1,
  firstAt: at(10),
  settledAt: at(10),
}
const hard: BounceFacts = {
  ...{ source: 'report', reportedAt: at(11), action: 'failed', type: 'hard', delivery },
  address: { liftedAt: null },
}
const of = (state: DeliveryState, attempts = 1) => ({ ...delivery, state, attempts })

describe('a bounce', () => {
  it('suppresses when it is hard, counts when it may pass or is not the reader’s fault', () => {
    expect(judgeBounce(hard)).toEqual({ verdict: 'suppress' })
    expect(judgeBounce({ ...hard, action: null })).toEqual({ verdict: 'suppress' })
    expect(judgeBounce({ ...hard, type: 'soft' })).toEqual({ verdict: 'count' })
    expect(judgeBounce({ ...hard, type: 'block' })).toEqual({ verdict: 'count' })
  })

  it('in the session goes through the same policy, about what was rejected', () => {
    const session = { ...hard, source: 'session', action: null } as const
    expect(judgeBounce({ ...session, delivery: of('rejected') })).toEqual({ verdict: 'suppress' })
    expect(judgeBounce(session)).toMatchObject({ because: 'delivery is accepted, not rejected' })
    expect(judgeBounce({ ...session, delivery: of('uncertain') })).toMatchObject({
      verdict: 'hold',
    })
  })

  it.each([
    [{ action: 'delayed' }, 'action delayed is not failed'],
    [{ action: 'delivered' }, 'action delivered is not failed'],
    [{ type: null }, 'it does not say what failed'],
    [{ delivery: null }, 'no such delivery'],
    ...(['queued', 'deferred', 'rejected', 'failed', 'skipped', 'cancelled'] as const).map(
      (state) => [{ delivery: of(state, 0) }, `delivery is ${state}, not accepted`] as const,
    ),
  ] as const)('is held: %j', (change, because) => {
    expect(judgeBounce({ ...hard, ...change })).toEqual({ verdict: 'hold', because })
  })

  it('of what is uncertain acts: it proves that it was taken', () => {
    expect(judgeBounce({ ...hard, delivery: of('uncertain') })).toEqual({ verdict: 'suppress' })
  })

  it('waits for the record of a delivery on its way, and of one that is sent again', () => {
    expect(judgeBounce({ ...hard, delivery: of('sending') })).toMatchObject({ verdict: 'wait' })
    expect(judgeBounce({ ...hard, delivery: of('queued', 1) })).toMatchObject({ verdict: 'wait' })
  })

  it('of what was handed over before a lifting proves nothing, but a block is counted still', () => {
    const lifted = { ...hard, address: { liftedAt: at(12) } }
    expect(judgeBounce(lifted)).toEqual({ verdict: 'hold', because: 'lifted since' })
    expect(judgeBounce({ ...lifted, type: 'soft' })).toMatchObject({ verdict: 'hold' })
    expect(judgeBounce({ ...lifted, type: 'block' })).toEqual({ verdict: 'count' })
    expect(judgeBounce({ ...hard, address: { liftedAt: at(9) } })).toEqual({ verdict: 'suppress' })
  })
})

describe('a complaint', () => {
  const facts = {
    ...{ reportedAt: at(11), feedbackType: 'abuse', needsSignature: false, isSigned: false },
    ...{ delivery, address: { liftedAt: null } },
  }
  it('suppresses about an accepted delivery; not-spam, auth-failure, and what proves nothing do not', () => {
    expect(judgeComplaint(facts)).toEqual({ verdict: 'suppress' })
    expect(judgeComplaint({ ...facts, feedbackType: 'opt-out' })).toEqual({
      verdict: 'unsubscribe',
    })
    for (const change of [
      { feedbackType: 'not-spam' },
      { feedbackType: 'auth-failure' },
      { needsSignature: true },
      { delivery: null },
      { delivery: of('skipped') },
      { address: { liftedAt: at(12) } },
    ]) {
      expect(judgeComplaint({ ...facts, ...change })).toMatchObject({ verdict: 'hold' })
    }
    expect(judgeComplaint({ ...facts, needsSignature: true, isSigned: true })).toEqual({
      verdict: 'suppress',
    })
  })
})

describe('a series of soft bounces', () => {
  const soft = { count: 5, days: 14, suppressDays: 90 }
  const days = (...all: number[]) => all.map(at)
  it('is five over at least 14 days, since the last success', () => {
    expect(isSeries(days(0, 3, 7, 10, 14), null, soft)).toBe(true)
    expect(isSeries(days(0, 3, 7, 10, 13.9), null, soft)).toBe(false)
    expect(isSeries(days(0, 7, 14, 21), null, soft)).toBe(false)
    expect(isSeries(days(0, 3, 7, 10, 14), at(0), soft)).toBe(false)
    expect(isSeries(days(-7, 0, 3, 7, 10, 15), at(-1), soft)).toBe(true)
  })
})

describe('guards', () => {
  const rates = {
    ...{ campaignId: '1', hard: 0, complaints: 0, blocks: [] },
    ...{ pauseHardPercent: 5, pauseComplaintPercent: 0.3, pauseBlockPercent: 20 },
  }
  const guardsOf = (change: object, sent: number) =>
    judgeCampaign({ ...rates, ...change }, sent).map(({ guard }) => guard)

  it('trip above a percentage, never at it, and not before 200 were sent', () => {
    expect(guardsOf({ hard: 10 }, 200)).toEqual([])
    expect(guardsOf({ hard: 11 }, 200)).toEqual(['hard-bounces'])
    expect(guardsOf({ hard: 199 }, 199)).toEqual([])
    expect(guardsOf({ complaints: 3 }, 1_000)).toEqual([])
    expect(guardsOf({ complaints: 4 }, 1_000)).toEqual(['complaints'])
    expect(isAbove(1, 0, 5, 0)).toBe(false)
  })

  it('of the installation: 4 % or 0.08 % warns, 8 % or 0.3 % stops', () => {
    const guard = {
      warn: { bouncePercent: 4, complaintPercent: 0.08 },
      stop: { bouncePercent: 8, complaintPercent: 0.3 },
    }
    const level = (bounces: number, complaints: number) =>
      judgeInstallation({ bounces, complaints, sent: 10_000 }, guard).level
    expect([level(400, 8), level(401, 0), level(0, 9)]).toEqual(['ok', 'warns', 'warns'])
    expect([level(800, 30), level(801, 0), level(0, 31)]).toEqual(['warns', 'stops', 'stops'])
  })
})
