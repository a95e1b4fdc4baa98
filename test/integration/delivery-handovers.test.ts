import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { NO_LIMITS } from '../../src/config-transport.ts'
import { clearOld } from '../../src/delivery/clear-old.ts'
import type { SendResult } from '../../src/mail/smtp.ts'
import { registerTransport } from '../../src/transports/transport.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
} from '../support/campaigns.ts'
import { ACCEPTED, memorySender, prepareAll, someCourier, sweepOnce } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

const SILENT: SendResult = { outcome: 'uncertain', why: 'no reply' }
const named = (providerId: string) => ({ ...ACCEPTED, providerId }) as SendResult
let made = 0

/** A campaign by a relay that knows for an hour what it has had, and by as many others that do not. */
async function campaignBy(readers: number, others = 0) {
  const limits = { ...NO_LIMITS, idempotency: { header: 'X-Key', seconds: 3_600 } }
  const register = async (known: boolean) => {
    made += 1
    const config = { name: `relay-${made}`, kind: 'smtp', ratePerSecond: null } as const
    return (await registerTransport(db, known ? { ...config, limits } : config)).id
  }
  const transportId = await register(true)
  const otherTransportIds = await Promise.all(Array.from({ length: others }, () => register(false)))
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, readers)
  const id = await someCampaign(db, newsletter, { transportId, otherTransportIds })
  await prepareAll(db, id)
  return { id, transportId, otherTransportIds }
}

async function work(id: string, transportId: string, answer: () => SendResult) {
  const sender = { ...memorySender(answer), idempotencyHeader: 'X-Key' }
  const courier = await someCourier(db, transportId, sender)
  await courier.work(id)
  await courier.stop()
  return sender.sent
}

const makeDue = (id: string) =>
  sql`update deliveries set due_at = now() where campaign_id = ${id} and state = 'queued'`.execute(
    db,
  )
const keyOf = (bytes: Buffer | undefined) => /^X-Key: (.+)$/m.exec(String(bytes))?.[1]

test('hands over once more by itself what a relay can tell from the first time, under the same key', async () => {
  const { id, transportId } = await campaignBy(1)
  const first = await work(id, transportId, () => SILENT)
  expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 1, queued: 1 })
  // Not at once: the relay may be at it still.
  expect(await work(id, transportId, () => ACCEPTED)).toHaveLength(0)
  await makeDue(id)
  const second = await work(id, transportId, () => ACCEPTED)
  expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 1, accepted: 1 })
  expect(keyOf(first[0]?.bytes)).toMatch(/\S{16,}/)
  expect(keyOf(second[0]?.bytes)).toBe(keyOf(first[0]?.bytes))
})

test('holds it as uncertain once the relay knows no more', async () => {
  const { id, transportId } = await campaignBy(1)
  await work(id, transportId, () => SILENT)
  await sql`update handovers set until = now() where campaign_id = ${id}`.execute(db)
  await makeDue(id)
  await work(id, transportId, () => SILENT)
  expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 1, uncertain: 1 })
})

test('hands it over to no other relay than the one that knows', async () => {
  const { id, transportId, otherTransportIds } = await campaignBy(1, 1)
  await work(id, transportId, () => SILENT)
  await makeDue(id)
  expect(await work(id, otherTransportIds[0] ?? '', () => ACCEPTED)).toHaveLength(0)
  expect(await work(id, transportId, () => ACCEPTED)).toHaveLength(1)
})

test('hands over once more what a dead worker held, and holds it where no relay knows', async () => {
  for (const [others, way, outcome] of [
    [0, 'knows', { chosen: 2, queued: 2 }],
    [1, 'other', { chosen: 2, uncertain: 2 }],
  ] as const) {
    const { id, transportId, otherTransportIds } = await campaignBy(2, others)
    const claimedBy = way === 'knows' ? transportId : otherTransportIds[0]
    await sql`
      with claim as (
        insert into claims (campaign_id, worker_id, transport_id, lease_until)
        values (${id}, 1, ${claimedBy}, now() - interval '1 s') returning id)
      update deliveries set state = 'sending', claim_id = (select id from claim) where campaign_id = ${id}`.execute(
      db,
    )
    await sweepOnce(db)
    expect(await ledgerOfCampaign(db, id)).toEqual(outcome)
  }
})

test('keeps the id that a transport gives a message in place of ours', async () => {
  const { id, transportId } = await campaignBy(2)
  let number = 0
  await work(id, transportId, () => {
    number += 1
    return named(`ses-${number}`)
  })
  const { rows } = await sql<{ message_id: string }>`
    select m.message_id from message_ids as m join deliveries as d using (campaign_id, subscriber_id)
    where d.campaign_id = ${id} and m.transport_id = ${transportId} order by 1`.execute(db)
  expect(rows.map((row) => row.message_id)).toEqual(['ses-1', 'ses-2'])
})

test('clears what its relay has forgotten, and ids that are older than evidence, and nothing else', async () => {
  const { id, transportId } = await campaignBy(4)
  const answers = [SILENT, SILENT, ...['old', 'new'].map((name) => named(`clear-${name}`))]
  await work(id, transportId, () => answers.pop() ?? SILENT)
  await sql`update handovers set until = now() - interval '1 s' where (campaign_id, subscriber_id) in (
    select campaign_id, subscriber_id from handovers where campaign_id = ${id} limit 1)`.execute(db)
  await sql`update message_ids set at = now() - interval '181 days' where message_id = 'clear-old'`.execute(
    db,
  )
  await clearOld(db, { outboxDays: 30, evidenceDays: 180 }, new Date(), 1)
  const { rows } = await sql<{ left: string }>`
    select message_id as left from message_ids where campaign_id = ${id}
    union all select 'handover' from handovers where campaign_id = ${id}`.execute(db)
  expect(rows.map((row) => row.left).sort()).toEqual(['clear-new', 'handover'])
})
