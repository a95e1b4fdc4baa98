import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { countHeld, feedbackLines } from '../../db/queries/feedback-counts.ts'
import { openInboundToken, recordInbound } from '../../src/feedback/record.ts'
import { unsubscribeLocalPart } from '../../src/mail/token-address.ts'
import { addSuppression } from '../../src/suppression/suppression.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  type Stage,
  type StagedReader,
  stageFeedback,
} from '../support/feedback-stage.ts'
import { report } from '../support/reports.ts'

let database: TestDatabase
let stage: Stage
let ada: StagedReader

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  stage = await stageFeedback(database, 2)
  ;[ada] = stage.readers as [StagedReader]
})

const pass = (domain: string) => ({ spf: { result: 'pass', domain }, dkim: [] })
const signed = (domain: string) => ({ spf: null, dkim: [{ result: 'pass', domain }] })
const envelope = { peer: '203.0.113.7', helo: 'mx.far.test', from: 'eve@far.test' }

describe('a mail to the subscribe address', () => {
  let eve: string
  let number = 0
  beforeEach(() => {
    number += 1
    eve = `eve-${number}@far.test`
  })

  const asks = (
    changes: { headers?: string[]; from?: string; auth?: object; envelope?: object } = {},
    now?: Date,
  ) =>
    stage.arrives(
      {
        ...{ kind: 'subscribe', source: 'door', sentTo: 'subscribe', envelope },
        newsletterId: stage.newsletter.id,
        ...(changes.envelope ? { envelope: changes.envelope } : {}),
        auth: changes.auth ?? signed('far.test'),
        raw: [
          `From: ${changes.from ?? `Eve <${eve}>`}`,
          'Subject: subscribe',
          ...(changes.headers ?? []),
          '',
          'Please.',
        ].join('\r\n'),
      },
      now,
    )
  const mails = () =>
    database.db.selectFrom('outbox').selectAll().where('address', '=', eve).execute()
  const CONFIRMATION = { outcome: 'confirmation' }

  it.each([
    ['DKIM', signed('far.test')],
    ['DKIM of a domain above', signed('test.far.test')],
    ['SPF', pass('far.test')],
  ])('starts double opt-in where %s fits its From', async (_, auth) => {
    expect(await asks({ auth })).toEqual(CONFIRMATION)
    const rows = await mails()
    expect(rows.map(({ kind, newsletter_id }) => [kind, newsletter_id])).toEqual([
      ['confirm', stage.newsletter.id],
    ])
    const { state } = await database.db
      .selectFrom('subscriptions as s')
      .innerJoin('subscribers as r', 'r.id', 's.subscriber_id')
      .select('s.state')
      .where('r.address', '=', eve)
      .executeTakeFirstOrThrow()
    expect(state).toBe('unconfirmed')
  })

  it.each([
    ['nothing', { spf: null, dkim: [] }],
    ['a signature of another domain', signed('evil.test')],
    ['a signature of a domain whose name ends alike', signed('notfar.test')],
    ['a signature that fails', { spf: null, dkim: [{ result: 'fail', domain: 'far.test' }] }],
    ['SPF of another domain', pass('evil.test')],
    ['SPF that is soft', { spf: { result: 'softfail', domain: 'far.test' }, dkim: [] }],
  ])('starts nothing where %s is all there is', async (_, auth) => {
    expect(await asks({ auth })).toEqual({
      outcome: 'held',
      because: 'neither SPF nor DKIM shows that its From sent it',
    })
    expect(await mails()).toEqual([])
  })

  it.each([
    ['a bounce', { envelope: { ...envelope, from: '' } }],
    ['an automatic mail', { headers: ['Auto-Submitted: auto-replied'] }],
    ['a list', { headers: ['List-Id: <x.far.test>'] }],
    ['bulk mail', { headers: ['Precedence: bulk'] }],
    ['a report', { headers: ['Content-Type: multipart/report; boundary=x'] }],
    ['a daemon', { from: 'Mailer-Daemon@far.test' }],
    ['two people', { from: 'A <a@far.test>, B <b@far.test>' }],
  ])('answers nothing to %s', async (_, changes) => {
    const all = () => database.db.selectFrom('outbox').select('id').execute()
    const before = await all()
    expect(await asks(changes)).toMatchObject({ outcome: 'held' })
    expect(await all()).toEqual(before)
  })

  it('is no automatic mail where it says "no" (RFC 3834)', async () => {
    expect(await asks({ headers: ['Auto-Submitted: no'] })).toEqual(CONFIRMATION)
  })

  it('is answered once a day and address', async () => {
    expect(await asks()).toEqual(CONFIRMATION)
    const in23Hours = new Date(Date.now() + 23 * HOUR_MS)
    expect(await asks({}, in23Hours)).toMatchObject({ outcome: 'held' })
    expect(await mails()).toHaveLength(1)
    expect(await asks({}, new Date(Date.now() + 25 * HOUR_MS))).toEqual(CONFIRMATION)
    expect(await mails()).toHaveLength(2)
  })

  it('of who was suppressed by the editor is not answered', async () => {
    await addSuppression(database.db, stage.secrets, { address: eve, note: 'asked to' })
    expect(await asks()).toMatchObject({ outcome: 'held' })
    expect(await mails()).toEqual([])
  })
})

describe('a mail to the unsubscribe address of a reader', () => {
  it.each(['door', 'mailbox'] as const)('takes them off, through the %s', async (source) => {
    const fields = { newsletterId: stage.newsletter.id, subscriberId: ada.id }
    const token = openInboundToken(
      stage.secrets,
      unsubscribeLocalPart(stage.secrets, fields),
      new Date(),
    )
    if (token === null) throw new Error('no token of ours')
    const raw = Buffer.from('From: ada@far.test\r\nSubject: unsubscribe\r\n\r\n')
    const [eventId] = await recordInbound(database.db, raw, [token], { source, origin: 'x' })
    expect(await stage.handle(eventId ?? '')).toEqual({
      outcome: 'unsubscribed',
      ...fields,
    })
    expect((await stage.subscription(ada)).state).toBe('unsubscribed')
  })
})

describe('forged and broken reports', () => {
  it('a report without a token, of an address that never got mail, changes nothing, is counted and seen', async () => {
    const raw = report([{ action: 'failed', status: '5.1.1', finalRecipient: ada.address }])
    for (const sentTo of ['postmaster', 'mailbox'] as const) {
      const event = { kind: 'other', source: 'mailbox', origin: 'inbox', sentTo, raw } as const
      expect(await stage.arrives(event)).toMatchObject({ outcome: 'held' })
    }
    expect(await stage.suppressed(ada)).toBe(false)
    expect((await stage.subscription(ada)).state).toBe('active')
    const held = await countHeld(database.db, ago(DAY_MS))
    const because = 'nothing ties it to a delivery of ours: no token, no Message-ID'
    expect(held.find((line) => line.because === because)).toMatchObject({ count: 2 })
    const lines = await feedbackLines(database.db, { held: true, kind: 'bounce', limit: 10 })
    expect(lines.slice(0, 2)).toMatchObject([
      { kind: 'bounce', action: null, heldBecause: because, origin: 'inbox', campaignId: null },
      { kind: 'bounce', action: null, heldBecause: because, origin: 'inbox', campaignId: null },
    ])
  })
})
