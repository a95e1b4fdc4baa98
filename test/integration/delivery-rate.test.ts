import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { pauseCampaign } from '../../src/campaigns/lifecycle.ts'
import { registerTransport } from '../../src/transports/transport.ts'
import { someCampaign, someNewsletter, someReaders } from '../support/campaigns.ts'
import { memorySender, prepareAll, someCourier, workToEnd } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

test('holds a rate over two workers: no second is over it, and both have their share', async () => {
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, 1_000)
  const { id: transportId } = await registerTransport(db, {
    name: 'paced',
    kind: 'smtp',
    ratePerSecond: 50,
  })
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  const senders = [memorySender(), memorySender()]
  const couriers = await Promise.all(senders.map((sender) => someCourier(db, transportId, sender)))
  const works = couriers.map((courier) => workToEnd(courier, campaignId))
  const sent = () => senders.flatMap((sender) => sender.sent.map((each) => each.at))
  // That it is not below its rate, either, is measured where nothing else runs: test/e2e/rate.test.ts.
  await eventually(() => expect(sent().length).toBeGreaterThanOrEqual(320), { timeoutMs: 60_000 })
  await pauseCampaign(db, campaignId)
  await Promise.all(works)
  const all = sent().sort((a, b) => a - b)
  const first = all[0] ?? 0
  expect(all.filter((at) => at < first + 6_000).length).toBeLessThanOrEqual(301)
  const inAnySecond = all.map(
    (at) => all.filter((other) => other >= at && other < at + 1_000).length,
  )
  expect(Math.max(...inAnySecond)).toBeLessThanOrEqual(60)
  for (const sender of senders) expect(sender.sent.length).toBeGreaterThanOrEqual(75)
  await Promise.all(couriers.map((courier) => courier.stop()))
}, 90_000)
