import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createSecrets } from '../../src/secrets.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { undoFlood } from '../../src/subscribers/undo-flood.ts'
import { exportSuppressions, importSuppressions } from '../../src/suppression/file.ts'
import {
  addSuppression,
  isSuppressed,
  liftSuppression,
  listSuppressions,
} from '../../src/suppression/suppression.ts'
import { someNewsletter } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { ago, DAY_MS, type Stage, stageFeedback } from '../support/feedback-stage.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const now = new Date()
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  await database.db.deleteFrom('suppressions').execute()
})

const take = (csv: string, dryRun = false, keys = secrets) =>
  importSuppressions(database.db, keys, { csv, note: 'from elsewhere', dryRun }, now)
const exported = async () => {
  let csv = ''
  for await (const piece of exportSuppressions(database.db, secrets)) csv += piece
  return csv
}
const suppressed = (address: string) => isSuppressed(database.db, secrets.addressHash(address))

describe('a file of suppressions', () => {
  it('is taken in; bad lines are named, and the rest goes on', async () => {
    const csv = [
      'Email,reason,expires,note',
      'ada@far.test,hard-bounce,,"gone, they said"',
      'BOB@far.test,,,',
      'bob@far.test,,,',
      'no address,,,',
      'eve@far.test,because,,',
      'dan@far.test,soft-bounce,soon,',
      'old@far.test,soft-bounce,2020-01-01,',
      'fay@far.test,soft-bounce,2099-01-01,',
    ].join('\n')
    expect(await take(csv, true)).toMatchObject({ dryRun: true, suppressed: 3 })
    expect(await listSuppressions(database.db)).toEqual([])
    expect(await take(csv)).toEqual({
      ...{ dryRun: false, rows: 8, suppressed: 3, already: 0, duplicates: 1, expired: 1 },
      bad: [
        { line: 5, what: expect.any(String) },
        { line: 6, what: '"because" is none of hard-bounce, soft-bounce, complaint, manual' },
        { line: 7, what: '"soon" is no time such as 2027-01-31' },
      ],
    })
    const lines = await listSuppressions(database.db)
    expect(lines.map((line) => [line.address, line.reason, line.note])).toEqual(
      expect.arrayContaining([
        ['ada@far.test', 'hard-bounce', 'gone, they said'],
        ['BOB@far.test', 'manual', 'from elsewhere'],
        ['fay@far.test', 'soft-bounce', 'from elsewhere'],
      ]),
    )
    expect(await suppressed('bob@far.test')).toBe(true)
    expect(await take(csv)).toMatchObject({ suppressed: 0, already: 3 })
  })

  it('without a column of addresses or hashes is refused in one sentence', async () => {
    await expect(take('name\nada')).rejects.toThrow(
      'the header line names no column "email" or "hash"; it has "name"',
    )
  })

  it('comes back as it was: hashes outlive the address, and another installation refuses them', async () => {
    await addSuppression(database.db, secrets, { address: 'ada@far.test', note: '=1+1, "so"' })
    await addSuppression(database.db, secrets, { address: 'bob@far.test', note: 'erased' })
    await database.db
      .updateTable('suppressions')
      .set({ address: null })
      .where('address', '=', 'bob@far.test')
      .execute()
    const csv = await exported()
    // No spreadsheet takes a note for a formula.
    expect(csv).toContain(`"'=1+1, ""so"""`)
    await database.db.deleteFrom('suppressions').execute()
    expect(await take(csv)).toMatchObject({ rows: 2, suppressed: 2, bad: [] })
    expect([await suppressed('ada@far.test'), await suppressed('bob@far.test')]).toEqual([
      true,
      true,
    ])
    const others = createSecrets(parseKeys(newKeys(), 'test'))
    await database.db.deleteFrom('suppressions').execute()
    expect((await take(csv, false, others)).bad).toEqual([
      { line: 3, what: 'its hash was made with another key than ours' },
    ])
  })

  it('leaves out what stands no more', async () => {
    await addSuppression(database.db, secrets, { address: 'ada@far.test', note: '' })
    await liftSuppression(database.db, secrets, { address: 'ada@far.test', note: 'a mistake' })
    expect((await exported()).trim().split('\r\n')).toHaveLength(1)
  })
})

it('an import of readers revives no suppressed address', async () => {
  const newsletter = await someNewsletter(database.db)
  await addSuppression(database.db, secrets, { address: 'ada@far.test', note: 'asked to' })
  const input = { newsletter, csv: 'email\nada@far.test\nbob@far.test\n', consent: 'at the fair' }
  const report = await importSubscribers(database.db, secrets, input, now)
  expect(report).toMatchObject({ added: 1, suppressed: 1 })
  expect(await suppressed('ada@far.test')).toBe(true)
})

describe('a flood of reports from one source', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await stageFeedback(database, 6)
    const campaignId = await stage.mailed(ago(2 * DAY_MS))
    const [a, b, c, d, e] = stage.readers as [never, never, never, never, never]
    const forged = { origin: 'forger', campaignId } as const
    await stage.arrives({ ...forged, reader: a, type: 'hard' })
    await stage.arrives({ ...forged, reader: b, kind: 'complaint' })
    await stage.arrives({ ...forged, reader: c, kind: 'complaint' })
    await stage.arrives({ ...forged, reader: d, type: 'hard', at: ago(9 * DAY_MS) })
    await stage.arrives({ campaignId, reader: e, type: 'hard' })
  })
  const flood = (since = new Date(0)) => ({ source: 'webhook' as const, origin: 'forger', since })
  const options = (dryRun: boolean) => ({ note: 'forged', dryRun })
  const state = async () => ({
    suppressed: await Promise.all(stage.readers.map((reader) => stage.suppressed(reader))),
    left: (await Promise.all(stage.readers.map((reader) => stage.subscription(reader)))).map(
      (each) => each.state === 'unsubscribed',
    ),
  })

  it('is undone in one action: dry first, then for good, and nobody else’s is touched', async () => {
    const before = await state()
    expect(await undoFlood(database.db, flood(), options(true), now)).toEqual({
      ...{ dryRun: true, lifted: 4, restored: 2 },
    })
    expect(await state()).toEqual(before)
    const done = await undoFlood(database.db, flood(), options(false), new Date())
    expect(done).toEqual({ dryRun: false, lifted: 4, restored: 2 })
    expect(await state()).toEqual({
      suppressed: [false, false, false, false, true, false],
      left: Array(6).fill(false),
    })
    const lines = await listSuppressions(database.db, { lifted: true })
    expect(lines.filter((line) => line.liftedBy === 'editor')).toHaveLength(4)
    const again = await undoFlood(database.db, flood(), options(false), new Date())
    expect(again).toEqual({ dryRun: false, lifted: 0, restored: 0 })
  })

  it('since a day takes that part of it, and who has left by themselves since stays off', async () => {
    const [, , c] = stage.readers
    await database.db
      .updateTable('subscriptions')
      .set({ changed_at: new Date(Date.now() + 1_000) })
      .where('subscriber_id', '=', c?.id ?? '')
      .execute()
    const done = await undoFlood(database.db, flood(ago(DAY_MS)), options(false), new Date())
    expect(done).toEqual({ dryRun: false, lifted: 3, restored: 1 })
    expect((await state()).suppressed).toEqual([false, false, false, true, true, false])
  })

  it('counts no more in the rates that guards watch, and its reports replayed change nothing', async () => {
    await undoFlood(database.db, flood(), options(false), new Date())
    const { count } = await database.db
      .selectFrom('feedback_events')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('origin', '=', 'forger')
      .where('proven', '=', true)
      .executeTakeFirstOrThrow()
    expect(Number(count)).toBe(0)
    const { campaign_id: campaignId } = await database.db
      .selectFrom('feedback_events')
      .select('campaign_id')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    const [reader] = stage.readers
    const replay = { origin: 'forger', campaignId, reader: reader ?? null, type: 'hard' } as const
    expect(await stage.arrives(replay)).toEqual({ outcome: 'held', because: 'lifted since' })
  })
})
