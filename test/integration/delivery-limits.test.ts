import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { NO_LIMITS, type TransportLimits } from '../../src/config-transport.ts'
import { registerTransport } from '../../src/transports/transport.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
} from '../support/campaigns.ts'
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

let made = 0

/** A campaign to readers at these domains, so many each. */
async function campaignOn(
  readers: Readonly<Record<string, number>>,
  limits: Partial<TransportLimits>,
  overrides: Parameters<typeof registerTransport>[2] = {},
) {
  made += 1
  const config = { name: `limited-${made}`, kind: 'smtp', ratePerSecond: null } as const
  const all = { ...NO_LIMITS, ...limits }
  const { id: transportId } = await registerTransport(db, { ...config, limits: all }, overrides)
  const newsletter = await someNewsletter(db)
  for (const [domain, count] of Object.entries(readers)) {
    await someReaders(db, newsletter, count, domain)
  }
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  return { transportId, campaignId }
}

/** Two workers at it, until so many messages are sent; a little later there are no more. */
async function standsStill(
  { transportId, campaignId }: { transportId: string; campaignId: string },
  count: number,
) {
  const sender = memorySender()
  const couriers = await Promise.all([1, 2].map(() => someCourier(db, transportId, sender)))
  const working = couriers.map((courier) => courier.work(campaignId))
  await eventually(() => expect(sender.sent).toHaveLength(count), { timeoutMs: 45_000 })
  await sleep(400)
  await Promise.all(couriers.map((courier) => courier.stop()))
  await Promise.all(working)
  expect(sender.sent).toHaveLength(count)
  return sender.sent
}

const at = (sent: readonly { to: string }[], domain: string) =>
  sent.filter(({ to }) => to.endsWith(`@${domain}`)).length

test.each([
  ['perMinute', 60],
  ['perHour', 3_600],
  ['perDay', 86_400],
] as const)(
  'holds the fleet to a limit %s, rolling',
  async (limit, span) => {
    const campaign = await campaignOn({ [`${limit.toLowerCase()}.test`]: 100 }, { [limit]: 30 })
    await standsStill(campaign, 30)
    // Three quarters of the span later the first ones still count …
    await sql`update pace_buckets set bucket = bucket - 45 where transport_id = ${campaign.transportId} and span = ${span}`.execute(
      db,
    )
    await standsStill(campaign, 0)
    // … and then they do not.
    await sql`update pace_buckets set bucket = bucket - 20 where transport_id = ${campaign.transportId} and span = ${span}`.execute(
      db,
    )
    await standsStill(campaign, 30)
    expect(await ledgerOfCampaign(db, campaign.campaignId)).toMatchObject({ queued: 40 })
  },
  240_000,
)

test('gives back to a limit what was not begun', async () => {
  const campaign = await campaignOn({ 'givenback.test': 60 }, { perHour: 40 })
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const stuck = memorySender(
    async () => {
      await gate
      return { outcome: 'accepted', reply: { code: 250, enhanced: null, text: 'ok' } }
    },
    { connections: 2 },
  )
  const courier = await someCourier(db, campaign.transportId, stuck)
  const working = courier.work(campaign.campaignId)
  await eventually(() => expect(stuck.sent).toHaveLength(2))
  const stopping = courier.stop()
  release()
  await Promise.all([stopping, working])
  await standsStill(campaign, 38)
}, 240_000)

test('holds messages in flight to one provider over two workers, and sends to others meanwhile', async () => {
  const campaign = await campaignOn(
    { 'tight.test': 60, 'free.test': 300 },
    {},
    { 'tight.test': { inFlight: 3 } },
  )
  let now = 0
  let most = 0
  const sender = memorySender(
    async ({ to }) => {
      const isTight = to.endsWith('@tight.test')
      if (isTight) {
        now += 1
        most = Math.max(most, now)
      }
      await sleep(30)
      if (isTight) now -= 1
      return { outcome: 'accepted', reply: { code: 250, enhanced: null, text: 'ok' } }
    },
    { connections: 10 },
  )
  const couriers = await Promise.all(
    [1, 2].map(() => someCourier(db, campaign.transportId, sender)),
  )
  await Promise.all(couriers.map((courier) => workToEnd(courier, campaign.campaignId)))
  await Promise.all(couriers.map((courier) => courier.stop()))
  expect(await ledgerOfCampaign(db, campaign.campaignId)).toEqual({ chosen: 360, accepted: 360 })
  expect(most).toBe(3)
  // The others were not held up: they were through before.
  const order = sender.sent.map(({ to }) => to)
  expect(order.findLastIndex((to) => to.endsWith('@free.test'))).toBeLessThan(order.length - 1)
}, 240_000)

test('holds the rate to one provider over two workers, and sends to others as fast as they take it', async () => {
  const campaign = await campaignOn(
    { 'slow.test': 60, 'fast.test': 200 },
    {},
    { 'slow.test': { perSecond: 20 } },
  )
  const sender = memorySender(undefined, { connections: 5, delayMs: 2 })
  const couriers = await Promise.all(
    [1, 2].map(() => someCourier(db, campaign.transportId, sender)),
  )
  await Promise.all(couriers.map((courier) => workToEnd(courier, campaign.campaignId)))
  await Promise.all(couriers.map((courier) => courier.stop()))
  expect(await ledgerOfCampaign(db, campaign.campaignId)).toEqual({ chosen: 260, accepted: 260 })
  const times = sender.sent.filter(({ to }) => to.endsWith('@slow.test')).map((sent) => sent.at)
  for (const [index, time] of times.entries()) {
    const within = times.slice(index).filter((other) => other < time + 1_000).length
    expect(within).toBeLessThanOrEqual(22)
  }
  // The others were not held up: they were through before.
  const order = sender.sent.map(({ to }) => to)
  expect(order.findLastIndex((to) => to.endsWith('@fast.test'))).toBeLessThan(order.length - 1)
}, 240_000)

test('warms up: so many to each provider a day, more on the next one when it went well', async () => {
  const domains = ['one.test', 'two.test', 'three.test'] as const
  const readers = Object.fromEntries(domains.map((domain) => [domain, 60]))
  const campaign = await campaignOn(readers, { warmUpFrom: 20 })
  const first = await standsStill(campaign, 60)
  expect(domains.map((domain) => at(first, domain))).toEqual([20, 20, 20])
  // Yesterday, then; at one of them a third was deferred, and of another a third came back.
  await sql`update provider_pace set day = day - 1, day_troubles = case when provider_id =
    (select id from providers where name = 'two.test') then 7 else 0 end where transport_id = ${campaign.transportId}`.execute(
    db,
  )
  await sql`
    insert into feedback_events (source, kind, type, proven, handled_at, campaign_id, subscriber_id)
    select 'door', 'bounce', 'block', true, now(), d.campaign_id, d.subscriber_id
    from deliveries as d join providers as p on p.id = d.provider_id
    where d.campaign_id = ${campaign.campaignId} and p.name = 'three.test' and d.state = 'accepted'
    limit 7`.execute(db)
  const second = await standsStill(campaign, 70)
  expect(domains.map((domain) => at(second, domain))).toEqual([30, 20, 20])
}, 240_000)
