import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { enqueueMail } from '../../src/outbox/enqueue.ts'
import { someNewsletter, someReaders, someTransport } from '../support/campaigns.ts'
import { ACCEPTED, memorySender, secrets, someCourier, sweepOnce } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

let t: TestDatabase
let db: Db
let newsletter: Newsletter
let transportId: Id
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
  newsletter = await someNewsletter(db)
  transportId = await someTransport(db, 'catcher')
})
afterAll(() => t.drop())

async function notice(address: string) {
  const addressHash = secrets.addressHash(address)
  const payload = { language: 'en', subject: 'Paused', lines: ['It is paused.'] }
  const { outboxId } = await db.transaction().execute((trx) =>
    enqueueMail(trx, {
      kind: 'notice',
      newsletterId: newsletter.id,
      address,
      addressHash,
      payload,
    }),
  )
  return { outboxId, addressHash }
}

const rowOf = (id: Id) =>
  db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('sends a single mail once, with its outcome in its row', async () => {
  const { outboxId } = await notice('editor@one.test')
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  expect(await courier.workOutbox()).toEqual({ next: 'none' })
  await courier.workOutbox()
  expect(sender.sent.map((each) => each.to)).toEqual(['editor@one.test'])
  expect(await rowOf(outboxId)).toMatchObject({ state: 'accepted', attempts: 1 })
  expect(await db.selectFrom('claims').selectAll().execute()).toEqual([])
  await courier.stop()
})

test('does not mail a suppressed address, and welcomes nobody who has left', async () => {
  const { outboxId, addressHash } = await notice('suppressed@one.test')
  await sql`insert into suppressions (address_hash, reason) values (${addressHash}, 'manual')`.execute(
    db,
  )
  const [subscriberId] = await someReaders(db, newsletter, 1)
  await db
    .updateTable('subscriptions')
    .set({ state: 'unsubscribed' })
    .where('subscriber_id', '=', subscriberId as Id)
    .execute()
  const address = 'left@one.test'
  const welcome = await db.transaction().execute((trx) =>
    enqueueMail(trx, {
      ...{
        kind: 'welcome',
        newsletterId: newsletter.id,
        subscriberId: subscriberId as Id,
        address,
      },
      ...{ addressHash: secrets.addressHash(address), payload: { language: 'en' } },
    }),
  )
  const sender = memorySender()
  const courier = await someCourier(db, transportId, sender)
  await courier.workOutbox()
  expect(sender.sent).toEqual([])
  expect(await rowOf(outboxId)).toMatchObject({ state: 'skipped', reason: 'suppressed' })
  expect(await rowOf(welcome.outboxId)).toMatchObject({ state: 'skipped', reason: 'unsubscribed' })
  expect(await db.selectFrom('claims').selectAll().execute()).toEqual([])
  await courier.stop()
})

test('defers, says when to come back, fails what cannot be composed, and loses nothing with a worker', async () => {
  const { outboxId } = await notice('slow@one.test')
  const broken = await notice('broken@one.test')
  await db.updateTable('outbox').set({ payload: '{}' }).where('id', '=', broken.outboxId).execute()
  const sender = memorySender((_, count) =>
    count === 1
      ? { outcome: 'deferred', reply: { code: 451, enhanced: '4.2.0', text: 'later' } }
      : ACCEPTED,
  )
  const courier = await someCourier(db, transportId, sender, { transportKind: 'catcher' })
  expect(await courier.workOutbox()).toMatchObject({ next: 'at' })
  expect(await rowOf(broken.outboxId)).toMatchObject({
    state: 'failed',
    reason: 'fill',
    attempts: 0,
  })
  expect(await rowOf(outboxId)).toMatchObject({ state: 'deferred', attempts: 1 })
  await eventually(async () => {
    await courier.workOutbox()
    expect((await rowOf(outboxId)).state).toBe('accepted')
  })
  const lost = await notice('lost@one.test')
  await sql`with c as (insert into claims (worker_id, lease_until) values (1, now() - interval '1 s') returning id)
    update outbox set state = 'sending', claim_id = (select id from c) where id = ${lost.outboxId}`.execute(
    db,
  )
  expect((await sweepOnce(db)).filter((bell) => bell.queue === 'outbox')).toEqual([])
  expect(await rowOf(lost.outboxId)).toMatchObject({ state: 'uncertain', reason: 'worker-lost' })
  await courier.stop()
})
