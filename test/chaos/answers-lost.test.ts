import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import { ACCEPTED, memorySender, prepareAll, someCourier, workToEnd } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { startPostgresProxy } from '../support/postgres-proxy.ts'

const READERS = 400

let t: TestDatabase
beforeAll(async () => {
  t = await testDatabase()
})
afterAll(async () => {
  await t.drop()
})

const isClaimsCommit = (packet: string, since: string) =>
  /\bcommit\b/.test(packet) && since.includes('insert into claims')
const isRecording = (packet: string) => packet.includes('with settled as')

it.each([
  ['claims that were committed', isClaimsCommit],
  ['outcomes that were recorded', isRecording],
])(
  'loses, doubles and doubts nothing where Postgres does not get to say so of %s',
  async (_, isLost) => {
    const newsletter = await someNewsletter(t.db)
    await someReaders(t.db, newsletter, READERS)
    const transportId = await someTransport(t.db)
    const id = await someCampaign(t.db, newsletter, { transportId })
    await prepareAll(t.db, id)
    const proxy = await startPostgresProxy(t.url, isLost, 3)
    const db = connect(proxy.url)
    const sender = memorySender(() => ACCEPTED, { delayMs: 20, connections: 10 })
    const courier = await someCourier(db, transportId, sender)
    await workToEnd(courier, id)
    expect(proxy.lost()).toBeGreaterThanOrEqual(2)
    await courier.stop()
    // Long before any lease is over.
    expect(await ledgerOfCampaign(t.db, id)).toEqual({ chosen: READERS, accepted: READERS })
    expect(sender.sent).toHaveLength(READERS)
    expect(new Set(sender.sent.map((each) => each.to)).size).toBe(READERS)
    expect(await t.db.selectFrom('claims').selectAll().execute()).toEqual([])
    await db.destroy()
    await proxy.close()
  },
  50_000,
)
