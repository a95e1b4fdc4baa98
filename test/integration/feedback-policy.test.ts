import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Id } from '../../db/types.ts'
import { handleFeedback, handleWaiting } from '../../src/feedback/handle.ts'
import { cfblId, messageIdOf } from '../../src/mail/token-address.ts'
import { liftSuppression, listSuppressions, suppress } from '../../src/suppression/suppression.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  type Stage,
  type StagedReader,
  stageFeedback,
} from '../support/feedback-stage.ts'
import { complaint, report } from '../support/reports.ts'

let database: TestDatabase
let stage: Stage
let ada: StagedReader
let bob: StagedReader

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  stage = await stageFeedback(database, 3)
  ;[ada, bob] = stage.readers as [StagedReader, StagedReader]
})

const soft = (campaignId: Id, reader = ada) =>
  ({ campaignId, reader, type: 'soft', status: '4.2.2', diagnostic: 'mailbox full' }) as const
const SUPPRESSED = { outcome: 'suppressed' }
const COUNTED = { outcome: 'counted' }
const standing = async (reader = ada) =>
  (await listSuppressions(database.db)).find((line) => line.address === reader.address)

describe('soft bounces suppress for a time', () => {
  /** Soft bounces of campaigns handed over so many days ago. */
  async function bounces(days: readonly number[], reader = ada) {
    const outcomes: string[] = []
    for (const day of days) {
      const campaignId = await stage.mailed(ago(day * DAY_MS))
      const event = { ...soft(campaignId, reader), at: ago(day * DAY_MS - 60_000) }
      outcomes.push((await stage.arrives(event)).outcome)
    }
    return outcomes
  }

  it('after five over two weeks with no success between, and say so', async () => {
    expect(await bounces([28, 21, 14, 7, 0])).toEqual([...Array(4).fill('counted'), 'suppressed'])
    const line = await standing()
    expect(line).toMatchObject({ reason: 'soft-bounce', source: 'webhook', origin: 'postmark' })
    expect(line?.note).toMatch(
      /^5 soft bounces since \d{4}-\d\d-\d\d, the last: 4\.2\.2 mailbox full$/,
    )
    const days = ((line?.expiresAt?.getTime() ?? 0) - Date.now()) / DAY_MS
    expect(days).toBeCloseTo(90, 0)
    expect(await stage.suppressed(bob)).toBe(false)
  })

  it('not after five within two weeks, nor after four over a month', async () => {
    expect(await bounces([10, 8, 6, 4, 2])).toEqual(Array(5).fill('counted'))
    expect(await bounces([40, 30, 20, 10], bob)).toEqual(Array(4).fill('counted'))
    expect([await stage.suppressed(ada), await stage.suppressed(bob)]).toEqual([false, false])
  })

  it('not where a delivery between them was a success: accepted, and no bounce within 72 hours', async () => {
    await bounces([28, 21])
    await stage.mailed(ago(17 * DAY_MS))
    expect(await bounces([14, 7, 0])).toEqual(Array(3).fill('counted'))
    expect(await stage.suppressed(ada)).toBe(false)
  })

  it('though deliveries between them were accepted: those that bounced later, or are too fresh to tell', async () => {
    await bounces([28, 21])
    const blocked = await stage.mailed(ago(17 * DAY_MS))
    await stage.arrives({ campaignId: blocked, reader: ada, type: 'block', at: ago(16 * DAY_MS) })
    expect(await bounces([14, 7])).toEqual(['counted', 'counted'])
    await stage.mailed(ago(71 * HOUR_MS))
    expect(await bounces([0])).toEqual(['suppressed'])
  })

  it('counting a delivery once, however often it is reported', async () => {
    const campaignId = await stage.mailed(ago(28 * DAY_MS))
    for (let n = 0; n < 6; n += 1) {
      const at = ago((28 - n * 5) * DAY_MS)
      expect(await stage.arrives({ ...soft(campaignId), at })).toEqual(COUNTED)
    }
    expect(await stage.suppressed(ada)).toBe(false)
  })

  it('anew after that time: what came before counts no more', async () => {
    await bounces([120, 110, 105, 100, 95])
    expect(await stage.suppressed(ada)).toBe(true)
    await sql`update suppressions set created_at = now() - interval '95 days', expires_at = now() - interval '5 days'
      where address_hash = ${ada.address_hash}`.execute(database.db)
    expect(await stage.suppressed(ada)).toBe(false)
    expect(await bounces([1])).toEqual(['counted'])
    expect(await stage.suppressed(ada)).toBe(false)
  })

  it('as the configuration wants it', async () => {
    const policy = { ...stage.deps.policy, soft: { count: 2, days: 1, suppressDays: 10 } }
    stage = await stageFeedback(database, 1, policy)
    ada = stage.readers[0] as StagedReader
    expect(await bounces([2, 0])).toEqual(['counted', 'suppressed'])
  })
})

describe('a block', () => {
  it('never suppresses, however often, and is counted for its domain with the words', async () => {
    for (let n = 0; n < 8; n += 1) {
      const campaignId = await stage.mailed(ago((30 - n) * DAY_MS))
      const block = { campaignId, reader: ada, type: 'block', status: '5.7.1' } as const
      expect(await stage.arrives(block)).toEqual(COUNTED)
    }
    expect(await stage.suppressed(ada)).toBe(false)
  })
})

describe('a complaint', () => {
  it('takes the reader off and suppresses the address, with what is behind it', async () => {
    const campaignId = await stage.mailed()
    const event = { kind: 'complaint', campaignId, reader: ada, feedbackType: 'abuse' } as const
    expect(await stage.arrives({ ...event, raw: '{"payload":1}' })).toEqual({
      outcome: 'suppressed',
      left: { newsletterId: stage.newsletter.id, subscriberId: ada.id },
    })
    expect((await stage.subscription(ada)).state).toBe('unsubscribed')
    expect((await stage.subscription(bob)).state).toBe('active')
    expect(await standing()).toMatchObject({ reason: 'complaint', evidenceKind: 'payload' })
  })

  it.each(['not-spam', 'auth-failure'])('of the kind %s does neither', async (feedbackType) => {
    const campaignId = await stage.mailed()
    const event = { kind: 'complaint', campaignId, reader: ada, feedbackType } as const
    expect(await stage.arrives(event)).toMatchObject({ outcome: 'held' })
    expect((await stage.subscription(ada)).state).toBe('active')
    expect(await stage.suppressed(ada)).toBe(false)
  })

  it('of the kind opt-out takes off and suppresses nobody', async () => {
    const campaignId = await stage.mailed()
    const event = { kind: 'complaint', campaignId, reader: ada, feedbackType: 'opt-out' } as const
    expect(await stage.arrives(event)).toMatchObject({ outcome: 'unsubscribed' })
    expect((await stage.subscription(ada)).state).toBe('unsubscribed')
    expect(await stage.suppressed(ada)).toBe(false)
  })

  it('takes the place of what bounces suppressed, so that the form cannot lift it', async () => {
    const campaignId = await stage.mailed()
    await stage.arrives({ campaignId, reader: ada, type: 'hard' })
    expect(await standing()).toMatchObject({ reason: 'hard-bounce' })
    await stage.arrives({ kind: 'complaint', campaignId, reader: ada })
    expect(await standing()).toMatchObject({ reason: 'complaint' })
    await stage.arrives({ campaignId, reader: ada, type: 'hard' })
    expect(await standing()).toMatchObject({ reason: 'complaint' })
  })

  const signed = { spf: null, dkim: [{ result: 'pass', domain: 'far.test' }] }
  it.each([
    ['signed by its From', signed, 'suppressed'],
    ['signed by another', { spf: null, dkim: [{ result: 'pass', domain: 'evil.test' }] }, 'held'],
    [
      'with a broken signature',
      { spf: null, dkim: [{ result: 'fail', domain: 'far.test' }] },
      'held',
    ],
    ['with SPF alone', { spf: { result: 'pass', domain: 'far.test' }, dkim: [] }, 'held'],
    ['that nobody looked into', undefined, 'held'],
  ] as const)('to the address of RFC 9477, %s', async (_, auth, outcome) => {
    const campaignId = await stage.mailed()
    const feedbackId = cfblId(stage.secrets, { campaignId, subscriberId: ada.id })
    const raw = complaint({ headers: [`CFBL-Feedback-ID: ${feedbackId}`] })
    const event = { kind: 'other', source: 'door', sentTo: 'fbl', raw } as const
    const arrived = await stage.arrives({ ...event, ...(auth ? { auth } : {}) })
    expect(arrived.outcome).toBe(outcome)
    expect(await stage.suppressed(ada)).toBe(outcome === 'suppressed')
  })

  it('whose CFBL-Feedback-ID is not ours changes nothing', async () => {
    const campaignId = await stage.mailed()
    const feedbackId = cfblId(stage.secrets, { campaignId, subscriberId: ada.id })
    const forged = feedbackId.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
    const raw = complaint({ headers: [`CFBL-Feedback-ID: ${forged}`] })
    const event = { kind: 'other', source: 'door', sentTo: 'fbl', auth: signed, raw } as const
    expect(await stage.arrives(event)).toMatchObject({
      outcome: 'held',
      because: /nothing ties it/,
    })
  })

  it.each(['mailbox', 'postmaster', 'abuse', 'reply', 'fbl'] as const)(
    'by our Message-ID alone, to %s, acts where its From signed it',
    async (sentTo) => {
      const campaignId = await stage.mailed()
      const fields = { campaignId, subscriberId: ada.id }
      const id = messageIdOf(stage.secrets, fields, stage.secrets.signingKeyId, 'weekly.example')
      const raw = complaint({ headers: [`Message-ID: ${id}`] })
      const event = { kind: 'other', source: 'door', sentTo, raw } as const
      expect(await stage.arrives(event)).toMatchObject({ outcome: 'held', because: /DKIM/ })
      expect(await stage.suppressed(ada)).toBe(false)
      const asked: Buffer[] = []
      const authenticate = async (mail: Buffer) => {
        asked.push(mail)
        return signed
      }
      const deps = { ...stage.deps, authenticate }
      expect(await handleFeedback(deps, await stage.event(event), new Date())).toMatchObject({
        outcome: 'suppressed',
      })
      expect((await stage.subscription(ada)).state).toBe('unsubscribed')
      const bounce = report([{ action: 'failed', status: '5.1.1', finalRecipient: ada.address }])
      await handleFeedback(
        deps,
        await stage.event({ ...event, sentTo: 'mailbox', raw: bounce }),
        new Date(),
      )
      expect(asked).toEqual([raw])
    },
  )

  it('to the token of a reader needs no signature', async () => {
    const campaignId = await stage.mailed()
    const raw = complaint({ headers: [] })
    const event = {
      kind: 'other',
      source: 'door',
      sentTo: 'bounce',
      campaignId,
      reader: ada,
    } as const
    expect(await stage.arrives({ ...event, raw })).toMatchObject({ outcome: 'suppressed' })
  })
})

describe('whose event it is', () => {
  const bounced = (id: string) =>
    report([{ action: 'failed', status: '5.1.1', finalRecipient: ada.address }], {
      returned: [`Message-ID: ${id}`],
    })
  const idOf = (campaignId: Id, reader = ada) =>
    messageIdOf(
      stage.secrets,
      { campaignId, subscriberId: reader.id },
      stage.secrets.signingKeyId,
      'weekly.example',
    )
  const mail = { kind: 'other', source: 'mailbox', sentTo: 'mailbox' } as const

  it('our Message-ID in the returned headers says where there is no token', async () => {
    const campaignId = await stage.mailed()
    expect(await stage.arrives({ ...mail, raw: bounced(idOf(campaignId)) })).toEqual(SUPPRESSED)
  })

  it('the token decides before a Message-ID of another reader', async () => {
    const campaignId = await stage.mailed()
    const raw = bounced(idOf(campaignId, bob))
    const event = { ...mail, sentTo: 'bounce', campaignId, reader: ada, raw } as const
    expect(await stage.arrives(event)).toEqual(SUPPRESSED)
    expect([await stage.suppressed(ada), await stage.suppressed(bob)]).toEqual([true, false])
  })

  it('a forged Message-ID, none, or one of a mail older than 30 days changes nothing', async () => {
    const campaignId = await stage.mailed()
    const forged = idOf(campaignId).replace('<m-', '<m-a')
    for (const raw of [bounced(forged), report([{ action: 'failed', status: '5.1.1' }])]) {
      expect(await stage.arrives({ ...mail, raw })).toEqual({
        outcome: 'held',
        because: 'nothing ties it to a delivery of ours: no token, no Message-ID',
      })
    }
    const old = await stage.mailed(ago(31 * DAY_MS))
    expect(await stage.arrives({ ...mail, raw: bounced(idOf(old)) })).toEqual({
      outcome: 'held',
      because: 'mailed more than 30 days before',
    })
    expect(await stage.suppressed(ada)).toBe(false)
  })

  it('an event that intake could tie to nothing changes nothing, whatever address it names', async () => {
    await stage.mailed()
    const event = { type: 'hard', status: '5.1.1', addressHash: ada.address_hash } as const
    expect(await stage.arrives(event)).toMatchObject({ outcome: 'held', because: /nothing ties/ })
    expect(await stage.suppressed(ada)).toBe(false)
  })
})

it('takes an answer to our Message-ID, wherever it comes, for a sign of life, and an automatic one for none', async () => {
  const campaignId = await stage.mailed()
  const idOf = ({ id: subscriberId }: StagedReader) =>
    messageIdOf(stage.secrets, { campaignId, subscriberId }, 1, 'weekly.example')
  const answer = (reader: StagedReader, ...more: string[]) => ({
    ...({
      kind: 'reply',
      source: 'mailbox',
      sentTo: 'reply',
      newsletterId: stage.newsletter.id,
    } as const),
    raw: [
      ...[`From: ${reader.address}`, 'Subject: Re: First', ...more],
      ...[`References: <x@y.test>`, ` ${idOf(reader)}`, '', 'Thank you!'],
    ].join('\r\n'),
  })
  expect(await stage.arrives(answer(ada))).toEqual({ outcome: 'kept' })
  expect((await stage.subscription(ada)).alive_at).not.toBeNull()
  const machine = answer(bob, 'Auto-Submitted: auto-replied')
  expect(await stage.arrives(machine)).toMatchObject({ outcome: 'held' })
  expect((await stage.subscription(bob)).alive_at).toBeNull()
})

describe('an uncertain delivery is settled by what comes back about it', () => {
  const accepted = async (campaignId: Id) => (await stage.delivery(campaignId, ada)).state

  it('a hard bounce proves that it was taken, and acts', async () => {
    const campaignId = await stage.mailed(new Date(), 'uncertain')
    expect(await stage.arrives({ campaignId, reader: ada, type: 'hard' })).toEqual(SUPPRESSED)
    expect(await accepted(campaignId)).toBe('accepted')
    expect((await stage.delivery(campaignId, bob)).state).toBe('uncertain')
  })

  it.each([
    ['a delay', report([{ action: 'delayed', status: '4.4.1' }])],
    ['an absence', 'Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack soon.'],
  ])('%s settles it, and nothing else follows', async (_, raw) => {
    const campaignId = await stage.mailed(new Date(), 'uncertain')
    const event = { kind: 'other', source: 'door', sentTo: 'bounce', campaignId } as const
    expect(await stage.arrives({ ...event, reader: ada, raw })).toEqual({ outcome: 'settled' })
    expect(await accepted(campaignId)).toBe('accepted')
    expect(await stage.suppressed(ada)).toBe(false)
  })

  it("a provider's word that it was delivered settles it, and is held where nothing was open", async () => {
    const campaignId = await stage.mailed(new Date(), 'uncertain')
    const event = { kind: 'delivered', campaignId, reader: ada } as const
    expect(await stage.arrives(event)).toEqual({ outcome: 'settled' })
    expect(await accepted(campaignId)).toBe('accepted')
    expect(await stage.arrives(event)).toMatchObject({ outcome: 'held' })
  })

  it('words of nobody settle nothing', async () => {
    const campaignId = await stage.mailed(new Date(), 'uncertain')
    const event = { kind: 'other', source: 'door', sentTo: 'bounce', campaignId } as const
    await stage.arrives({ ...event, reader: ada, raw: '' })
    expect(await accepted(campaignId)).toBe('uncertain')
  })
})

describe('many at once', () => {
  it('are handled by a fixed number of statements, whatever waits first', async () => {
    stage = await stageFeedback(database, 120)
    const campaignId = await stage.mailed()
    for (const reader of stage.readers) {
      await stage.event({ campaignId, reader, type: 'hard', status: '5.1.1' })
    }
    let statements = 0
    const counting = countStatements(stage.deps, () => (statements += 1))
    const first = await handleWaiting(counting, new Date())
    expect(first.outcomes.size).toBe(100)
    expect(first.more).toBe(true)
    expect(statements).toBeLessThan(20)
    const second = await handleWaiting(counting, new Date())
    expect([second.outcomes.size, second.more]).toEqual([20, false])
    const { count } = await database.db
      .selectFrom('suppressions')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where(
        'address_hash',
        'in',
        stage.readers.map((reader) => reader.address_hash),
      )
      .executeTakeFirstOrThrow()
    expect(Number(count)).toBe(120)
  })

  it('are shared by workers: each is handled once', async () => {
    stage = await stageFeedback(database, 100)
    const campaignId = await stage.mailed()
    for (const reader of stage.readers) await stage.event({ campaignId, reader, type: 'soft' })
    const handled = await Promise.all([0, 1, 2].map(() => handleWaiting(stage.deps, new Date())))
    const ids = handled.flatMap(({ outcomes }) => [...outcomes.keys()])
    expect(ids).toHaveLength(100)
    expect(new Set(ids).size).toBe(100)
  })

  it('are not held up by one that cannot be handled, which is tried again later', async () => {
    const campaignId = await stage.mailed()
    const broken = await stage.event({ source: 'session', type: 'hard' })
    const good = await stage.event({ campaignId, reader: ada, type: 'hard' })
    const { outcomes } = await handleWaiting(stage.deps, new Date())
    expect(outcomes.get(broken)).toEqual({ outcome: 'failed', because: 'a rejection of nobody' })
    expect(outcomes.get(good)).toEqual(SUPPRESSED)
    const { due_at, handled_at } = await stage.eventRow(broken)
    expect(handled_at).toBeNull()
    expect(due_at.getTime()).toBeGreaterThan(Date.now() + 200_000)
    expect((await handleWaiting(stage.deps, new Date())).outcomes.size).toBe(0)
    await database.db.deleteFrom('feedback_events').where('id', '=', broken).execute()
  })

  it('are concluded each alone where one of them cannot be written', async () => {
    const campaignId = await stage.mailed()
    const broken = await stage.event({ campaignId, reader: ada, type: 'hard' })
    const good = await stage.event({ campaignId, reader: bob, type: 'hard' })
    await sql`create function refuse() returns trigger language plpgsql as $$
      begin if new.id = ${sql.lit(Number(broken))} and new.handled_at is not null then raise 'no'; end if; return new; end $$`.execute(
      database.db,
    )
    await sql`create trigger refuse before update on feedback_events for each row execute function refuse()`.execute(
      database.db,
    )
    try {
      const { outcomes } = await handleWaiting(stage.deps, new Date())
      expect(outcomes.get(broken)).toEqual({ outcome: 'failed', because: 'no' })
      expect(outcomes.get(good)).toEqual(SUPPRESSED)
      expect([await stage.suppressed(ada), await stage.suppressed(bob)]).toEqual([false, true])
    } finally {
      await sql`drop trigger refuse on feedback_events`.execute(database.db)
      await sql`drop function refuse()`.execute(database.db)
    }
    await database.db.deleteFrom('feedback_events').where('id', '=', broken).execute()
  })

  it('that say different things of one address in one breath leave one suppression, the stronger', async () => {
    const campaignId = await stage.mailed()
    await stage.event({ campaignId, reader: ada, type: 'hard' })
    await stage.event({ campaignId, reader: ada, type: 'hard' })
    await stage.event({ kind: 'complaint', campaignId, reader: ada })
    expect((await handleWaiting(stage.deps, new Date())).outcomes.size).toBe(3)
    const lines = (await listSuppressions(database.db)).filter(
      (line) => line.address === ada.address,
    )
    expect(lines.map((line) => line.reason)).toEqual(['complaint'])
  })
})

function countStatements(deps: Stage['deps'], onStatement: () => void): Stage['deps'] {
  const db = deps.db.withPlugin({
    transformQuery: ({ node }) => {
      onStatement()
      return node
    },
    transformResult: async ({ result }) => result,
  })
  return { ...deps, db }
}

it('lifts a suppression as one action with its trace: who, when, why', async () => {
  const campaignId = await stage.mailed()
  await stage.arrives({ campaignId, reader: ada, type: 'hard' })
  const { address, address_hash: addressHash } = ada
  await liftSuppression(database.db, stage.secrets, {
    id: (await standing())?.id as Id,
    note: 'they wrote: it works',
  })
  await database.db
    .transaction()
    .execute((trx) => suppress(trx, { addressHash, address, reason: 'manual', note: 'again' }))
  const lines = await listSuppressions(database.db, { lifted: true })
  const theirs = lines.filter((line) => line.address === address)
  expect(theirs.map((line) => [line.reason, line.liftedBy, line.liftedNote])).toEqual([
    ['manual', null, null],
    ['hard-bounce', 'editor', 'they wrote: it works'],
  ])
})
