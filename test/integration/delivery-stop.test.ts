import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
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

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})

it('gives back what a claim brings that was on its way when it was stopped', async () => {
  const { db } = database
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, 50)
  const transportId = await someTransport(db)
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  const other = connect(database.url, { max: 1 })
  let stopped: Promise<void> | null = null
  await other.transaction().execute(async (trx) => {
    await sql`lock table claims in exclusive mode`.execute(trx)
    void courier.work(campaignId)
    await eventually(async () => {
      const { rows } = await sql`select 1 from pg_locks where not granted`.execute(trx)
      expect(rows).toHaveLength(1)
    })
    stopped = courier.stop()
    // So long that everything else of the stop is behind it.
    await sql`select pg_sleep(0.5)`.execute(trx)
  })
  await stopped
  await other.destroy()
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 50, queued: 50 })
  expect(sender.sent).toEqual([])
})
