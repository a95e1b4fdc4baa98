import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import { insertWorker, markWorkerStopping } from '../../db/queries/workers.ts'
import type { Id } from '../../db/types.ts'
import { unsubscribe } from '../../src/subscribers/unsubscribe.ts'
import { someCampaign, someNewsletter, someReaders, someTransport } from '../support/campaigns.ts'
import { memorySender, prepareAll, someCourier, sweepOnce, workToEnd } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

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
  return { newsletter, ids, transportId, campaignId }
}

const ringsFor = async (campaignId: Id) =>
  (await sweepOnce(db)).filter(
    (bell) => 'campaignId' in bell.payload && bell.payload.campaignId === campaignId,
  )

test('rings for what is unprepared, then once for each worker that lives and serves its transport', async () => {
  const { campaignId, transportId } = await readyCampaign(3)
  expect(await ringsFor(campaignId)).toEqual([{ queue: 'prepare', payload: { campaignId } }])
  await prepareAll(db, campaignId)
  const someWorker = (of: Id) => insertWorker(db, { host: 'test', pid: 1, transportId: of })
  await someWorker(await someTransport(db))
  const workers = [1, 2, 3].map(() => someWorker(transportId))
  const [alive, stopping, dead] = await Promise.all(workers)
  await markWorkerStopping(db, stopping as Id)
  await sql`update workers set heartbeat_at = now() - interval '1 minute' where id = ${dead}`.execute(
    db,
  )
  expect(await ringsFor(campaignId)).toEqual([
    { queue: 'send', payload: { campaignId, workerId: alive } },
  ])
})

test('leaves a campaign alone while its transport rests or its rows are due later', async () => {
  const { campaignId, transportId } = await readyCampaign(3)
  await prepareAll(db, campaignId)
  await insertWorker(db, { host: 'test', pid: 1, transportId })
  await sql`update transports set rests_until = now() + interval '1 minute' where id = ${transportId}`.execute(
    db,
  )
  expect(await ringsFor(campaignId)).toEqual([])
  await sql`update transports set rests_until = now() where id = ${transportId}`.execute(db)
  expect((await ringsFor(campaignId)).length).toBeGreaterThan(0)
  await sql`update deliveries set state = 'deferred', due_at = now() + interval '1 hour' where campaign_id = ${campaignId}`.execute(
    db,
  )
  expect(await ringsFor(campaignId)).toEqual([])
})

test('starts a campaign whose time has come, and finishes one without open rows', async () => {
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, 2)
  const transportId = await someTransport(db)
  const startsAt = new Date(Date.now() + 3_600_000)
  const campaignId = await someCampaign(db, newsletter, { transportId, startsAt })
  const stateOf = async () =>
    (
      await db
        .selectFrom('campaigns')
        .select('state')
        .where('id', '=', campaignId)
        .executeTakeFirstOrThrow()
    ).state
  expect(await ringsFor(campaignId)).toEqual([])
  expect(await stateOf()).toBe('scheduled')
  await db
    .updateTable('campaigns')
    .set({ starts_at: new Date() })
    .where('id', '=', campaignId)
    .execute()
  expect(await ringsFor(campaignId)).toMatchObject([{ queue: 'prepare' }])
  expect(await stateOf()).toBe('sending')
  await prepareAll(db, campaignId)
  const courier = await someCourier(db, transportId, memorySender())
  await workToEnd(courier, campaignId)
  await ringsFor(campaignId)
  expect(await stateOf()).toBe('finished')
  await courier.stop()
})

test('rings for an unsubscribe that nothing has followed, and for single mails that are due', async () => {
  const { newsletter, ids } = await readyCampaign(1)
  const who = { newsletterId: newsletter.id, subscriberId: ids[0] as Id }
  await unsubscribe(db, { ...who, source: 'page' }, new Date())
  await sql`insert into outbox (kind, newsletter_id, address, address_hash, payload)
    values ('notice', ${newsletter.id}, 'a@b.test', '\\x00', '{}')`.execute(db)
  const bells = await sweepOnce(db)
  expect(bells).toContainEqual({
    ...{
      queue: 'unsubscribe',
      payload: who,
    },
  })
  expect(bells).toContainEqual({ queue: 'outbox', payload: {} })
})

test('is left to one process at a time', async () => {
  await readyCampaign(1)
  const other = connect(t.url, { max: 1 })
  await other.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('postrider sweep', 0))`.execute(trx)
    expect(await sweepOnce(db)).toEqual([])
  })
  expect((await sweepOnce(db)).length).toBeGreaterThan(0)
  await other.destroy()
})
