import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { loadConfig, type TransportConfig } from '../../src/config.ts'
import { handleWaiting } from '../../src/feedback/handle.ts'
import { createLog } from '../../src/log.ts'
import { createSmtpSender } from '../../src/mail/smtp.ts'
import { registerTransport } from '../../src/transports/transport.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
} from '../support/campaigns.ts'
import { prepareAll, secrets, someCourier } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { startSink } from '../support/sink.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

let transports = 0

/** A campaign to 25 readers of a domain, one after the other; the server says `replies` to the first ones. */
async function sendTo(domain: string, phase: 'rcpt' | 'dot', replies: string[], readers = 25) {
  const sink = await startSink({ replies: { [phase]: [...replies] } })
  transports += 1
  const config: TransportConfig = {
    ...{ name: `relay-${transports}`, kind: 'smtp', host: '127.0.0.1', port: sink.port },
    ...{ implicitTls: false, user: null, password: null, ratePerSecond: null, connections: 1 },
  }
  const { id: transportId } = await registerTransport(db, config)
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, readers, domain)
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  const work = async () => {
    const sender = createSmtpSender(config)
    const courier = await someCourier(db, transportId, sender)
    const worked = await courier.work(campaignId)
    await courier.stop()
    await sender.close()
    return worked
  }
  await work()
  return { campaignId, transportId, work, sink, end: () => sink.close() }
}

/** Of the campaign's readers, those who are suppressed once everything that came of it has been judged. */
async function suppressed(campaignId: Id): Promise<number> {
  const log = createLog('test', 'silent')
  const { policy } = loadConfig({})
  while ((await handleWaiting({ db, secrets, policy, log }, new Date())).more);
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from deliveries as d join suppressions as u using (address_hash)
    where d.campaign_id = ${campaignId} and u.lifted_at is null`.execute(db)
  return rows[0]?.count ?? 0
}

const paceOf = async (transportId: Id, provider: string) =>
  (
    await sql<{ rate: number; stops: boolean; reason: string }>`
      select p.slow_rate as rate, p.slow_until > now() as stops, p.slow_reason as reason
      from provider_pace as p join providers as v on v.id = p.provider_id
      where p.transport_id = ${transportId} and v.name = ${provider} and p.slow_rate is not null`.execute(
      db,
    )
  ).rows[0]

const dueIn = async (campaignId: Id) =>
  (
    await sql<{ seconds: number }>`
      select extract(epoch from due_at - now())::float8 as seconds from deliveries
      where campaign_id = ${campaignId} and state = 'deferred' order by 1`.execute(db)
  ).rows.map(({ seconds }) => seconds)

const makeDue = (campaignId: Id) =>
  sql`update deliveries set due_at = now() where campaign_id = ${campaignId} and state = 'deferred'`.execute(
    db,
  )

test('throttling, 4xx: deferred and tried again, the provider slowed, nobody suppressed', async () => {
  const said = '421-4.7.28 Gmail has detected an unusual rate of mail\r\n421 4.7.28 from your IP'
  const send = await sendTo('gmail.com', 'dot', [said, said])
  const {
    accepted = 0,
    deferred,
    queued = 0,
    ...rest
  } = await ledgerOfCampaign(db, send.campaignId)
  expect(deferred).toBe(2)
  expect(rest).toEqual({ chosen: 25 })
  // At the second time it is slowed to 10 a minute: what was not begun waits for that.
  expect(accepted).toBeLessThanOrEqual(8)
  expect(queued).toBeGreaterThanOrEqual(15)
  expect(await paceOf(send.transportId, 'google')).toMatchObject({ rate: 10 / 60, stops: true })
  expect(await suppressed(send.campaignId)).toBe(0)
  await makeDue(send.campaignId)
  await sql`update provider_pace set slow_until = now() - interval '2 hours', next_slot_at = '-infinity'
    where transport_id = ${send.transportId}`.execute(db)
  await send.work()
  expect(await ledgerOfCampaign(db, send.campaignId)).toEqual({ chosen: 25, accepted: 25 })
  await send.end()
})

test('throttling, 550: no rejection, the provider is left alone for its hour, and nobody is suppressed', async () => {
  const send = await sendTo('qq.com', 'dot', ['550 Connection frequency limited'])
  const ledger = await ledgerOfCampaign(db, send.campaignId)
  expect(ledger).toMatchObject({ deferred: 1, chosen: 25 })
  expect(ledger.rejected).toBeUndefined()
  expect(await paceOf(send.transportId, 'qq')).toMatchObject({
    ...{ rate: 0, stops: true, reason: 'qq asks for less (frequency)' },
  })
  const before = (await send.sink.counts()).messages
  await makeDue(send.campaignId)
  await send.work()
  expect((await send.sink.counts()).messages).toBe(before)
  expect(await suppressed(send.campaignId)).toBe(0)
  await send.end()
})

test('greylisting: deferred for as long as it says, then accepted; nothing is slowed', async () => {
  const said = '451 4.7.1 Greylisted, please try again in 900 seconds'
  const send = await sendTo('corp-1.example', 'rcpt', [said, said, said])
  expect(await ledgerOfCampaign(db, send.campaignId)).toEqual({
    ...{ chosen: 25, accepted: 22, deferred: 3 },
  })
  for (const seconds of await dueIn(send.campaignId)) {
    expect(seconds).toBeGreaterThan(880)
    expect(seconds).toBeLessThanOrEqual(990)
  }
  expect(await paceOf(send.transportId, 'corp-1.example')).toBeUndefined()
  await makeDue(send.campaignId)
  await send.work()
  expect(await ledgerOfCampaign(db, send.campaignId)).toEqual({ chosen: 25, accepted: 25 })
  expect(await suppressed(send.campaignId)).toBe(0)
  await send.end()
})

test('an over-quota mailbox: 452 is deferred, and given up as too old at 48 h; 552 is rejected; none is suppressed', async () => {
  const full = '452 4.2.2 The mailbox is over quota'
  const send = await sendTo('corp-2.example', 'rcpt', [full, '552 5.2.2 The mailbox is full'])
  expect(await ledgerOfCampaign(db, send.campaignId)).toEqual({
    ...{ chosen: 25, accepted: 23, deferred: 1, rejected: 1 },
  })
  await sql`update deliveries set deferred_seconds = 47.9 * 3600 where campaign_id = ${send.campaignId}
    and state = 'deferred'`.execute(db)
  await makeDue(send.campaignId)
  await send.sink.set({ replies: { rcpt: [full] } })
  await send.work()
  expect(await ledgerOfCampaign(db, send.campaignId)).toEqual({
    ...{ chosen: 25, accepted: 23, failed: 1, rejected: 1 },
  })
  expect(await suppressed(send.campaignId)).toBe(0)
  // Each of the two counts for the address, once.
  const counted = await db
    .selectFrom('feedback_events')
    .select(['type', 'reason', 'action'])
    .where('campaign_id', '=', send.campaignId)
    .execute()
  const once = { type: 'soft', reason: 'mailbox-full', action: 'counted' }
  expect(counted).toEqual([once, once])
  await send.end()
})

test('an unknown user: rejected, not tried again, and a bounce that suppresses once an acceptance has followed', async () => {
  const send = await sendTo('corp-3.example', 'rcpt', ['550 5.1.1 No such user here'])
  expect(await ledgerOfCampaign(db, send.campaignId)).toEqual({
    ...{ chosen: 25, accepted: 24, rejected: 1 },
  })
  expect(await suppressed(send.campaignId)).toBe(1)
  await send.end()
})

test('an unknown user without a status: dead where it answers RCPT, and doubt where it answers the message', async () => {
  const toRcpt = await sendTo('corp-7.example', 'rcpt', ['550 No such user here'])
  expect(await suppressed(toRcpt.campaignId)).toBe(1)
  await toRcpt.end()
  const toMessage = await sendTo('corp-8.example', 'dot', ['550 No such user here'])
  expect(await suppressed(toMessage.campaignId)).toBe(0)
  await toMessage.end()
})

test('a policy block: rejected, not tried again, and nobody is suppressed', async () => {
  const send = await sendTo('corp-4.example', 'dot', ['550 5.7.1 Refused by our policy'])
  expect(await ledgerOfCampaign(db, send.campaignId)).toEqual({
    ...{ chosen: 25, accepted: 24, rejected: 1 },
  })
  expect(await suppressed(send.campaignId)).toBe(0)
  await send.end()
})

test('a block for what is ours to mend: the row goes back, the campaign pauses and says what to mend', async () => {
  const said = '550-5.7.26 Your email has been blocked because the sender is unauthenticated.\r\n'
  const send = await sendTo('googlemail.com', 'dot', [
    `${said}550 5.7.26 41be03b00d2f7-si123 - gsmtp`,
  ])
  const status = await campaignStatus(db, send.campaignId)
  expect(status).toMatchObject({
    state: 'paused',
    reason: expect.stringMatching(/^the mail is not authenticated.* \(google: 550 5\.7\.26/),
  })
  expect(status.ledger).toMatchObject({ rejected: 0, deferred: 0, chosen: 25 })
  expect(status.ledger.queued + status.ledger.accepted).toBe(25)
  expect(await suppressed(send.campaignId)).toBe(0)
  await send.end()
})

test('one slow provider holds up nobody else', async () => {
  const send = await sendTo('foxmail.com', 'dot', ['550 Ip frequency limited'], 40)
  const { accepted: before = 0 } = await ledgerOfCampaign(db, send.campaignId)
  const { newsletter_id } = await db
    .selectFrom('campaigns')
    .select('newsletter_id')
    .where('id', '=', send.campaignId)
    .executeTakeFirstOrThrow()
  const newsletter = { id: newsletter_id } as Awaited<ReturnType<typeof someNewsletter>>
  await someReaders(db, newsletter, 300, 'elsewhere.example')
  const second = await someCampaign(db, newsletter, {
    ...{ transportId: send.transportId, slug: 'second' },
  })
  await prepareAll(db, second)
  const sender = createSmtpSender({
    ...{ name: 'relay', kind: 'smtp', host: '127.0.0.1', port: send.sink.port, connections: 3 },
    ...{ implicitTls: false, user: null, password: null, ratePerSecond: null },
  })
  const courier = await someCourier(db, send.transportId, sender)
  await courier.work(second)
  await courier.stop()
  await sender.close()
  // All 300 elsewhere, and of the 40 at the provider that stopped none.
  expect(await ledgerOfCampaign(db, second)).toEqual({ chosen: 340, accepted: 300, queued: 40 })
  expect((await ledgerOfCampaign(db, send.campaignId)).accepted ?? 0).toBe(before)
  await send.end()
})
