import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { cancelCampaign, pauseCampaign, resumeCampaign } from '../../src/campaigns/lifecycle.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import { memorySender, prepareAll, someCourier, sweepOnce, workToEnd } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

/** Paced, or without a rate where null. */
async function readyCampaign(readers: number, ratePerSecond: number | null) {
  const newsletter = await someNewsletter(db)
  const ids = await someReaders(db, newsletter, readers)
  const transportId = await someTransport(db)
  await db
    .updateTable('transports')
    .set({ rate_per_second: ratePerSecond })
    .where('id', '=', transportId)
    .execute()
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  return { newsletter, ids, transportId, campaignId }
}

const begun = async (sender: { sent: readonly unknown[] }, count: number) =>
  eventually(() => expect(sender.sent.length).toBeGreaterThanOrEqual(count), { everyMs: 5 })

test('begins nothing a second after a pause, also of rows that wait for a slow server, and loses and doubles none', async () => {
  const { campaignId, transportId } = await readyCampaign(200, null)
  const sender = memorySender(undefined, { connections: 3, delayMs: 450 })
  const couriers = await Promise.all([1, 2, 3, 4].map(() => someCourier(db, transportId, sender)))
  const working = couriers.map((courier) => workToEnd(courier, campaignId))
  for (const from of [60, 120]) {
    await begun(sender, from)
    await pauseCampaign(db, campaignId)
    const pausedAt = performance.now()
    // Until nothing is on its way any more, nor waits for a connection.
    await Promise.all(working.splice(0))
    const late = sender.sent.filter(({ at }) => at > pausedAt + 1_000)
    expect(late).toEqual([])
    expect((await ledgerOfCampaign(db, campaignId)).sending).toBeUndefined()
    await resumeCampaign(db, campaignId)
    working.push(...couriers.map((courier) => workToEnd(courier, campaignId)))
  }
  await Promise.all(working)
  await Promise.all(couriers.map((courier) => courier.stop()))
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 200, accepted: 200 })
  expect(new Set(sender.sent.map(({ to }) => to)).size).toBe(200)
  expect(sender.sent.length).toBe(200)
}, 240_000)

test('begins nothing a second after a cancel while Postgres cannot be asked', async () => {
  const { campaignId, transportId } = await readyCampaign(200, 40)
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  const working = workToEnd(courier, campaignId)
  await begun(sender, 20)
  await cancelCampaign(db, campaignId)
  const cancelledAt = performance.now()
  // From here on no statement about campaigns is answered.
  await db.transaction().execute(async (trx) => {
    await sql`lock table campaigns in access exclusive mode`.execute(trx)
    await sleep(2_500)
  })
  expect(sender.sent.filter(({ at }) => at > cancelledAt + 1_000)).toEqual([])
  await working
  await courier.stop()
  await sweepOnce(db)
  const { accepted = 0, cancelled = 0, chosen } = await ledgerOfCampaign(db, campaignId)
  expect(accepted).toBe(sender.sent.length)
  expect(accepted + cancelled).toBe(chosen)
}, 240_000)
