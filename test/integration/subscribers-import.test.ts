import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { addSubscriber } from '../../src/subscribers/add.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { showSubscriber } from '../../src/subscribers/show.ts'
import { requestSubscription } from '../../src/subscribers/subscribe.ts'
import { unsubscribe } from '../../src/subscribers/unsubscribe.ts'
import {
  addSuppression,
  isSuppressed,
  liftSuppression,
  listSuppressions,
  suppress,
} from '../../src/suppression/suppression.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { digestOfTables, newsletterNamed, testSecrets } from '../support/readers.ts'

let t: TestDatabase
let newsletter: Newsletter
const now = new Date('2026-11-24T08:00:00Z')
const consent = 'Signed the list at the fair, May 2026'

beforeAll(async () => {
  t = await testDatabase()
  newsletter = await newsletterNamed(t.db)
})
afterAll(() => t.drop())

const importCsv = (csv: string, dryRun = false) =>
  importSubscribers(t.db, testSecrets, { newsletter, csv, consent, dryRun }, now)

async function leave(address: string) {
  const id = (await showSubscriber(t.db, address))?.subscriber.id ?? ''
  const who = { newsletterId: newsletter.id, subscriberId: id }
  return unsubscribe(t.db, { ...who, source: 'command' }, now)
}

const stateOf = async (address: string) =>
  (await showSubscriber(t.db, address))?.subscriptions[0]?.state ?? null

describe('importing subscribers', () => {
  it('makes active subscriptions with attributes, and keeps the consent with each', async () => {
    const report = await importCsv('email,first_name\nAda@A.test,Ada\nbob@b.test,\n')
    expect(report).toMatchObject({ rows: 2, added: 2, bad: [], duplicates: 0, dryRun: false })
    const shown = await showSubscriber(t.db, 'ada@a.test')
    expect(shown).toMatchObject({
      subscriber: { address: 'Ada@a.test', attributes: { first_name: 'Ada' } },
      subscriptions: [{ newsletter: newsletter.slug, state: 'active' }],
      events: [{ kind: 'imported', source: 'file import', wording: consent, at: now }],
    })
    expect(shown?.subscriptions[0]?.joinedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000)
  })

  it('imports the good nine tenths of a file, and names each bad line', async () => {
    const lines = Array.from({ length: 5_000 }, (_, n) => {
      const rubbish = [
        'no address',
        '"open@r.test,x',
        `x@y@z-${n}`,
        '"a@b.test"c,d',
        ',,,',
        'ü@r.test,x',
      ]
      return n % 10 === 3 ? (rubbish[((n / 10) % 6) | 0] as string) : `good-${n}@r.test,Reader ${n}`
    })
    const report = await importCsv(`email,name\n${lines.join('\n')}\n`)
    expect(report).toMatchObject({ rows: 5_000, added: 4_500, duplicates: 0 })
    const badLines = lines.flatMap((_, n) => (n % 10 === 3 ? [n + 2] : []))
    expect(report.bad.map((row) => row.line)).toEqual(badLines)
    expect(report.bad.every((row) => row.what.length > 10)).toBe(true)
    expect(await stateOf('good-4999@r.test')).toBe('active')
  })

  it('counts what stands in the file twice, however it is written, and takes the first', async () => {
    const report = await importCsv(
      'email,name\ntwice@d.test,First\nTWICE@D.test,Second\n twice@d.test ,Third\n',
    )
    expect(report).toMatchObject({ rows: 3, added: 1, duplicates: 2 })
    const shown = await showSubscriber(t.db, 'twice@d.test')
    expect(shown?.subscriber.attributes).toEqual({ name: 'First' })
  })

  it('never brings back who has left or is suppressed, nor changes anything of theirs', async () => {
    await importCsv('email,name\nleft@n.test,Old\nbounced@n.test,Old\n')
    await leave('left@n.test')
    for (const address of ['bounced@n.test', 'unheard@n.test']) {
      await addSuppression(t.db, testSecrets, { address, note: 'x' })
    }
    const report = await importCsv(
      'email,name\nLeft@n.test,New\nbounced@n.test,New\nunheard@n.test,New\nnew@n.test,New\n',
    )
    expect(report).toMatchObject({ rows: 4, added: 1, active: 0, unsubscribed: 1, suppressed: 2 })
    expect(await stateOf('left@n.test')).toBe('unsubscribed')
    expect((await showSubscriber(t.db, 'left@n.test'))?.subscriber.attributes).toEqual({
      name: 'Old',
    })
    expect(await showSubscriber(t.db, 'unheard@n.test')).toBeNull()
  })

  it('run again changes no state and adds no history; attributes are brought up to date', async () => {
    await importCsv('email,name,city\nagain@g.test,Old,Rome\n')
    const report = await importCsv('email,name\nagain@g.test,New\n')
    expect(report).toMatchObject({ added: 0, active: 1 })
    const shown = await showSubscriber(t.db, 'again@g.test')
    expect(shown?.subscriber.attributes).toEqual({ name: 'New', city: 'Rome' })
    expect(shown?.events).toHaveLength(1)
  })

  it('makes an unconfirmed one active, and its mailed link void', async () => {
    const origin = { networkAddress: null, wording: 'x' }
    const asking = { newsletter, address: 'waits@u.test', language: null, origin }
    await requestSubscription(t.db, testSecrets, asking, now)
    expect(await importCsv('email\nwaits@u.test\n')).toMatchObject({ added: 1 })
    expect(await stateOf('waits@u.test')).toBe('active')
    const row = await t.db
      .selectFrom('subscriptions')
      .select('confirm_id')
      .where('confirm_mailed_at', 'is not', null)
      .executeTakeFirstOrThrow()
    expect(row.confirm_id).toBeNull()
  })

  it('does not bring back who leaves while it runs', async () => {
    const origin = { networkAddress: null, wording: 'x' }
    const asking = { newsletter, address: 'race@u.test', language: null, origin }
    await requestSubscription(t.db, testSecrets, asking, now)
    const id = (await showSubscriber(t.db, 'race@u.test'))?.subscriber.id ?? ''
    const who = { newsletterId: newsletter.id, subscriberId: id, source: 'page' } as const
    let importing: Promise<unknown> = Promise.resolve()
    await t.db.transaction().execute(async (trx) => {
      await unsubscribe(trx, who, now)
      importing = importCsv('email\nrace@u.test\n')
      await eventually(async () => {
        const waiting = await sql`select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(t.db)
        expect(waiting.rows).toHaveLength(1)
      })
    })
    expect(await importing).toMatchObject({ added: 0, unsubscribed: 1 })
    expect(await stateOf('race@u.test')).toBe('unsubscribed')
  })

  it('tried dry says the same as it would do, and does nothing', async () => {
    const csv =
      'email,name\ndry-1@y.test,a\nleft@n.test,b\nbounced@n.test,c\nagain@g.test,d\nbad\ndry-1@y.test,e\n'
    const before = await digestOfTables(t.db)
    const dry = await importCsv(csv, true)
    expect(await digestOfTables(t.db)).toEqual(before)
    const wet = await importCsv(csv)
    expect({ ...dry, dryRun: false }).toEqual(wet)
    expect(wet).toMatchObject({
      rows: 6,
      added: 1,
      active: 1,
      unsubscribed: 1,
      suppressed: 1,
      duplicates: 1,
    })
  })

  it('adds up', async () => {
    const { rows, added, active, paused, unsubscribed, suppressed, duplicates, bad } =
      await importCsv('email\nsum-1@s.test\nsum-1@s.test\nleft@n.test\n???\n')
    expect(added + active + paused + unsubscribed + suppressed + duplicates + bad.length).toBe(rows)
  })

  it('is refused without a consent, and for a file without addresses; nothing is done then', async () => {
    const csv = 'email\nnobody@c.test\n'
    const input = { newsletter, csv, consent: ' ' }
    await expect(importSubscribers(t.db, testSecrets, input, now)).rejects.toThrow(/agreed/)
    await expect(importCsv('name\nAda\n')).rejects.toMatchObject({ code: 'bad-input' })
    expect(await showSubscriber(t.db, 'nobody@c.test')).toBeNull()
  })

  it('of the same addresses from two sides at once makes each once', async () => {
    const csv = `email\n${Array.from({ length: 3_000 }, (_, n) => `both-${n}@p.test`).join('\n')}`
    const backwards = csv.split('\n').slice(1).reverse().join('\n')
    const [one, two] = await Promise.all([importCsv(csv), importCsv(`email\n${backwards}`)])
    expect(one.added + two.added).toBe(3_000)
    expect([one.added + one.active, two.added + two.active]).toEqual([3_000, 3_000])
    const { count } = await t.db
      .selectFrom('subscription_events as e')
      .innerJoin('subscribers as s', 's.id', 'e.subscriber_id')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where('s.address', 'like', 'both-%')
      .executeTakeFirstOrThrow()
    expect(Number(count)).toBe(3_000)
  })
})

describe('adding one subscriber', () => {
  it('says what became of it, and revives nobody', async () => {
    const add = (address: string) =>
      addSubscriber(t.db, testSecrets, { newsletter, address, consent, attributes: { a: 1 } }, now)
    expect(await add('hand@h.test')).toBe('added')
    expect(await add('HAND@h.test')).toBe('active')
    await leave('hand@h.test')
    expect(await add('hand@h.test')).toBe('unsubscribed')
    expect(await add('bounced@n.test')).toBe('suppressed')
    await expect(add('nonsense')).rejects.toMatchObject({ code: 'bad-input', place: 'address' })
    const events = (await showSubscriber(t.db, 'hand@h.test'))?.events.map((event) => event.kind)
    expect(events).toEqual(['added', 'unsubscribed'])
  })
})

describe('suppressions', () => {
  const address = 'gone@sup.test'
  const hash = testSecrets.addressHash(address)
  const rowsOf = () =>
    t.db
      .selectFrom('suppressions')
      .selectAll()
      .where('address_hash', '=', hash)
      .orderBy('id')
      .execute()

  it('stand once, whatever comes on top', async () => {
    const put = () =>
      t.db
        .transaction()
        .execute((trx) => suppress(trx, { addressHash: hash, address, reason: 'hard-bounce' }))
    expect((await Promise.all([put(), put(), put()])).sort()).toEqual([
      'already',
      'already',
      'suppressed',
    ])
    expect(await isSuppressed(t.db, hash)).toBe(true)
  })

  it('are lifted by an action that leaves its trace', async () => {
    const lift = () =>
      liftSuppression(t.db, testSecrets, { address: 'Gone@SUP.test', note: 'mended' }, now)
    expect([await lift(), await lift()]).toEqual(['lifted', 'none'])
    expect(await isSuppressed(t.db, hash)).toBe(false)
    expect(await rowsOf()).toMatchObject([
      { reason: 'hard-bounce', lifted_at: now, lifted_note: 'mended' },
    ])
    expect(await addSuppression(t.db, testSecrets, { address, note: 'by hand' })).toBe('suppressed')
    const standing = await listSuppressions(t.db)
    expect(standing.filter((row) => row.address === address)).toMatchObject([{ note: 'by hand' }])
    const all = await listSuppressions(t.db, { lifted: true })
    expect(all.filter((row) => row.address === address)).toHaveLength(2)
    const [row] = standing
    expect(await liftSuppression(t.db, testSecrets, { id: row?.id ?? '', note: '' })).toBe('lifted')
  })

  it('that have run out stand no more, and make room', async () => {
    const put = (expiresAt: Date | null) =>
      t.db
        .transaction()
        .execute((trx) =>
          suppress(trx, { addressHash: hash, address, reason: 'manual', expiresAt }),
        )
    expect(await put(new Date(Date.now() - 1_000))).toBe('suppressed')
    expect(await isSuppressed(t.db, hash)).toBe(false)
    expect(await put(new Date(Date.now() + 60_000))).toBe('suppressed')
    expect(await isSuppressed(t.db, hash)).toBe(true)
    // A lasting one takes the place of one that ends, not the other way round.
    expect(await put(null)).toBe('suppressed')
    expect(await put(new Date(Date.now() + 60_000))).toBe('already')
    const notes = (await rowsOf()).map((row) => row.lifted_note)
    expect(notes.slice(-3)).toEqual(['expired', 'replaced', null])
  })

  it('that cannot be asked for are an error, never a no', async () => {
    const lost = connect('postgresql://x:y@127.0.0.1:1/none')
    await expect(isSuppressed(lost, hash)).rejects.toThrow()
    await lost.destroy()
  })
})
