import { expect, test } from 'vitest'
import {
  type CampaignFacts,
  judge as judgeRow,
  type Rejection,
  type Verdict,
} from '../../src/delivery/fault.ts'
import { restMs } from '../../src/transports/rest.ts'

const judge = (
  row: readonly Rejection[],
  verdicts: readonly Verdict[],
  campaigns: ReadonlyMap<string, CampaignFacts>,
  isFull = false,
) => judgeRow({ row, isFull }, verdicts, campaigns)
const rejection = (subscriber: number, campaignId = '1'): Rejection => ({
  ...{ campaignId, subscriberId: String(subscriber), replyId: '7' },
})
const rejections = (count: number, campaignId = '1', from = 0) =>
  Array.from({ length: count }, (_, index) => rejection(from + index, campaignId))
const said = (list: readonly Rejection[]): Verdict[] =>
  list.map((each) => ({ said: 'rejected', ...each }))
const accepted: Verdict = { said: 'accepted' }
const facts = (changes: Partial<CampaignFacts> = {}, id = '1') =>
  new Map([[id, { id, open: true, paused: false, rejectionsStand: false, ...changes }]])

test('calls 20 rejections in a row the relay’s doing: they go back, and the campaign pauses', () => {
  const result = judge(rejections(15), said(rejections(5, '1', 15)), facts())
  expect(result.back).toHaveLength(20)
  expect(result.pause).toMatchObject([{ campaignId: '1', last: { subscriberId: '19' } }])
  expect(result.row).toEqual([])
  expect(result.proven).toEqual([])
})

test('leaves 19 in a row alone', () => {
  const result = judge([], said(rejections(19)), facts())
  expect(result.row).toHaveLength(19)
  expect([result.back, result.pause, result.proven]).toEqual([[], [], []])
})

test('takes an acceptance as the proof that those before it were about the readers', () => {
  const result = judge(rejections(10), [accepted, ...said(rejections(15, '1', 10))], facts())
  expect(result.proven).toHaveLength(10)
  expect(result.row).toHaveLength(15)
  expect(result.pause).toEqual([])
})

test('gives back what was on its way when the row filled, in this batch and in later ones', () => {
  const batch = judge([], said(rejections(24)), facts())
  expect(batch.back).toHaveLength(24)
  expect(batch.row).toEqual([])
  const later = judge([], said(rejections(3)), facts({ paused: true, rejectionsStand: true }))
  expect(later.back).toHaveLength(3)
})

test('lets them stand when it happens again after a resume, and goes on', () => {
  const result = judge(
    rejections(19),
    said(rejections(5, '1', 19)),
    facts({ rejectionsStand: true }),
  )
  expect([result.back, result.pause]).toEqual([[], []])
  // That there were as many is remembered, and none of them.
  expect(result).toMatchObject({ row: [], isFull: true })
})

test('concludes nothing about readers from a row of 20 that stood, when an acceptance ends it', () => {
  const verdicts = [...said(rejections(23)), accepted]
  const result = judge([], verdicts, facts({ rejectionsStand: true }))
  expect(result).toMatchObject({ proven: [], row: [], isFull: false })
  expect(result.unproven).toHaveLength(20)
})

test('counts the row over all campaigns of the transport, and pauses each that is in it', () => {
  const both = new Map([...facts(), ...facts({}, '2')])
  const result = judge(rejections(10, '1'), said(rejections(10, '2')), both)
  expect(result.pause.map((each) => each.campaignId)).toEqual(['1', '2'])
  expect(result.back).toHaveLength(20)
})

test('does not reopen a campaign that has ended', () => {
  const both = new Map([...facts({ open: false }), ...facts({}, '2')])
  const result = judge(rejections(10, '1'), said(rejections(10, '2')), both)
  expect(result.pause.map((each) => each.campaignId)).toEqual(['2'])
  expect(result.back).toMatchObject(rejections(10, '2'))
})

test('proves nothing by what a full row leaves behind when the others go back', () => {
  const both = new Map([...facts({ rejectionsStand: true }), ...facts({}, '2')])
  const result = judge(rejections(10, '1'), [...said(rejections(10, '2')), accepted], both)
  expect(result.back).toHaveLength(10)
  expect([result.proven, result.row]).toEqual([[], []])
  expect(result.unproven).toEqual(rejections(10, '1'))
})

test('proves nothing by the next rejections either, until an acceptance', () => {
  const both = new Map([...facts({ rejectionsStand: true }), ...facts({}, '2')])
  const mixed = judge(rejections(10, '1'), said(rejections(10, '2')), both)
  expect(mixed).toMatchObject({ isFull: true, row: [], unproven: rejections(10, '1') })
  const next = judge([], [...said(rejections(3, '1', 10)), accepted], both, mixed.isFull)
  expect(next).toMatchObject({ proven: [], isFull: false, row: [] })
  const after = judge([], [...said(rejections(3, '1', 20)), accepted], both, next.isFull)
  expect(after.proven).toHaveLength(3)
})

test('remembers that a row of 20 stands when a campaign comes into it and goes back', () => {
  const both = new Map([...facts({ rejectionsStand: true }), ...facts({}, '2')])
  const result = judge([], said(rejections(1, '2')), both, true)
  expect(result.pause.map((each) => each.campaignId)).toEqual(['2'])
  expect(result).toMatchObject({ row: [], isFull: true })
})

test('rests a second at first and five minutes at last, and at once long where it is refused', () => {
  expect([0, 1, 2, 5, 20].map((inRow) => restMs('unavailable', inRow, 0.5))).toEqual([
    ...[1_000, 2_000, 4_000, 32_000, 300_000],
  ])
  expect(restMs('refused', 0, 0.5)).toBe(300_000)
})
