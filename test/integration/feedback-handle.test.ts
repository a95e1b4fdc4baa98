import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { countFeedback } from '../../db/queries/feedback-counts.ts'
import { insertSessionBounces } from '../../db/queries/feedback-events.ts'
import type { DeliveryState, Id } from '../../db/types.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { handleFeedback } from '../../src/feedback/handle.ts'
import { openInboundToken, recordInbound } from '../../src/feedback/record.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { bounceLocalPart, unsubscribeLocalPart } from '../../src/mail/token-address.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets } from '../../src/secrets.ts'
import {
  isSuppressed,
  liftSuppression,
  listSuppressions,
} from '../../src/suppression/suppression.ts'
import { settle, someCampaign, someNewsletter, someReaders } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { feedbackDeps } from '../support/feedback.ts'
import { type ReportedRecipient, report } from '../support/reports.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const now = new Date()
const day = Math.floor(now.getTime() / 86_400_000)

let database: TestDatabase
let newsletter: Newsletter
let campaignId: Id
let readers: { id: Id; address: string; address_hash: Buffer }[]
let ada: (typeof readers)[number]
let bob: (typeof readers)[number]

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  newsletter = await someNewsletter(database.db)
  const ids = await someReaders(database.db, newsletter, 2)
  readers = await database.db
    .selectFrom('subscribers')
    .select(['id', 'address', 'address_hash'])
    .where('id', 'in', ids)
    .orderBy('address')
    .execute()
  ;[ada, bob] = readers as [typeof ada, typeof bob]
  campaignId = await someCampaign(database.db, newsletter)
  while ((await prepareSlice(database.db, campaignId)) === 'more');
  await settle(database.db, campaignId, 'accepted')
})

/** As the door does it: the token alone says whom it is about. */
async function comesBack(raw: Buffer | string, subscriberId = ada.id): Promise<Id> {
  const token = bounceLocalPart(secrets, { campaignId, subscriberId, day })
  return await comesTo(token, raw)
}

async function comesTo(localPart: string, raw: Buffer | string): Promise<Id> {
  const token = openInboundToken(secrets, localPart, now)
  if (token === null) throw new Error('the door would not take it')
  const [eventId] = await recordInbound(database.db, Buffer.from(raw), [token])
  return eventId as Id
}

const handle = (eventId: Id) => handleFeedback(feedbackDeps(database.db, secrets), eventId, now)
const suppressed = (reader = ada) => isSuppressed(database.db, reader.address_hash)
const eventOf = (id: Id) =>
  database.db
    .selectFrom('feedback_events')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

const unknownUser: ReportedRecipient = {
  action: 'failed',
  status: '5.1.1',
  diagnostic: 'smtp; 550 5.1.1 <ada@far.test> user unknown',
}

describe('a report of a hard bounce with a valid token about an accepted delivery', () => {
  it('suppresses the address everywhere, with the raw mail as evidence, and shows in the counts', async () => {
    const raw = report([{ ...unknownUser, finalRecipient: ada.address }])
    const eventId = await comesBack(raw)
    expect(await handle(eventId)).toEqual({ outcome: 'suppressed' })
    expect(await suppressed()).toBe(true)
    expect(await suppressed(bob)).toBe(false)
    const [line] = await listSuppressions(database.db)
    expect(line).toMatchObject({ address: ada.address, reason: 'hard-bounce' })
    expect(line?.note).toBe('5.1.1 550 5.1.1 <a***@far.test> user unknown')
    const evidence = await database.db
      .selectFrom('evidence')
      .select(['kind', 'raw'])
      .where('id', '=', line?.evidenceId as Id)
      .executeTakeFirstOrThrow()
    expect(evidence).toEqual({ kind: 'mail', raw })
    expect(await eventOf(eventId)).toMatchObject({
      kind: 'bounce',
      type: 'hard',
      status: '5.1.1',
      action: 'suppressed',
      held_because: null,
      newsletter_id: newsletter.id,
      address_hash: ada.address_hash,
    })
    expect(await countFeedback(database.db, campaignId)).toEqual([
      { source: 'door', kind: 'bounce', action: 'suppressed', heldBecause: null, count: 1 },
    ])
  })

  it('leaves the ledger as it is: accepted stays accepted, the bounce stands beside it', async () => {
    await handle(await comesBack(report([unknownUser])))
    const { state } = await database.db
      .selectFrom('deliveries')
      .select('state')
      .where('campaign_id', '=', campaignId)
      .where('subscriber_id', '=', ada.id)
      .executeTakeFirstOrThrow()
    expect(state).toBe('accepted')
  })

  it('changes nothing when it is handled twice: at once, or after the suppression was lifted', async () => {
    const eventId = await comesBack(report([unknownUser]))
    // Warm connections, or the first would be through before the others have one.
    const warm = () => sql`select pg_sleep(0.05)`.execute(database.db)
    await Promise.all([warm(), warm(), warm()])
    const outcomes = await Promise.all([handle(eventId), handle(eventId), handle(eventId)])
    expect(outcomes.map((each) => each.outcome).sort()).toEqual([
      'nothing',
      'nothing',
      'suppressed',
    ])
    await database.db.transaction().execute(async (trx) => {
      await trx
        .updateTable('suppressions')
        .set({ lifted_at: now, lifted_note: 'asked to' })
        .where('address_hash', '=', ada.address_hash)
        .execute()
    })
    expect(await handle(eventId)).toEqual({ outcome: 'nothing' })
    expect(await suppressed()).toBe(false)
  })

  it('can be undone, with its trace', async () => {
    await handle(await comesBack(report([unknownUser])))
    const [line] = await listSuppressions(database.db)
    await liftSuppression(database.db, secrets, { id: line?.id as Id, note: 'typo of theirs' })
    expect(await suppressed()).toBe(false)
    const [lifted] = await listSuppressions(database.db, { lifted: true })
    expect(lifted).toMatchObject({ id: line?.id, liftedNote: 'typo of theirs' })
  })

  it('suppresses the address that was mailed, not one that the reader has changed to since', async () => {
    const address_hash = Buffer.alloc(16, 7)
    await database.db
      .updateTable('subscribers')
      .set({ address: 'new@far.test', address_key: `new-${ada.id}@far.test`, address_hash })
      .where('id', '=', ada.id)
      .execute()
    expect(await handle(await comesBack(report([unknownUser])))).toEqual({ outcome: 'suppressed' })
    expect(await suppressed()).toBe(true)
    expect(await isSuppressed(database.db, address_hash)).toBe(false)
    const [line] = await listSuppressions(database.db)
    expect(line?.address).toBe(null)
  })
})

describe('a forged report', () => {
  it('changes nothing for another recipient than the token says', async () => {
    const raw = report([{ ...unknownUser, finalRecipient: bob.address }])
    await handle(await comesBack(raw, ada.id))
    expect(await suppressed(bob)).toBe(false)
  })

  it('of several recipients acts on the part about the reader of the token alone', async () => {
    const both = [
      { finalRecipient: bob.address, action: 'failed', status: '5.1.1' },
      { finalRecipient: ada.address, action: 'failed', status: '5.2.2' },
    ]
    expect(await handle(await comesBack(report(both)))).toEqual({ outcome: 'counted' })
    const others = both.map((each, n) => ({ ...each, finalRecipient: `x${n}@far.test` }))
    expect(await handle(await comesBack(report(others)))).toMatchObject({ outcome: 'held' })
    expect([await suppressed(), await suppressed(bob)]).toEqual([false, false])
  })

  it('about a delivery that never was is held', async () => {
    const token = bounceLocalPart(secrets, { campaignId: '999', subscriberId: ada.id, day })
    expect(await handle(await comesTo(token, report([unknownUser])))).toEqual({
      outcome: 'held',
      because: 'no such delivery',
    })
    expect(await suppressed()).toBe(false)
  })
})

describe('what proves nothing is kept and counted, says why, and changes nothing', () => {
  it.each([
    [
      'a delay',
      report([{ action: 'delayed', status: '4.4.1' }]),
      'bounce',
      'action delayed is not failed',
    ],
    [
      'a delay that says what only a failure can say',
      report([{ action: 'delayed', status: '5.1.1' }]),
      'bounce',
      'action delayed is not failed',
    ],
    [
      'a success',
      report([{ action: 'delivered', status: '2.1.5' }]),
      'auto-reply',
      'an automatic reply',
    ],
    [
      'an absence',
      'Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack soon.',
      'auto-reply',
      'an automatic reply',
    ],
    ['nothing', '', 'other', 'neither a report nor a reply'],
  ] as const)('%s', async (_, raw, kind, because) => {
    const eventId = await comesBack(raw)
    expect(await handle(eventId)).toEqual({ outcome: 'held', because })
    expect(await eventOf(eventId)).toMatchObject({
      ...{ kind, action: null, held_because: because, proven: false },
    })
    expect(await suppressed()).toBe(false)
    expect(await countFeedback(database.db, campaignId)).toEqual([
      { source: 'door', kind, action: null, heldBecause: because, count: 1 },
    ])
  })

  it.each(['queued', 'rejected', 'failed', 'skipped', 'cancelled'] as DeliveryState[])(
    'a hard bounce of a delivery that is %s',
    async (state) => {
      await settle(database.db, campaignId, state, [ada.id])
      expect(await handle(await comesBack(report([unknownUser])))).toEqual({
        outcome: 'held',
        because: `delivery is ${state}, not accepted`,
      })
      expect(await suppressed()).toBe(false)
    },
  )
})

const plainBounce = (words: string) =>
  [
    'From: MAILER-DAEMON@far.test',
    'Subject: failure notice',
    'Date: Tue, 24 Nov 2026 08:00:00 +0000',
    '',
    'Hi. This is the mail program at far.test.',
    "I'm afraid I wasn't able to deliver your message to the following addresses.",
    '',
    `<${ada.address}>:`,
    words,
    '',
  ].join('\r\n')

describe('what may pass counts, and suppresses nobody', () => {
  it.each([
    ['4.1.1, as a report', () => report([{ action: 'failed', status: '4.1.1' }]), 'soft'],
    ['a full mailbox, as a report', () => report([{ action: 'failed', status: '5.2.2' }]), 'soft'],
    ['a full mailbox, in plain text', () => plainBounce('552 5.2.2 mailbox full'), 'soft'],
    ['a block', () => report([{ action: 'failed', status: '5.7.1' }]), 'block'],
    ['a report that says too little', () => report([{ action: 'failed' }]), 'soft'],
  ] as const)('%s', async (_, raw, type) => {
    const eventId = await comesBack(raw())
    expect(await handle(eventId)).toEqual({ outcome: 'counted' })
    expect(await eventOf(eventId)).toMatchObject({
      ...{ kind: 'bounce', type, action: 'counted', proven: true, held_because: null },
      domain: ada.address.slice(ada.address.indexOf('@') + 1),
    })
    expect(await suppressed()).toBe(false)
  })

  it('while a plain text that says the address is dead suppresses it, as the token proves whose it is', async () => {
    const eventId = await comesBack(plainBounce('550 5.1.1 no such user here'))
    expect(await handle(eventId)).toEqual({ outcome: 'suppressed' })
    expect(await suppressed()).toBe(true)
    expect(await suppressed(bob)).toBe(false)
  })
})

it('keeps a person’s answer for the editor, and takes it for a sign of life', async () => {
  const eventId = await comesBack('From: ada@far.test\r\nSubject: Re: First\r\n\r\nThank you!')
  expect(await handle(eventId)).toEqual({ outcome: 'kept' })
  expect(await eventOf(eventId)).toMatchObject({ kind: 'reply', action: 'kept' })
  expect(await suppressed()).toBe(false)
  const { alive_at } = await database.db
    .selectFrom('subscriptions')
    .select('alive_at')
    .where('subscriber_id', '=', ada.id)
    .executeTakeFirstOrThrow()
  expect(alive_at).toEqual(now)
})

it('waits where the report is faster than the record of the reply, and acts after it', async () => {
  await settle(database.db, campaignId, 'sending', [ada.id])
  const eventId = await comesBack(report([unknownUser]))
  expect(await handle(eventId)).toEqual({ outcome: 'later' })
  expect(await eventOf(eventId)).toMatchObject({ handled_at: null, action: null })
  await settle(database.db, campaignId, 'accepted', [ada.id])
  expect(await handle(eventId)).toEqual({ outcome: 'suppressed' })
})

describe('a rejection in the session', () => {
  async function rejected(enhanced: string | null, state: DeliveryState = 'rejected'): Promise<Id> {
    await settle(database.db, campaignId, state, [ada.id])
    const text = `<a***@far.test> ${enhanced} ${campaignId}`
    const reply = await database.db
      .insertInto('replies')
      .values({ hash: Buffer.from(text), code: 550, enhanced, text })
      .returning('id')
      .executeTakeFirstOrThrow()
    const ids = await database.db
      .transaction()
      .execute((trx) =>
        insertSessionBounces(trx, [{ campaignId, subscriberId: ada.id, replyId: reply.id }]),
      )
    expect(ids).toHaveLength(1)
    return ids[0] as Id
  }

  it('goes through the same policy: 5.1.x suppresses, with the reply as evidence', async () => {
    const eventId = await rejected('5.1.1')
    expect(await handle(eventId)).toEqual({ outcome: 'suppressed' })
    expect(await suppressed()).toBe(true)
    expect(await eventOf(eventId)).toMatchObject({
      source: 'session',
      type: 'hard',
      action: 'suppressed',
      address_hash: ada.address_hash,
    })
    const [line] = await listSuppressions(database.db)
    const evidence = await database.db
      .selectFrom('evidence')
      .selectAll()
      .where('id', '=', line?.evidenceId as Id)
      .executeTakeFirstOrThrow()
    expect(evidence.kind).toBe('reply')
    expect(evidence.raw.toString()).toMatch(/^550 5\.1\.1 <a\*\*\*@far\.test>/)
  })

  it('counts for any other reason, and is held where the row went back since', async () => {
    expect(await handle(await rejected('5.7.1'))).toEqual({ outcome: 'counted' })
    expect(await handle(await rejected(null))).toEqual({ outcome: 'counted' })
    expect(await handle(await rejected('5.1.2', 'queued'))).toEqual({
      outcome: 'held',
      because: 'delivery is queued, not rejected',
    })
    expect(await suppressed()).toBe(false)
  })

  it('makes an event for each of many at once, each with its own evidence', async () => {
    const reply = await database.db
      .insertInto('replies')
      .values({ hash: Buffer.from(campaignId), code: 550, enhanced: '5.1.1', text: 'no' })
      .returning('id')
      .executeTakeFirstOrThrow()
    const rows = readers.map((reader) => ({
      campaignId,
      subscriberId: reader.id,
      replyId: reply.id,
    }))
    const ids = await database.db
      .transaction()
      .execute((trx) =>
        insertSessionBounces(trx, [...rows, { campaignId, subscriberId: '1', replyId: reply.id }]),
      )
    const events = await database.db
      .selectFrom('feedback_events as f')
      .innerJoin('evidence as e', 'e.id', 'f.evidence_id')
      .select(['f.subscriber_id', 'f.evidence_id', 'e.raw'])
      .where('f.id', 'in', ids)
      .execute()
    expect(events.map((event) => event.subscriber_id).sort()).toEqual(
      readers.map((r) => r.id).sort(),
    )
    expect(new Set(events.map((event) => event.evidence_id)).size).toBe(2)
    expect(await database.db.transaction().execute((trx) => insertSessionBounces(trx, []))).toEqual(
      [],
    )
  })
})

describe('a mail to the mailto address of a reader', () => {
  const mailto = (subscriberId: Id) =>
    unsubscribeLocalPart(secrets, { newsletterId: newsletter.id, subscriberId })
  const stateOf = async (reader: typeof ada) =>
    (
      await database.db
        .selectFrom('subscriptions')
        .select('state')
        .where('newsletter_id', '=', newsletter.id)
        .where('subscriber_id', '=', reader.id)
        .executeTakeFirstOrThrow()
    ).state

  it('unsubscribes that reader, whatever it says, and says for whom to ring', async () => {
    const eventId = await comesTo(mailto(ada.id), 'Subject: \r\n\r\n')
    expect(await handle(eventId)).toEqual({
      outcome: 'unsubscribed',
      newsletterId: newsletter.id,
      subscriberId: ada.id,
    })
    expect([await stateOf(ada), await stateOf(bob)]).toEqual(['unsubscribed', 'active'])
    expect(await eventOf(eventId)).toMatchObject({ kind: 'unsubscribe', action: 'unsubscribed' })
    expect(await handle(eventId)).toEqual({ outcome: 'nothing' })
  })

  it('suppresses nobody, even if it is a report', async () => {
    await handle(await comesTo(mailto(ada.id), report([unknownUser])))
    expect(await suppressed()).toBe(false)
  })

  it('of a reader who is gone is held', async () => {
    expect(await handle(await comesTo(mailto('12345'), ''))).toEqual({
      outcome: 'held',
      because: 'no such subscription',
    })
  })
})
