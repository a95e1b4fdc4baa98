import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import { migrate } from '../../db/migrate.ts'
import { startServer, stopServer, urlOf } from '../../db/postgres-server.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import { ACCEPTED, memorySender, prepareAll, someCourier, workToEnd } from '../support/courier.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

let server: TestServer
let db: Db
beforeAll(async () => {
  server = await startTestServer()
  const url = urlOf(server.cluster, server.port)
  const first = connect(url, { max: 1 })
  // Tests run without it; here a commit must survive the kill, as it does in earnest.
  await sql`alter database postgres set synchronous_commit = on`.execute(first)
  await first.destroy()
  db = connect(url)
  await migrate(db)
})
afterAll(async () => {
  await db.destroy()
  await server.stop()
})

it('begins nothing while Postgres is away and nobody can be asked, and records what it knows when it is back', async () => {
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, 600)
  const transportId = await someTransport(db)
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  const sender = memorySender(() => ACCEPTED, { delayMs: 20, connections: 10 })
  const courier = await someCourier(db, transportId, sender)
  const work = workToEnd(courier, campaignId)
  await eventually(() => expect(sender.sent.length).toBeGreaterThan(200))
  await stopServer(server.cluster, 'immediate')
  const down = performance.now()
  await sleep(4_000)
  // Only what had been checked in time.
  expect(Math.max(...sender.sent.map((each) => each.at)) - down).toBeLessThan(2_000)
  await startServer(server.cluster, { port: server.port, fsync: false })
  await work
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 600, accepted: 600 })
  expect(new Set(sender.sent.map((each) => each.to)).size).toBe(600)
  expect(sender.sent).toHaveLength(600)
  await courier.stop()
  expect(await db.selectFrom('claims').selectAll().execute()).toEqual([])
}, 60_000)
