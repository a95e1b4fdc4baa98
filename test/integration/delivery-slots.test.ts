import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { type Slots, takeSlots } from '../../db/queries/transports.ts'
import { registerTransport } from '../../src/transports/transport.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

async function paced(name: string, ratePerSecond: number | null) {
  const { id } = await registerTransport(db, { name, kind: 'smtp', ratePerSecond })
  return {
    take: (count: number, late = 0) => takeSlots(db, id, count, late) as Promise<Slots>,
    /** As if everybody had asked so much later. */
    away: (seconds: number) =>
      sql`update transports set next_slot_at = clock_timestamp() - ${seconds} * interval '1 second'
        where id = ${id}`.execute(db),
    owed: async () =>
      (
        await db
          .selectFrom('transports')
          .select('owed_seconds')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).owed_seconds,
  }
}

const endOf = (slots: Slots, count: number) => slots.firstAt + count * slots.intervalMs

test('gives each slot once, one interval after the other, and none where there is no rate', async () => {
  const { take, owed } = await paced('plain', 200)
  const first = await take(50)
  expect(first.intervalMs).toBeCloseTo(5, 3)
  expect(first.firstAt).toBeGreaterThan(first.now)
  const next = await take(10)
  expect(next.firstAt).toBeCloseTo(endOf(first, 50), 0)
  expect(await owed()).toBe(0)
  const { take: unpaced } = await paced('unpaced', null)
  expect(await unpaced(10)).toBeNull()
})

test('makes up for slots that came too late, by no more than 4 % and for a fifth of a second at most', async () => {
  const { take, owed } = await paced('late', 200)
  await take(100)
  const again = await take(10, 10)
  expect(again.intervalMs).toBeCloseTo(5 / 1.04, 3)
  // Given up a second of them: what is owed stays small, or a minute would have more than its share.
  await take(200, 200)
  expect(await owed()).toBeLessThanOrEqual(0.2)
  let slots = 0
  let took = 0
  while ((await owed()) > 0) {
    const { intervalMs } = await take(100)
    expect(intervalMs).toBeGreaterThanOrEqual(5 / 1.04 - 0.001)
    slots += 100
    took += 100 * intervalMs
  }
  expect(slots * 5 - took).toBeLessThanOrEqual(200 + 1)
  expect((await take(10)).intervalMs).toBeCloseTo(5, 3)
})

test('makes up for a moment in which nobody asked, and not for an hour', async () => {
  const { take, away, owed } = await paced('away', 200)
  await take(1)
  await away(3_600)
  expect((await take(10)).intervalMs).toBeCloseTo(5, 3)
  await away(0.1)
  expect((await take(10)).intervalMs).toBeCloseTo(5 / 1.04, 3)
  expect(await owed()).toBeGreaterThan(0.1)
})
