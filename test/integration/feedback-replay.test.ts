import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { insertSessionBounces } from '../../db/queries/feedback-events.ts'
import type { DeliveryState, Id } from '../../db/types.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import type { FeedbackOutcome } from '../../src/feedback/apply.ts'
import { handleFeedback } from '../../src/feedback/handle.ts'
import { openInboundToken, recordInbound } from '../../src/feedback/record.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { bounceLocalPart, unsubscribeLocalPart } from '../../src/mail/token-address.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets } from '../../src/secrets.ts'
import { isSuppressed, liftSuppression, suppress } from '../../src/suppression/suppression.ts'
import { settle, someCampaign, someNewsletter, someReaders } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { feedbackDeps } from '../support/feedback.ts'
import { report } from '../support/reports.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const day = Math.floor(Date.now() / 86_400_000)
const unknownUser = { action: 'failed', status: '5.1.1' }

type Reader = { id: Id; address: string; address_hash: Buffer }
let database: TestDatabase
let newsletter: Newsletter
let readers: Reader[]
let ada: Reader

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  newsletter = await someNewsletter(database.db)
  const ids = await someReaders(database.db, newsletter, 3)
  readers = await database.db
    .selectFrom('subscribers')
    .select(['id', 'address', 'address_hash'])
    .where('id', 'in', ids)
    .orderBy('address')
    .execute()
  ada = readers[0] as Reader
})

/** A campaign whose deliveries were handed over just now. */
async function mailed(slug: string, state: DeliveryState = 'accepted'): Promise<Id> {
  const campaignId = await someCampaign(database.db, newsletter, { slug })
  while ((await prepareSlice(database.db, campaignId)) === 'more');
  await handOver(campaignId, state)
  return campaignId
}

async function handOver(campaignId: Id, state: DeliveryState): Promise<void> {
  await sql`update deliveries set state = ${state}, claim_id = null, due_at = clock_timestamp(),
    first_at = coalesce(first_at, clock_timestamp()) where campaign_id = ${campaignId}`.execute(
    database.db,
  )
}

const handle = (eventId: Id) =>
  handleFeedback(feedbackDeps(database.db, secrets), eventId, new Date())
const suppressed = (reader = ada) => isSuppressed(database.db, reader.address_hash)

async function lift(): Promise<void> {
  const [row] = await database.db
    .selectFrom('suppressions')
    .select('id')
    .where('address_hash', '=', ada.address_hash)
    .where('lifted_at', 'is', null)
    .execute()
  const input = { id: row?.id as Id, note: 'they wrote: it works' }
  expect(await liftSuppression(database.db, secrets, input)).toBe('lifted')
}

/** One mail, to each of these local parts, as the door takes it. @returns an event for each */
async function comesIn(raw: Buffer, localParts: readonly string[]): Promise<Id[]> {
  const tokens = localParts.flatMap((part) => openInboundToken(secrets, part, new Date()) ?? [])
  expect(tokens).toHaveLength(localParts.length)
  return await recordInbound(database.db, raw, tokens)
}

const tokenOf = (campaignId: Id, reader: Reader, mailedOn = day) =>
  bounceLocalPart(secrets, { campaignId, subscriberId: reader.id, day: mailedOn })

async function reported(campaignId: Id, raw = report([unknownUser])): Promise<Id> {
  return (await comesIn(raw, [tokenOf(campaignId, ada)]))[0] as Id
}

async function refused(campaignId: Id): Promise<Id> {
  const reply = await database.db
    .insertInto('replies')
    .values({ hash: Buffer.from(`r${campaignId}`), code: 550, enhanced: '5.1.1', text: 'no' })
    .onConflict((conflict) => conflict.column('hash').doUpdateSet({ text: 'no' }))
    .returning('id')
    .executeTakeFirstOrThrow()
  const [eventId] = await database.db
    .transaction()
    .execute((trx) =>
      insertSessionBounces(trx, [{ campaignId, subscriberId: ada.id, replyId: reply.id }]),
    )
  return eventId as Id
}

const LIFTED = { outcome: 'held', because: 'lifted since' }
const SUPPRESSED = { outcome: 'suppressed' }

describe('after an editor has lifted a suppression', () => {
  it('the same report once more changes nothing: a duplicate that waited, or a replay', async () => {
    const first = await mailed('one')
    const raw = report([{ ...unknownUser, finalRecipient: ada.address }])
    const waiting = await reported(first, raw)
    expect(await handle(await reported(first, raw))).toEqual(SUPPRESSED)
    await lift()
    expect(await handle(waiting)).toEqual(LIFTED)
    expect(await handle(await reported(first, raw))).toEqual(LIFTED)
    expect(await suppressed()).toBe(false)
    const events = await database.db
      .selectFrom('feedback_events')
      .select(['action', 'held_because', 'status', 'address_hash'])
      .where('id', '=', waiting)
      .execute()
    expect(events).toEqual([
      {
        action: null,
        held_because: 'lifted since',
        status: '5.1.1',
        address_hash: ada.address_hash,
      },
    ])
  })

  it('no report about anything handed over before counts, of whatever campaign', async () => {
    const [first, other] = [await mailed('one'), await mailed('two')]
    expect(await handle(await reported(first))).toEqual(SUPPRESSED)
    await lift()
    expect(await handle(await reported(other))).toEqual(LIFTED)
    expect(await suppressed()).toBe(false)
  })

  it('what is handed over from then on proves anew, and can be lifted anew', async () => {
    const first = await mailed('one')
    expect(await handle(await reported(first))).toEqual(SUPPRESSED)
    await lift()
    const second = await mailed('two')
    expect(await handle(await reported(first))).toEqual(LIFTED)
    expect(await handle(await reported(second))).toEqual(SUPPRESSED)
    expect(await suppressed()).toBe(true)
    await lift()
    expect(await handle(await reported(second))).toEqual(LIFTED)
    expect(await suppressed()).toBe(false)
  })

  it('a rejection in the session from before changes nothing; a later one does, also of a row resent', async () => {
    const first = await mailed('one', 'rejected')
    const waiting = await refused(first)
    expect(await handle(await refused(first))).toEqual(SUPPRESSED)
    await lift()
    expect(await handle(waiting)).toEqual(LIFTED)
    expect(await suppressed()).toBe(false)
    await handOver(first, 'rejected')
    expect(await handle(await refused(first))).toEqual(SUPPRESSED)
    await lift()
    expect(await handle(await refused(await mailed('two', 'rejected')))).toEqual(SUPPRESSED)
  })

  it('a report that could be of a hand-over before changes nothing, though the row was resent', async () => {
    const first = await mailed('one', 'rejected')
    expect(await handle(await refused(first))).toEqual(SUPPRESSED)
    await lift()
    await handOver(first, 'accepted')
    expect(await handle(await reported(first))).toEqual(LIFTED)
  })

  it('no delivery whose hand-over nobody knows proves anything', async () => {
    const first = await mailed('one')
    expect(await handle(await reported(first))).toEqual(SUPPRESSED)
    await lift()
    const second = await mailed('two', 'queued')
    await database.db
      .updateTable('deliveries')
      .set({ first_at: null })
      .where('campaign_id', '=', second)
      .execute()
    await settle(database.db, second, 'accepted')
    expect(await handle(await reported(second))).toEqual(LIFTED)
  })

  it("another address's reports act as ever", async () => {
    const first = await mailed('one')
    expect(await handle(await reported(first))).toEqual(SUPPRESSED)
    await lift()
    const bob = readers[1] as Reader
    const [eventId] = await comesIn(report([unknownUser]), [tokenOf(first, bob)])
    expect(await handle(eventId as Id)).toEqual(SUPPRESSED)
    expect(await suppressed(bob)).toBe(true)
  })

  it('a report that is handled while it is being lifted waits for that', async () => {
    const first = await mailed('one')
    const waiting = await reported(first)
    expect(await handle(await reported(first))).toEqual(SUPPRESSED)
    let handled: Promise<FeedbackOutcome> | undefined
    await database.db.transaction().execute(async (trx) => {
      const [row] = await trx
        .updateTable('suppressions')
        .set({ lifted_at: sql<Date>`now()`, lifted_note: 'by hand', lifted_by: 'editor' })
        .where('address_hash', '=', ada.address_hash)
        .where('lifted_at', 'is', null)
        .returning('id')
        .execute()
      expect(row).toBeDefined()
      handled = handle(waiting)
      await sql`select pg_sleep(0.2)`.execute(trx)
    })
    expect(await handled).toEqual(LIFTED)
    expect(await suppressed()).toBe(false)
  })

  it('a suppression by hand holds as ever', async () => {
    const first = await mailed('one')
    expect(await handle(await reported(first))).toEqual(SUPPRESSED)
    await lift()
    const { address, address_hash: addressHash } = ada
    await database.db
      .transaction()
      .execute((trx) => suppress(trx, { addressHash, address, reason: 'manual' }))
    expect(await handle(await reported(first))).toEqual(LIFTED)
    expect(await suppressed()).toBe(true)
  })
})

describe('one mail for the tokens of several', () => {
  const HELD = { outcome: 'held', because: 'came for several, and does not name this one' }
  const outcomes = async (ids: readonly Id[]) => {
    const all: FeedbackOutcome[] = []
    for (const id of ids) all.push(await handle(id))
    return all
  }

  it('acts for the reader alone whom it names', async () => {
    const campaignId = await mailed('one')
    const tokens = readers.map((reader) => tokenOf(campaignId, reader))
    const raw = report([{ ...unknownUser, finalRecipient: ada.address }])
    expect(await outcomes(await comesIn(raw, tokens))).toEqual([SUPPRESSED, HELD, HELD])
    expect(await Promise.all(readers.map(suppressed))).toEqual([true, false, false])
  })

  it('acts for nobody where it names another, or none', async () => {
    const campaignId = await mailed('one')
    const tokens = readers.map((reader) => tokenOf(campaignId, reader))
    const another = report([{ ...unknownUser, finalRecipient: 'x@elsewhere.test' }])
    for (const raw of [another, report([unknownUser])]) {
      expect(await outcomes(await comesIn(raw, tokens))).toEqual([HELD, HELD, HELD])
    }
    const two = [await mailed('two'), await mailed('three')].map((id) => tokenOf(id, ada))
    expect(await outcomes(await comesIn(another, two))).toEqual([HELD, HELD])
    expect(await Promise.all(readers.map(suppressed))).toEqual([false, false, false])
  })

  it('is about one delivery where a token comes twice, or beside an unsubscribe', async () => {
    const campaignId = await mailed('one')
    const forwarded = report([{ ...unknownUser, finalRecipient: 'x@elsewhere.test' }])
    const twice = [tokenOf(campaignId, ada), tokenOf(campaignId, ada, day - 1)]
    const ids = await comesIn(forwarded, twice)
    expect(await outcomes(ids)).toEqual([SUPPRESSED])
    const bob = readers[1] as Reader
    const leave = unsubscribeLocalPart(secrets, {
      newsletterId: newsletter.id,
      subscriberId: bob.id,
    })
    const both = await outcomes(await comesIn(forwarded, [tokenOf(campaignId, bob), leave]))
    expect(both.map(({ outcome }) => outcome)).toEqual(['suppressed', 'unsubscribed'])
  })
})
