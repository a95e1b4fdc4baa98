import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { insertWorker } from '../../db/queries/workers.ts'
import { campaignStatus, listCampaigns, reconcileCampaign } from '../../src/campaigns/status.ts'
import {
  preparedCampaign,
  settle,
  someCampaign,
  someNewsletter,
  someTransport,
} from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

describe('status', () => {
  test('counts the ledger from the rows and splits the skipped by reason', async () => {
    const { id, readers } = await preparedCampaign(db, 9)
    const states = ['queued', 'sending', 'deferred', 'accepted', 'rejected', 'failed'] as const
    for (const [index, state] of states.entries()) {
      await settle(db, id, state, readers.slice(index, index + 1))
    }
    await settle(db, id, 'skipped', readers.slice(6))
    await sql`update deliveries set reason = case when subscriber_id = ${readers[6]} then 'suppressed' else 'unsubscribed' end
      where campaign_id = ${id} and state = 'skipped'`.execute(db)
    expect(await campaignStatus(db, id)).toMatchObject({
      ledger: {
        ...{ chosen: 9, queued: 1, sending: 1, deferred: 1, accepted: 1, rejected: 1, failed: 1 },
        ...{ skipped: 3, uncertain: 0, cancelled: 0 },
      },
      skipped: { suppressed: 1, unsubscribed: 2 },
      acceptedPerSecond: 0.1,
      adds_up: true,
    })
  })

  test('says why nothing moves while the transport rests', async () => {
    const newsletter = await someNewsletter(db)
    const transportId = await someTransport(db)
    const id = await someCampaign(db, newsletter, { transportId })
    expect(await campaignStatus(db, id)).toMatchObject({ waiting: null, waitsUntil: null })
    await sql`update transports set rests_until = now() + interval '1 minute', rest_reason = 'unreachable'
      where id = ${transportId}`.execute(db)
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ waiting: 'unreachable', waitsUntil: expect.any(Date) },
    })
    await sql`update transports set rests_until = 'infinity' where id = ${transportId}`.execute(db)
    expect(await campaignStatus(db, id)).toMatchObject({ waiting: 'unreachable', waitsUntil: null })
    await sql`update transports set rests_until = now() - interval '1 s' where id = ${transportId}`.execute(
      db,
    )
    expect(await campaignStatus(db, id)).toMatchObject({ waiting: null })
  })

  test('lists the newest campaigns first, of one newsletter or of all', async () => {
    const { newsletter, id } = await preparedCampaign(db)
    const second = await someCampaign(db, newsletter, { slug: 'second' })
    const lines = await listCampaigns(db, { newsletter: newsletter.slug })
    expect(lines.map((line) => line.id)).toEqual([second, id])
    expect(lines[1]).toMatchObject({ issue: 'first', title: 'First', chosen: '4' })
    expect((await listCampaigns(db, { limit: 1 })).map((line) => line.id)).toEqual([second])
    expect(await listCampaigns(db, { newsletter: 'none' })).toEqual([])
  })
})

describe('reconcile', () => {
  test('says that the ledger adds up', async () => {
    const { id } = await preparedCampaign(db)
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: true, rows: 4, difference: 0 })
  })

  test('catches a count that was tampered with, and a row that was deleted or added', async () => {
    const { id, readers } = await preparedCampaign(db)
    const other = await preparedCampaign(db, 1)
    await sql`update campaigns set chosen = chosen + 1 where id = ${id}`.execute(db)
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: false, difference: -1 })
    await sql`update campaigns set chosen = chosen - 1 where id = ${id}`.execute(db)
    await sql`delete from deliveries where campaign_id = ${id} and subscriber_id = ${readers[0]}`.execute(
      db,
    )
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: false, difference: -1 })
    await sql`insert into deliveries select ${id}, r.id, null, null, now(), null, 0, 0, address_hash, 'queued', null
      from subscribers r where r.id in (${readers[0]}, ${other.readers[0]})`.execute(db)
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: false, difference: 1 })
  })
})

test('says that no worker serves the transport while rows wait for one', async () => {
  const { id } = await preparedCampaign(db)
  const { transport_id: transportId } = await db
    .selectFrom('campaigns')
    .select('transport_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const waiting = async () => (await campaignStatus(db, id)).waiting
  expect(await waiting()).toMatch(/^no worker sends through smtp-/)
  await insertWorker(db, { host: 'test', pid: 1, transportId: await someTransport(db) })
  expect(await waiting()).toMatch(/^no worker sends through smtp-/)
  await insertWorker(db, { host: 'test', pid: 1, transportId })
  expect(await waiting()).toBeNull()
})
