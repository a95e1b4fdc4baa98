import { expect, test } from 'vitest'
import type { ProviderRoom } from '../../db/queries/pace.ts'
import { quotasOf, spanLeft } from '../../src/delivery/room.ts'
import { nextWarmUpLevel, warmUpCeiling } from '../../src/transports/warm-up.ts'
import { shareLeft, takenAfter } from '../../src/transports/ways.ts'

const room = (providerId: number, over: Partial<ProviderRoom> = {}): ProviderRoom => ({
  ...{ providerId, rows: 100, ways: 1, limited: true, ratePerSecond: null, backlogSeconds: 0 },
  ...{ inFlight: null, held: 0, stopsForSeconds: 0, warmLevel: 0, day: null, dayTaken: 0 },
  ...{ today: '2026-11-24', dayTroubles: 0, ...over },
})
const quotaOf = (over: Partial<ProviderRoom>, warmUpFrom: number | null = null) =>
  quotasOf([room(1, over)], 100, warmUpFrom).providers[0]?.quota ?? 0

test('a provider without limits may fill the window; one that stops is left out until it goes on', () => {
  const { providers, waitMs } = quotasOf(
    [room(1, { ratePerSecond: 0, stopsForSeconds: 90 }), room(2, { limited: false })],
    ...([100, null] as const),
  )
  expect(providers).toEqual([{ id: 2, quota: 100 }])
  expect(waitMs).toBe(90_000)
})

test('a rate gives slots for half a second, one at least, and none that are given away', () => {
  expect(quotaOf({ ratePerSecond: 40 })).toBe(20)
  expect(quotaOf({ ratePerSecond: 1 / 60 })).toBe(1)
  expect(quotaOf({ ratePerSecond: 1 / 60, backlogSeconds: 60 })).toBe(0)
})

test('messages in flight and the day of a warm-up are what is left of them', () => {
  expect(quotaOf({ inFlight: 5, held: 3 })).toBe(2)
  expect(quotaOf({ inFlight: 5, held: 9 })).toBe(0)
  expect(quotaOf({ day: '2026-11-24', dayTaken: 30 }, 50)).toBe(20)
  expect(quotaOf({ day: '2026-11-23', dayTaken: 50 }, 50)).toBe(75)
})

test('asks first those with many rows more often, and everybody in the end', () => {
  const rooms = [room(1, { rows: 900 }), room(2, { rows: 100 })]
  const firsts = Array.from({ length: 2_000 }, () => quotasOf(rooms, 10, null).providers[0]?.id)
  const share = firsts.filter((id) => id === 1).length / firsts.length
  expect(share).toBeGreaterThan(0.86)
  expect(share).toBeLessThan(0.94)
})

test('the tightest span counts, and waits a sixtieth of it', () => {
  const spans = [
    { span: 60, limit: 100, taken: 20 },
    { span: 3_600, limit: 1_000, taken: 990 },
  ] as const
  expect(spanLeft(spans, 100)).toEqual({ quota: 10, waitMs: 60_000 })
  expect(spanLeft([{ span: 60, limit: 5, taken: 9 }], 100)).toEqual({ quota: 0, waitMs: 1_000 })
  expect(spanLeft([], 7)).toEqual({ quota: 7, waitMs: 0 })
})

test('a warm-up grows by half a day when it was used and went well, stays when not, and shrinks in a storm', () => {
  expect([0, 1, 2, 3].map((level) => warmUpCeiling(100, level))).toEqual([100, 150, 225, 337])
  expect(nextWarmUpLevel(100, { level: 0, taken: 100, troubles: 2 })).toBe(1)
  expect(nextWarmUpLevel(100, { level: 1, taken: 20, troubles: 0 })).toBe(1)
  expect(nextWarmUpLevel(100, { level: 1, taken: 150, troubles: 15 })).toBe(1)
  expect(nextWarmUpLevel(100, { level: 1, taken: 150, troubles: 30 })).toBe(0)
  expect(nextWarmUpLevel(100, { level: 0, taken: 100, troubles: 100 })).toBe(0)
})

test('a way waits for another that is behind its share and goes on, and for no other', () => {
  const way = (transportId: string, taken: number, open = true) => ({
    ...{ transportId, weight: 1, taken, open },
  })
  expect(shareLeft([way('1', 0), way('2', 0)], '1')).toBe(100)
  expect(shareLeft([way('1', 100), way('2', 0)], '1')).toBe(0)
  expect(shareLeft([way('1', 100), way('2', 0, false)], '1')).toBe(Number.POSITIVE_INFINITY)
  expect(shareLeft([way('1', 0)], '3')).toBe(0)
  // Who did not go on has no claim to what it missed, or it would get all for a while.
  expect(takenAfter([way('1', 900), way('2', 0, false)], '1', 100)).toEqual([
    { transportId: '1', taken: 1_000 },
    { transportId: '2', taken: 900 },
  ])
})
