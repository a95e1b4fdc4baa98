import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
import { transportHealth } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { parseTransports } from '../../src/config-transport.ts'
import { createSmtpSender } from '../../src/mail/smtp.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import { memorySender, prepareAll, someCourier } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startSink } from '../support/sink.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})

/** A campaign to so many, ready to be sent. */
async function prepared(readers: number, transportId: Id): Promise<Id> {
  const newsletter = await someNewsletter(database.db)
  await someReaders(database.db, newsletter, readers)
  const campaignId = await someCampaign(database.db, newsletter, { transportId })
  await prepareAll(database.db, campaignId)
  return campaignId
}

it.each([
  ['', 0],
  [', also while a server is silent on every connection', 5],
])('gives back what a claim brings that was on its way when it was stopped%s', async (_, stuck) => {
  const { db } = database
  const transportId = await someTransport(db)
  const campaignId = await prepared(50, transportId)
  const sender = memorySender(() => new Promise(() => {}))
  const courier = await someCourier(db, transportId, sender, { stopGraceMs: 300 })
  if (stuck > 0) void courier.work(await prepared(stuck, transportId))
  await eventually(() => expect(sender.sent).toHaveLength(stuck))
  const other = connect(database.url, { max: 1 })
  let stopped: Promise<void> | null = null
  await other.transaction().execute(async (trx) => {
    await sql`lock table claims in exclusive mode`.execute(trx)
    void courier.work(campaignId)
    await eventually(async () => {
      const { rows } = await sql`select 1 from pg_locks where not granted`.execute(trx)
      expect(rows.length).toBeGreaterThan(0)
    })
    stopped = courier.stop()
    // So long that everything else of the stop is behind it.
    await sql`select pg_sleep(0.5)`.execute(trx)
  })
  await stopped
  await other.destroy()
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 50, queued: 50 })
  expect(sender.sent).toHaveLength(stuck)
})

it('leaves uncertain only what the silent server was given to its end, and nothing that stood behind it', async () => {
  const { db } = database
  const transportId = await someTransport(db)
  const campaignId = await prepared(60, transportId)
  const sink = await startSink({ dotDelayMs: 5 })
  const sender = createSmtpSender(parseTransports(`smtp://127.0.0.1:${sink.port}`)[0] as never)
  const courier = await someCourier(db, transportId, sender, { stopGraceMs: 500 })
  void courier.work(campaignId)
  await eventually(async () => expect((await sink.counts()).messages).toBeGreaterThan(10))
  await sink.withhold()
  await eventually(async () => expect(await sink.withheld()).toBe(5))
  await courier.stop()
  const { accepted = 0, ...others } = await ledgerOfCampaign(db, campaignId)
  expect(others).toEqual({ chosen: 60, queued: 60 - 5 - accepted, uncertain: 5 })
  // It was we who ended the connections: nobody else is to keep away from the server for it.
  const health = await transportHealth(db, transportId)
  expect(health.restsInRow).toBe(0)
  await sink.close()
})
