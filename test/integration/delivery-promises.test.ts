import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import {
  cancelCampaign,
  pauseCampaign,
  resendCampaign,
  resumeCampaign,
} from '../../src/campaigns/lifecycle.ts'
import { createSmtpSender } from '../../src/mail/smtp.ts'
import { unsubscribe } from '../../src/subscribers/unsubscribe.ts'
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
  someCourier,
  sweepOnce,
  workToEnd,
} from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { watchLag } from '../support/lag.ts'
import { startSink } from '../support/sink.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

async function readyCampaign(readers: number) {
  const newsletter = await someNewsletter(db)
  const ids = await someReaders(db, newsletter, readers)
  const transportId = await someTransport(db)
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  return { newsletter, ids, transportId, campaignId }
}

const leave = (newsletterId: Id, subscriberId: Id) =>
  unsubscribe(db, { newsletterId, subscriberId, source: 'one-click' }, new Date())

test('does not mail who leaves, or is suppressed, between the claim’s snapshot and its check', async () => {
  const { campaignId, transportId, newsletter, ids } = await readyCampaign(3)
  // The claim's first statement stops in the middle, its snapshot taken, until the lock is given.
  await sql`create function wait_at_the_gate() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(4711); return new; end $$`.execute(db)
  await sql`create trigger gate before insert on claims for each row execute function wait_at_the_gate()`.execute(
    db,
  )
  const gate = connect(t.url, { max: 1 })
  await sql`select pg_advisory_lock(4711)`.execute(gate)
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  const work = workToEnd(courier, campaignId)
  await eventually(async () => {
    const { rows } =
      await sql`select from pg_locks where locktype = 'advisory' and not granted`.execute(db)
    expect(rows).toHaveLength(1)
  })
  await leave(newsletter.id, ids[0] as Id)
  await sql`insert into suppressions (address_hash, reason)
    select address_hash, 'manual' from subscribers where id = ${ids[1]}`.execute(db)
  await sql`select pg_advisory_unlock(4711)`.execute(gate)
  await work
  expect(sender.sent.map((each) => each.to.split('@')[0])).toEqual(['reader-3'])
  const rows = await db
    .selectFrom('deliveries')
    .select(['state', 'reason', 'subscriber_id'])
    .where('campaign_id', '=', campaignId)
    .execute()
  expect(rows.find((row) => row.subscriber_id === ids[0])).toMatchObject({
    state: 'skipped',
    reason: 'unsubscribed',
  })
  expect(rows.find((row) => row.subscriber_id === ids[1])).toMatchObject({
    state: 'skipped',
    reason: 'suppressed',
  })
  await sql`drop trigger gate on claims`.execute(db)
  await gate.destroy()
  await courier.stop()
})

test('begins no message more than 2 s after its reader’s unsubscribe, with a server that takes 200 ms', async () => {
  const { campaignId, transportId, newsletter, ids } = await readyCampaign(150)
  const addresses = new Map(
    (
      await db.selectFrom('subscribers').select(['id', 'address']).where('id', 'in', ids).execute()
    ).map((row) => [row.address, row.id]),
  )
  const sink = await startSink({ dotDelayMs: 200 })
  const sender = createSmtpSender({
    ...{ name: 'sink', kind: 'smtp', host: '127.0.0.1', port: sink.port, implicitTls: false },
    ...{ user: null, password: null, ratePerSecond: null, connections: 5 },
  })
  const courier = await someCourier(db, transportId, sender)
  const lag = watchLag()
  const work = workToEnd(courier, campaignId)
  const left = new Map<Id, number>()
  for (const id of [...ids].reverse()) {
    await leave(newsletter.id, id)
    left.set(id, Date.now())
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  await work
  const entries = await sink.entries()
  // Sender and server are this process: each comes late to its turn.
  const promisedMs = 2_000 + 2 * lag.worstMs()
  const late = entries.filter(
    ({ to, begunAt }) => begunAt > (left.get(addresses.get(to) ?? '') ?? 0) + promisedMs,
  )
  expect(late).toEqual([])
  const ledger = await ledgerOfCampaign(db, campaignId)
  expect(ledger.accepted).toBe(entries.length)
  expect((ledger.accepted ?? 0) + (ledger.skipped ?? 0)).toBe(150)
  expect(ledger.skipped).toBeGreaterThan(20)
  await courier.stop()
  await sender.close()
  await sink.close()
})

test('asks again about a reader whose check is older than a message may be', async () => {
  const { campaignId, transportId, newsletter, ids } = await readyCampaign(10)
  let answer = () => {}
  const stuck = new Promise<void>((resolve) => {
    answer = resolve
  })
  const sender = memorySender(
    async (_, count) => {
      if (count <= 2) await stuck
      return ACCEPTED
    },
    { connections: 2 },
  )
  // Two rows wait behind two that are stuck.
  const courier = await someCourier(db, transportId, sender)
  const work = workToEnd(courier, campaignId)
  await eventually(() => expect(sender.sent).toHaveLength(2))
  const begun = sender.sent.map((each) => each.to)
  const rest = await db
    .selectFrom('subscribers')
    .select(['id', 'address'])
    .where('id', 'in', ids)
    .where('address', 'not in', begun)
    .execute()
  for (const { id } of rest) await leave(newsletter.id, id)
  // All of them while the two are stuck: a check between two leaves is fresh enough to begin by.
  await eventually(async () => expect((await ledgerOfCampaign(db, campaignId)).skipped).toBe(8))
  answer()
  await work
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 10, accepted: 2, skipped: 8 })
  await courier.stop()
})

test('gives back at a pause what waits behind a server that is stuck, and begins none of it when it wakes', async () => {
  const { campaignId, transportId } = await readyCampaign(10)
  let answer = () => {}
  const stuck = new Promise<void>((resolve) => {
    answer = resolve
  })
  const sender = memorySender(() => stuck.then(() => ACCEPTED), { connections: 2 })
  const courier = await someCourier(db, transportId, sender)
  const work = workToEnd(courier, campaignId)
  await eventually(async () => expect((await ledgerOfCampaign(db, campaignId)).sending).toBe(4))
  await pauseCampaign(db, campaignId)
  await eventually(async () =>
    expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 10, queued: 8, sending: 2 }),
  )
  answer()
  await work
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 10, queued: 8, accepted: 2 })
  await courier.stop()
})

test('begins nothing 2 s after a pause, gives back what it held, and goes on after the resume', async () => {
  const { campaignId, transportId } = await readyCampaign(200)
  const sender = memorySender(() => ACCEPTED, { delayMs: 200 })
  const courier = await someCourier(db, transportId, sender)
  const work = workToEnd(courier, campaignId)
  await eventually(() => expect(sender.sent.length).toBeGreaterThan(20))
  await pauseCampaign(db, campaignId)
  const paused = performance.now()
  await work
  expect(Math.max(...sender.sent.map((each) => each.at))).toBeLessThan(paused + 2_000)
  const ledger = await ledgerOfCampaign(db, campaignId)
  expect(ledger).toEqual({
    chosen: 200,
    accepted: sender.sent.length,
    queued: 200 - sender.sent.length,
  })
  await resumeCampaign(db, campaignId)
  await cancelCampaign(db, campaignId)
  await sweepOnce(db)
  expect((await ledgerOfCampaign(db, campaignId)).cancelled).toBe(200 - sender.sent.length)
  await courier.stop()
})

test('cancels in mid-send: what was on its way is settled, the rest is cancelled', async () => {
  const { campaignId, transportId } = await readyCampaign(200)
  const sender = memorySender(() => ACCEPTED, { delayMs: 200 })
  const courier = await someCourier(db, transportId, sender)
  const work = workToEnd(courier, campaignId)
  await eventually(() => expect(sender.sent.length).toBeGreaterThan(20))
  await cancelCampaign(db, campaignId)
  await work
  await sweepOnce(db)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({
    ...{ chosen: 200, accepted: sender.sent.length, cancelled: 200 - sender.sent.length },
  })
  await courier.stop()
})

test('stops gracefully: finishes what is on its way, gives back the rest, leaves nothing uncertain', async () => {
  const { campaignId, transportId } = await readyCampaign(200)
  const sender = memorySender(() => ACCEPTED, { delayMs: 200 })
  const courier = await someCourier(db, transportId, sender)
  const work = courier.work(campaignId)
  await eventually(() => expect(sender.sent.length).toBeGreaterThan(20))
  await courier.stop()
  expect((await work).next).toBe('at')
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({
    ...{ chosen: 200, accepted: sender.sent.length, queued: 200 - sender.sent.length },
  })
  const claims = await db
    .selectFrom('claims')
    .selectAll()
    .where('campaign_id', '=', campaignId)
    .execute()
  expect(claims).toEqual([])
})

test('hands no mail to a real reader whose links would lead nowhere, and pauses with the reason', async () => {
  const { campaignId, transportId, ids } = await readyCampaign(3)
  await db
    .updateTable('subscribers')
    .set({ address: 'reader@real-domain.org' })
    .where('id', '=', ids[1] as Id)
    .execute()
  const sender = memorySender(() => ACCEPTED, { connections: 1 })
  const courier = await someCourier(db, transportId, sender, { publicUrl: 'http://127.0.0.1:3000' })
  await workToEnd(courier, campaignId)
  expect(sender.sent.map(({ to }) => to)).not.toContain('reader@real-domain.org')
  const campaign = await db
    .selectFrom('campaigns')
    .select(['state', 'reason'])
    .where('id', '=', campaignId)
    .executeTakeFirstOrThrow()
  expect(campaign.state).toBe('paused')
  expect(campaign.reason).toMatch(/^no real reader is mailed: PUBLIC_URL .* is reached from this/)
  const { chosen, queued = 0, accepted = 0, ...others } = await ledgerOfCampaign(db, campaignId)
  expect({ others, sum: queued + accepted }).toEqual({ others: {}, sum: chosen })
  await courier.stop()
})

test('keeps sender and Message-ID in a resend, whatever the newsletter has become', async () => {
  const { campaignId, transportId, newsletter } = await readyCampaign(1)
  const sender = memorySender((_sent, count) =>
    count === 1 ? { outcome: 'uncertain', why: 'no reply' } : ACCEPTED,
  )
  const before = await someCourier(db, transportId, sender)
  await workToEnd(before, campaignId)
  await sweepOnce(db)
  await db
    .updateTable('newsletters')
    .set({ from_address: 'other@elsewhere.test', from_name: 'Another', name: 'Renamed' })
    .where('id', '=', newsletter.id)
    .execute()
  await resendCampaign(db, campaignId, ['uncertain'])
  // Another process, which knows nothing of the first time.
  const after = await someCourier(db, transportId, sender)
  await workToEnd(after, campaignId)
  const [first, second] = sender.sent.map(({ bytes }) => headersOf(bytes))
  expect(sender.sent).toHaveLength(2)
  expect(second).toEqual(first)
  await Promise.all([before.stop(), after.stop()])
})

function headersOf(bytes: Buffer): string[] {
  const head = bytes.toString('latin1').split('\r\n\r\n')[0] ?? ''
  return head.split('\r\n').filter((line) => /^(From|Message-ID|List-Id):/i.test(line))
}
