import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { outboxById } from '../../db/queries/outbox.ts'
import type { Id } from '../../db/types.ts'
import { campaignState } from '../../src/campaigns/lifecycle.ts'
import { enqueueMail } from '../../src/outbox/enqueue.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import {
  memorySender,
  prepareAll,
  secrets,
  someCourier,
  sweepOnce,
  workToEnd,
} from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const LOOPBACK = { publicUrl: 'http://127.0.0.1:3000' }

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

async function notice(newsletterId: Id, transportId: Id, address: string): Promise<Id> {
  const { outboxId } = await db.transaction().execute((trx) =>
    enqueueMail(trx, {
      ...{ kind: 'notice', newsletterId, transportId, address },
      addressHash: secrets.addressHash(address),
      payload: { language: 'en', subject: 'Paused', lines: ['It is paused.'] },
    }),
  )
  return outboxId
}

test('mails readers of reserved domains whatever their links lead to', async () => {
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, 5)
  const transportId = await someTransport(db)
  const campaignId = await someCampaign(db, newsletter, { transportId })
  await prepareAll(db, campaignId)
  const outboxId = await notice(newsletter.id, transportId, 'editor@one.test')
  const courier = await someCourier(db, transportId, memorySender(), LOOPBACK)
  await workToEnd(courier, campaignId)
  await courier.workOutbox()
  await sweepOnce(db)
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 5, accepted: 5 })
  expect(await campaignState(db, campaignId)).toBe('finished')
  expect(await outboxById(db, outboxId)).toMatchObject({ state: 'accepted' })
  await courier.stop()
})

test('keeps a single mail to a real address until its links lead somewhere, in no tight loop', async () => {
  const newsletter = await someNewsletter(db)
  const transportId = await someTransport(db)
  const outboxId = await notice(newsletter.id, transportId, 'reader@real-domain.org')
  const sender = memorySender()
  const unfit = await someCourier(db, transportId, sender, LOOPBACK)
  // More than a doorbell's reach ahead: the sweep rings.
  for (let bell = 0; bell < 3; bell += 1) expect(await unfit.workOutbox()).toEqual({ next: 'none' })
  await unfit.stop()
  expect(sender.sent).toEqual([])
  expect(await outboxById(db, outboxId)).toMatchObject({ state: 'deferred', attempts: 1 })
  // One mail's trouble is nobody else's.
  expect(await restOf(transportId)).toMatchObject({ restReason: null, restsInRow: 0 })

  await db
    .updateTable('outbox')
    .set({ due_at: new Date(0) })
    .where('id', '=', outboxId)
    .execute()
  const fit = await someCourier(db, transportId, sender)
  await fit.workOutbox()
  await fit.stop()
  expect(sender.sent.map(({ to }) => to)).toEqual(['reader@real-domain.org'])
  expect(await outboxById(db, outboxId)).toMatchObject({ state: 'accepted', attempts: 2 })
})

const restOf = (transportId: Id) =>
  db
    .selectFrom('transports')
    .select(['rest_reason as restReason', 'rests_in_row as restsInRow'])
    .where('id', '=', transportId)
    .executeTakeFirstOrThrow()

test('needs no PUBLIC_URL where a catcher takes the mail', async () => {
  const newsletter = await someNewsletter(db)
  const transportId = await someTransport(db, 'catcher')
  const outboxId = await notice(newsletter.id, transportId, 'reader@real-domain.org')
  const options = { ...LOOPBACK, transportKind: 'catcher' } as const
  const courier = await someCourier(db, transportId, memorySender(), options)
  await courier.workOutbox()
  expect(await outboxById(db, outboxId)).toMatchObject({ state: 'accepted' })
  await courier.stop()
})
