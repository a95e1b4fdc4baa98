import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import { campaignState, resumeCampaign } from '../../src/campaigns/lifecycle.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { editNewsletter } from '../../src/newsletters/newsletter.ts'
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

const soon = () => new Date(Date.now() + 3_600_000)

async function someSend(startsAt: Date | null) {
  const newsletter = await someNewsletter(db)
  await editNewsletter(db, newsletter.slug, { notifyAddress: 'editor@weekly.example' })
  await someReaders(db, newsletter, 5)
  await db
    .updateTable('subscriptions')
    .set({ joined_at: new Date('2026-01-01') })
    .where('newsletter_id', '=', newsletter.id)
    .execute()
  const transportId = await someTransport(db)
  const id = await someCampaign(db, newsletter, { transportId, startsAt })
  return { newsletter, transportId, id }
}

const ago = (id: Id, column: 'starts_at' | 'alive_at', hours: number) =>
  sql`update campaigns set ${sql.ref(column)} = now() - ${hours} * interval '1 hour' where id = ${id}`.execute(
    db,
  )

const notices = async (newsletterId: Id) =>
  (
    await db
      .selectFrom('outbox')
      .select('payload')
      .where('newsletter_id', '=', newsletterId)
      .where('kind', '=', 'notice')
      .execute()
  ).map(({ payload }) => JSON.stringify(payload))

test('asks instead of starting what was due longer ago than its grace, tells it once, and goes on when resumed', async () => {
  const { id, newsletter, transportId } = await someSend(soon())
  await ago(id, 'starts_at', 7)
  await sweepOnce(db)
  await sweepOnce(db)
  expect(await campaignStatus(db, id)).toMatchObject({
    state: 'paused',
    reason: expect.stringMatching(/^it was due at \d{4}-.* UTC and nothing started it within 6 h/),
  })
  const told = await notices(newsletter.id)
  expect(told).toHaveLength(1)
  expect(told[0]).toContain(`postrider resume ${id}`)

  await resumeCampaign(db, id)
  await sweepOnce(db)
  expect(await campaignState(db, id)).toBe('sending')
  await prepareAll(db, id)
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  await workToEnd(courier, id)
  await courier.stop()
  expect(sender.sent).toHaveLength(5)
})

test('starts what was due a little while ago', async () => {
  const { id } = await someSend(soon())
  await ago(id, 'starts_at', 5)
  await sweepOnce(db)
  expect(await campaignState(db, id)).toBe('sending')
})

test('asks in mid-send when nobody was at it for longer than its grace, and begins nothing meanwhile', async () => {
  const { id, transportId } = await someSend(null)
  await prepareAll(db, id)
  await ago(id, 'alive_at', 7)
  // A worker that comes back may hear its doorbell before a sweep of it has run.
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  await courier.work(id)
  expect(sender.sent).toHaveLength(0)
  await sweepOnce(db)
  expect(await campaignStatus(db, id)).toMatchObject({
    state: 'paused',
    reason: expect.stringMatching(/^no worker was at it from .* for longer than 6 h/),
  })
  await resumeCampaign(db, id)
  await workToEnd(courier, id)
  await courier.stop()
  expect(sender.sent).toHaveLength(5)
})

test('knows by its sweeps that a long send was never left alone', async () => {
  const { id } = await someSend(null)
  await prepareAll(db, id)
  await ago(id, 'starts_at', 30)
  await ago(id, 'alive_at', 5)
  await sweepOnce(db)
  expect(await campaignState(db, id)).toBe('sending')
  const { rows } = await sql<{ fresh: boolean }>`
    select alive_at > now() - interval '10 s' as fresh from campaigns where id = ${id}`.execute(db)
  expect(rows[0]?.fresh).toBe(true)
})
