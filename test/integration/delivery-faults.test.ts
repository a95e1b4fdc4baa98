import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import { resendCampaign, resumeCampaign } from '../../src/campaigns/lifecycle.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { createLog } from '../../src/log.ts'
import { createSmtpSender, type SendResult } from '../../src/mail/smtp.ts'
import { wakeTransport } from '../../src/transports/transport.ts'
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
  NO_SUCH_USER,
  prepareAll,
  someCourier,
  sweepOnce,
  workToEnd,
} from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
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
  await someReaders(db, newsletter, readers)
  const transportId = await someTransport(db)
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  return { newsletter, transportId, campaignId }
}

const smtpTo = (port: number, login?: { user: string; password: string }) =>
  createSmtpSender({
    ...{ name: 'sink', kind: 'smtp', host: '127.0.0.1', port, implicitTls: false },
    ...{ user: login?.user ?? null, password: login?.password ?? null },
    ...{ ratePerSecond: null, connections: 5 },
  })

const rowsOf = (campaignId: Id) =>
  db.selectFrom('deliveries').selectAll().where('campaign_id', '=', campaignId).execute()

async function resume(campaignId: Id) {
  await resumeCampaign(db, campaignId)
  await wakeTransport(db, campaignId)
}

/** Not a row has moved but those that were accepted; none has spent an attempt. */
/** Once a claim that came in the middle of the fault has been given back too. */
const expectUntouched = (campaignId: Id, accepted = 0) =>
  eventually(() => expectUntouchedNow(campaignId, accepted))

async function expectUntouchedNow(campaignId: Id, accepted: number) {
  const rows = await rowsOf(campaignId)
  const others = rows.filter((row) => row.state !== 'accepted')
  expect(rows.length - others.length).toBe(accepted)
  expect(
    others.every((row) => row.state === 'queued' && row.attempts === 0 && row.claim_id === null),
  ).toBe(true)
  expect(others.every((row) => row.deferred_seconds === 0)).toBe(true)
}

test('pauses when a login is revoked, after one attempt, and finishes when it works again', async () => {
  const { campaignId, transportId } = await readyCampaign(120)
  const login = { user: 'weekly', password: 'secret' }
  const sink = await startSink({ login: { ...login, password: 'another now' } })
  const sender = smtpTo(sink.port, login)
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  expect((await sink.counts()).auths).toBe(1)
  await expectUntouched(campaignId)
  const status = await campaignStatus(db, campaignId)
  expect(status).toMatchObject({ state: 'paused' })
  expect(status.reason).toMatch(/^the relay refused us: 535 /)
  await sink.set({ login })
  await resume(campaignId)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 120, accepted: 120 })
  await courier.stop()
  await sender.close()
  await sink.close()
})

test('pauses when MAIL FROM is refused, with the reason in one line, and finishes after the resume', async () => {
  const { campaignId, transportId } = await readyCampaign(120)
  const sink = await startSink({ replies: { mail: '550 5.7.1 sender not allowed' } })
  const sender = smtpTo(sink.port)
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  await expectUntouched(campaignId)
  expect(await campaignStatus(db, campaignId)).toMatchObject({
    ...{ state: 'paused', reason: 'the relay refused us: 550 5.7.1 sender not allowed' },
  })
  await sink.set({ replies: {} })
  await resume(campaignId)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 120, accepted: 120 })
  expect(await sink.entries()).toHaveLength(120)
  await courier.stop()
  await sender.close()
  await sink.close()
})

test('waits for a server that cannot be reached, says why, and goes on by itself', async () => {
  const { campaignId, transportId } = await readyCampaign(120)
  const first = await startSink()
  const { port } = first
  await first.close()
  const sender = smtpTo(port)
  const courier = await someCourier(db, transportId, sender)
  await courier.work(campaignId)
  await expectUntouched(campaignId)
  const status = await campaignStatus(db, campaignId)
  expect(status).toMatchObject({ state: 'sending', reason: null })
  expect(status.waiting).toMatch(/^the mail server is unavailable: .*ECONNREFUSED/)
  const sink = await startSink({ port })
  await eventually(async () => {
    await courier.work(campaignId)
    expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 120, accepted: 120 })
  })
  const transport = await db
    .selectFrom('transports')
    .selectAll()
    .where('id', '=', transportId)
    .executeTakeFirstOrThrow()
  expect(transport).toMatchObject({ rests_in_row: 0, rest_reason: null })
  await courier.stop()
  await sender.close()
  await sink.close()
})

test('takes 20 rejections in a row for the relay’s doing: nobody is rejected, the campaign pauses', async () => {
  const { campaignId, transportId } = await readyCampaign(150)
  let isBroken = true
  const sender = memorySender(() => (isBroken ? NO_SUCH_USER : ACCEPTED), { delayMs: 1 })
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  await expectUntouched(campaignId)
  expect(await campaignStatus(db, campaignId)).toMatchObject({
    ...{ state: 'paused', reason: 'the relay rejected 20 in a row: 550 5.1.1 no such user' },
  })
  isBroken = false
  await resume(campaignId)
  await workToEnd(courier, campaignId)
  await sweepOnce(db)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 150, accepted: 150 })
  expect(await eventsOf(campaignId)).toEqual([])
  await courier.stop()
})

test('lets rejections stand that come again after the resume, and concludes nothing from them', async () => {
  const { campaignId, transportId } = await readyCampaign(60)
  const courier = await someCourier(
    db,
    transportId,
    memorySender(() => NO_SUCH_USER),
  )
  await workToEnd(courier, campaignId)
  await resume(campaignId)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 60, rejected: 60 })
  await sweepOnce(db)
  expect(await campaignStatus(db, campaignId)).toMatchObject({ state: 'finished' })
  expect(await eventsOf(campaignId)).toEqual([])
  expect(await db.selectFrom('rejection_row').selectAll().execute()).toEqual([])
  await courier.stop()
})

test('suppresses nobody when an acceptance ends 20 rejections or more that stood', async () => {
  const { campaignId, transportId } = await readyCampaign(150)
  // Those that are told no after the resume, before the relay is well again.
  let left = Number.POSITIVE_INFINITY
  const sender = memorySender(() => (left-- > 0 ? NO_SUCH_USER : ACCEPTED))
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  await resume(campaignId)
  left = 60
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({
    chosen: 150,
    rejected: 60,
    accepted: 90,
  })
  await sweepOnce(db)
  expect(await eventsOf(campaignId)).toEqual([])
  await courier.stop()
})

test('proves nothing by a rejection that comes after 20 that stood, until an acceptance', async () => {
  const { campaignId, transportId, newsletter } = await readyCampaign(24)
  await sql`update campaigns set rejections_stand = true where id = ${campaignId}`.execute(db)
  const work = async (id: Id, answer: () => SendResult) => {
    const courier = await someCourier(db, transportId, memorySender(answer))
    await workToEnd(courier, id)
    await courier.stop()
  }
  await work(campaignId, () => NO_SUCH_USER)
  expect(await standingOn(transportId)).toEqual([])
  // One after them, in a campaign of its own that ends with fewer than 20.
  const other = await someCampaign(db, newsletter, { transportId, slug: 'other' })
  await prepareAll(db, other)
  await sql`update campaigns set rejections_stand = true where id = ${other}`.execute(db)
  let answers = 0
  await work(other, () => {
    answers += 1
    return answers <= 3 ? NO_SUCH_USER : ACCEPTED
  })
  await sql`update campaigns set ended_at = now() where id = any(${[campaignId, other]}::bigint[])`.execute(
    db,
  )
  await sweepOnce(db)
  expect([await eventsOf(campaignId), await eventsOf(other)]).toEqual([[], []])
  const { rejections_full } = await db
    .selectFrom('transports')
    .select('rejections_full')
    .where('id', '=', transportId)
    .executeTakeFirstOrThrow()
  expect(rejections_full).toBe(false)
})

const standingOn = (transportId: Id) =>
  db.selectFrom('rejection_row').selectAll().where('transport_id', '=', transportId).execute()

const eventsOf = (campaignId: Id) =>
  db
    .selectFrom('feedback_events')
    .select(['subscriber_id', 'status', 'source'])
    .where('campaign_id', '=', campaignId)
    .execute()

test('makes a rejection a bounce once an acceptance has broken its row, or the campaign has ended', async () => {
  const { campaignId, transportId } = await readyCampaign(100)
  const sender = memorySender(
    (_, count) => {
      if (count % 10 === 0 || count > 95) return NO_SUCH_USER
      if (count % 25 === 0)
        return { outcome: 'rejected', reply: { code: 550, enhanced: '5.7.1', text: 'spam' } }
      return ACCEPTED
    },
    { connections: 1 },
  )
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({
    chosen: 100,
    accepted: 84,
    rejected: 16,
  })
  expect(await eventsOf(campaignId)).toHaveLength(11)
  await sweepOnce(db)
  const events = await eventsOf(campaignId)
  // 10 … 90, 96 to 100, and two that said 5.7.1: what follows from each is for the policy to say.
  expect(events).toHaveLength(16)
  expect(events.filter((event) => event.status === '5.7.1')).toHaveLength(2)
  expect(events[0]).toMatchObject({ status: '5.1.1', source: 'session' })
  expect(new Set(events.map((event) => event.subscriber_id)).size).toBe(16)
  await courier.stop()
})

async function loseCourier(campaignId: Id, transportId: Id) {
  const answers: ((result: SendResult) => void)[] = []
  const sender = memorySender(() => new Promise<SendResult>((resolve) => answers.push(resolve)))
  // A database connection of its own, that can be cut: what it knows is never recorded.
  const cut = connect(t.url)
  const courier = await someCourier(cut, transportId, sender)
  const work = courier.work(campaignId).catch(() => {})
  await eventually(() => expect(answers).toHaveLength(5))
  return { answers, cut, courier, work }
}

const endLeases = (campaignId: Id) =>
  sql`update claims set lease_until = now() - interval '1 s' where campaign_id = ${campaignId}`.execute(
    db,
  )

test('calls uncertain what a dead worker held, no more than that, and sends it again only when told', async () => {
  const { campaignId, transportId, newsletter } = await readyCampaign(30)
  const notify_address = 'editor@weekly.test'
  await db
    .updateTable('newsletters')
    .set({ notify_address })
    .where('id', '=', newsletter.id)
    .execute()
  const lost = await loseCourier(campaignId, transportId)
  await lost.cut.destroy()
  const held = (await ledgerOfCampaign(db, campaignId)).sending ?? 0
  expect(held).toBeGreaterThanOrEqual(5)
  await sweepOnce(db)
  expect((await ledgerOfCampaign(db, campaignId)).sending).toBe(held)
  await endLeases(campaignId)
  const log = createLog('test', 'silent')
  const warn = vi.spyOn(log, 'warn')
  await sweepOnce(db, log)
  await sweepOnce(db, log)
  expect(warn.mock.calls).toEqual([
    [{ campaignId, uncertain: held, again: 0 }, 'rows of a lost worker are settled'],
  ])
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({
    chosen: 30,
    accepted: 30 - held,
    uncertain: held,
  })
  const rows = await rowsOf(campaignId)
  expect(rows.filter((row) => row.reason === 'worker-lost')).toHaveLength(held)
  const told = await db
    .selectFrom('outbox')
    .select('payload')
    .where('newsletter_id', '=', newsletter.id)
    .execute()
  const words = told.map(({ payload }) => JSON.stringify(payload))
  expect(words.filter((each) => each.includes(`${held} of its messages`))).toHaveLength(1)
  await courier.stop()
})

test('settles by a late reply what the sweep called uncertain, and nothing of what was sent again', async () => {
  const { campaignId, transportId } = await readyCampaign(5)
  const late = await loseCourier(campaignId, transportId)
  await endLeases(campaignId)
  await sweepOnce(db)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 5, uncertain: 5 })
  const [again] = await rowsOf(campaignId)
  await sql`update deliveries set state = 'queued', claim_id = null where campaign_id = ${campaignId}
    and subscriber_id = ${again?.subscriber_id}`.execute(db)
  for (const answer of late.answers) answer(ACCEPTED)
  await eventually(async () =>
    expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 5, accepted: 4, queued: 1 }),
  )
  await late.courier.stop()
  await late.cut.destroy()
})

test('sends again by itself what is uncertain where the newsletter says so', async () => {
  const { campaignId, transportId, newsletter } = await readyCampaign(20)
  await db
    .updateTable('newsletters')
    .set({ uncertain_policy: 'resend' })
    .where('id', '=', newsletter.id)
    .execute()
  const lost = await loseCourier(campaignId, transportId)
  await lost.cut.destroy()
  await endLeases(campaignId)
  await sweepOnce(db)
  const sender = memorySender((_, count) =>
    count === 1 ? { outcome: 'uncertain', why: 'cut' } : ACCEPTED,
  )
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 20, accepted: 20 })
  await courier.stop()
})

test('follows the newsletter’s word on what is uncertain when it changes in the middle', async () => {
  const { campaignId, transportId, newsletter } = await readyCampaign(2)
  const sayNow = (uncertain_policy: 'hold' | 'resend') =>
    db
      .updateTable('newsletters')
      .set({ uncertain_policy })
      .where('id', '=', newsletter.id)
      .execute()
  const sender = memorySender(() => ({ outcome: 'uncertain', why: 'cut' }))
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, campaignId)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 2, uncertain: 2 })
  expect(sender.sent).toHaveLength(2)
  await sweepOnce(db)
  await sayNow('resend')
  await resendCampaign(db, campaignId, ['uncertain'])
  await workToEnd(courier, campaignId)
  // Once each, and twice more by itself.
  expect(sender.sent).toHaveLength(2 + 6)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 2, uncertain: 2 })
  await courier.stop()
})

test('begins nothing of a claim after its lease, however long it was stopped, and gives it back', async () => {
  const { campaignId, transportId } = await readyCampaign(30)
  let wake = () => {}
  const asleep = new Promise<void>((resolve) => {
    wake = resolve
  })
  const sender = memorySender(async (_, count) => {
    if (count <= 5) await asleep
    return ACCEPTED
  })
  const courier = await someCourier(db, transportId, sender)
  const work = workToEnd(courier, campaignId)
  await eventually(async () => expect((await ledgerOfCampaign(db, campaignId)).sending).toBe(10))
  // As after SIGSTOP: the sweep has been there, a minute has passed, and then everything goes on at once. The clock
  // moves last: a courier that looks at it between would give its rows back itself.
  await endLeases(campaignId)
  await sweepOnce(db)
  expect(await ledgerOfCampaign(db, campaignId)).toMatchObject({ uncertain: 10 })
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000)
  wake()
  await work
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 30, accepted: 30 })
  expect(new Set(sender.sent.map((each) => each.to)).size).toBe(30)
  expect(sender.sent).toHaveLength(30)
  clock.mockRestore()
  await courier.stop()
})
