import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { openBounceLocalPart } from '../../src/mail/token-address.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import {
  ACCEPTED,
  memorySender,
  prepareAll,
  secrets,
  someCourier,
  sweepOnce,
  workToEnd,
} from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

async function readyCampaign(readers: number, transportKind: 'smtp' | 'catcher' = 'smtp') {
  const newsletter = await someNewsletter(db)
  const ids = await someReaders(db, newsletter, readers)
  const transportId = await someTransport(db, transportKind)
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  return { newsletter, ids, transportId, campaignId }
}

const openClaims = () =>
  db
    .selectFrom('claims')
    .select('id')
    .execute()
    .then((rows) => rows.length)

test('mails 5,000 readers once each, and the ledger adds up', async () => {
  const { campaignId, transportId } = await readyCampaign(5_000)
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 5_000, accepted: 5_000 })
  expect(new Set(sender.sent.map((each) => each.to)).size).toBe(5_000)
  expect(sender.sent).toHaveLength(5_000)
  await courier.stop()
  expect(await openClaims()).toBe(0)
  await sweepOnce(db)
  const row = await db
    .selectFrom('campaigns')
    .select('state')
    .where('id', '=', campaignId)
    .executeTakeFirst()
  expect(row?.state).toBe('finished')
})

test('never sends one row twice when two couriers work on one campaign', async () => {
  const { campaignId, transportId } = await readyCampaign(1_500)
  const sender = memorySender(() => ACCEPTED, { delayMs: 2 })
  const couriers = [
    await someCourier(db, transportId, sender),
    await someCourier(db, transportId, sender),
  ]
  await Promise.all(couriers.map((courier) => workToEnd(courier, campaignId)))
  expect(sender.sent).toHaveLength(1_500)
  expect(new Set(sender.sent.map((each) => each.to)).size).toBe(1_500)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 1_500, accepted: 1_500 })
  await Promise.all(couriers.map((courier) => courier.stop()))
})

test('holds at most 100 rows at any moment, and a second work of the same campaign is told so', async () => {
  const { campaignId, transportId } = await readyCampaign(2_000)
  let most = 0
  const courier = await someCourier(db, transportId, memorySender())
  const work = workToEnd(courier, campaignId)
  expect(await courier.work(campaignId)).toEqual({ next: 'busy' })
  let isOver = false
  void work.then(() => {
    isOver = true
  })
  while (!isOver) {
    most = Math.max(most, (await ledgerOfCampaign(db, campaignId)).sending ?? 0)
  }
  expect(most).toBeGreaterThan(20)
  expect(most).toBeLessThanOrEqual(100)
  await courier.stop()
})

test('writes what was said, by whom it was rejected, and when a deferred one is due again', async () => {
  const { campaignId, transportId } = await readyCampaign(4, 'catcher')
  const sender = memorySender(({ to }, count) => {
    const number = Number(/\d+/.exec(to)?.[0])
    if (number === 1)
      return { outcome: 'rejected', reply: { code: 550, enhanced: '5.7.1', text: 'spam' } }
    if (number === 2 && count <= 4) {
      return { outcome: 'deferred', reply: { code: 451, enhanced: '4.2.0', text: 'later' } }
    }
    if (number === 3) return { outcome: 'uncertain', why: 'connection closed' }
    return ACCEPTED
  })
  const courier = await someCourier(db, transportId, sender, { transportKind: 'catcher' })
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({
    ...{ chosen: 4, accepted: 2, rejected: 1, uncertain: 1 },
  })
  const rows = await db
    .selectFrom('deliveries as d')
    .leftJoin('replies as r', 'r.id', 'd.reply_id')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .select([
      'd.state',
      'd.reason',
      'd.attempts',
      'd.deferred_seconds',
      'r.code',
      'r.text',
      'd.first_at',
    ])
    .where('d.campaign_id', '=', campaignId)
    .orderBy('s.address')
    .execute()
  expect(rows).toMatchObject([
    { state: 'rejected', attempts: 1, code: 550, text: 'spam', first_at: expect.any(Date) },
    { state: 'accepted', attempts: 2, deferred_seconds: 1, code: 250, text: 'queued as …' },
    { state: 'uncertain', attempts: 1, reason: 'no-reply', text: 'connection closed' },
    { state: 'accepted', attempts: 1, code: 250, text: 'queued as …' },
  ])
  await courier.stop()
})

test('fills each message for its reader, with links, list headers and a return path of their own', async () => {
  const { campaignId, transportId, ids, newsletter } = await readyCampaign(1)
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender, { inboundDomain: 'in.weekly.example' })
  await workToEnd(courier, campaignId)
  const sent = sender.sent[0]
  if (!sent) throw new Error('nothing was sent')
  const mail = await simpleParser(sent.bytes)
  const list = mail.headers.get('list') as unknown as Record<
    string,
    { url?: string; mail?: string }
  >
  expect(list.unsubscribe?.url).toMatch(/^https:\/\/weekly\.example\/u\/[\w-]+$/)
  expect(list.unsubscribe?.mail).toMatch(/^u-[a-z2-7]+@in\.weekly\.example$/)
  expect(mail.messageId).toMatch(/^<m-[a-z2-7]+@weekly\.example>$/)
  expect(mail.headers.get('feedback-id')).toBe(`${campaignId}:${newsletter.slug}:first:postrider`)
  const [local, domain] = sent.from.split('@')
  expect(domain).toBe('in.weekly.example')
  expect(openBounceLocalPart(secrets, local ?? '')).toMatchObject({
    campaignId,
    subscriberId: ids[0],
  })
  await courier.stop()
})

test('fails a delivery that cannot be filled, and pauses after 20 in a row', async () => {
  const { campaignId, transportId, ids } = await readyCampaign(60)
  await db
    .updateTable('subscribers')
    .set({ address: 'two words@a b.test' })
    .where('id', 'in', ids)
    .execute()
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  const ledger = await ledgerOfCampaign(db, campaignId)
  expect(ledger.failed).toBeGreaterThanOrEqual(20)
  expect(ledger.failed).toBeLessThan(40)
  expect(sender.sent).toHaveLength(0)
  const row = await db
    .selectFrom('campaigns')
    .selectAll()
    .where('id', '=', campaignId)
    .executeTakeFirst()
  expect(row).toMatchObject({ state: 'paused' })
  expect(row?.reason).toMatch(/^20 messages in a row could not be filled: /)
  expect(row?.reason).not.toContain('words@')
  await courier.stop()
})
