import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import {
  forceState,
  ledgerOfCampaign,
  settle,
  someCampaign,
  someNewsletter,
  someReaders,
} from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

async function prepareAll(id: string, size?: number): Promise<void> {
  while ((await prepareSlice(db, id, size === undefined ? {} : { size })) === 'more');
}

async function rowOf(id: string, subscriberId: string | undefined) {
  return db
    .selectFrom('deliveries')
    .select(['state', 'reason'])
    .where('campaign_id', '=', id)
    .where('subscriber_id', '=', subscriberId as string)
    .executeTakeFirst()
}

async function suppress(subscriberId: string | undefined, expires: string | null = null) {
  const { address_hash } = await db
    .selectFrom('subscribers')
    .select('address_hash')
    .where('id', '=', subscriberId as string)
    .executeTakeFirstOrThrow()
  await db
    .insertInto('suppressions')
    .values({ address_hash, reason: 'manual', expires_at: expires })
    .execute()
}

describe('prepare', () => {
  test('makes one row for each active subscriber, due at the campaign’s instant', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 25)
    const id = await someCampaign(db, newsletter)
    await prepareAll(id)
    const rows = await sql<{ subscriber_id: string; on_time: boolean; hash: boolean }>`
      select d.subscriber_id, d.due_at = c.starts_at as on_time, d.address_hash = r.address_hash as hash
      from deliveries d join campaigns c on c.id = d.campaign_id join subscribers r on r.id = d.subscriber_id
      where d.campaign_id = ${id}`.execute(db)
    expect(new Set(rows.rows.map((row) => row.subscriber_id))).toEqual(new Set(readers))
    expect(rows.rows.every((row) => row.on_time && row.hash)).toBe(true)
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 25, queued: 25 })
  })

  test('lets sending begin after its first slice, and says until the last that it is counting', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 25)
    const id = await someCampaign(db, newsletter)
    expect(await prepareSlice(db, id, { size: 10 })).toBe('more')
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 10, queued: 10 })
    expect(await campaignStatus(db, id)).toMatchObject({ chosenIsFinal: false, adds_up: true })
    expect(await prepareSlice(db, id, { size: 10 })).toBe('more')
    expect(await prepareSlice(db, id, { size: 10 })).toBe('done')
    expect(await campaignStatus(db, id)).toMatchObject({ chosenIsFinal: true, adds_up: true })
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 25, queued: 25 })
  })

  test('ends with an empty slice where the audience is a whole number of slices', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 20)
    const id = await someCampaign(db, newsletter)
    await prepareAll(id, 10)
    expect(await campaignStatus(db, id)).toMatchObject({
      chosenIsFinal: true,
      ledger: { chosen: 20 },
    })
  })

  test('is done at once where nobody is subscribed', async () => {
    const newsletter = await someNewsletter(db)
    const id = await someCampaign(db, newsletter)
    expect(await prepareSlice(db, id)).toBe('done')
    expect(await campaignStatus(db, id)).toMatchObject({
      chosenIsFinal: true,
      ledger: { chosen: 0 },
    })
  })

  test('adds nothing twice when it is run again from the start', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 25)
    const id = await someCampaign(db, newsletter)
    await prepareAll(id, 10)
    await db
      .updateTable('campaigns')
      .set({ prepared_at: null, prepared_through: null })
      .where('id', '=', id)
      .execute()
    await prepareAll(id, 10)
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 25, queued: 25 })
  })

  test('adds nothing twice when four do it at once, and the ledger adds up at every moment', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 2000)
    const id = await someCampaign(db, newsletter)
    const others = Array.from({ length: 4 }, () => connect(t.url, { max: 1 }))
    let done = false
    const preparing = Promise.all(
      others.map(async (other) => {
        while ((await prepareSlice(other, id, { size: 50 })) === 'more');
      }),
    ).finally(() => {
      done = true
    })
    const seen = new Set<number>()
    while (!done) {
      const status = await campaignStatus(db, id)
      expect(status).toMatchObject({ adds_up: true })
      seen.add(status.ledger.chosen)
    }
    await preparing
    await Promise.all(others.map((other) => other.destroy()))
    expect(seen.size).toBeGreaterThan(3)
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 2000, queued: 2000 })
  })

  test('keeps neither rows nor count of a slice whose transaction fails', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 25)
    const id = await someCampaign(db, newsletter)
    await prepareSlice(db, id, { size: 10 })
    await sql`alter table campaigns add constraint broken check (chosen <= 10 or id <> ${sql.lit(Number(id))})`.execute(
      db,
    )
    await expect(prepareSlice(db, id, { size: 10 })).rejects.toThrow(/broken/)
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 10, queued: 10 })
    await sql`alter table campaigns drop constraint broken`.execute(db)
    await prepareAll(id, 10)
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 25, queued: 25 })
  })

  test('takes who joined in the very instant before the campaign’s, and nobody who joined later', async () => {
    const newsletter = await someNewsletter(db)
    const [before, after] = await someReaders(db, newsletter, 2)
    const id = await someCampaign(db, newsletter)
    for (const [reader, offset] of [
      [before, '-1'],
      [after, '1'],
    ]) {
      await sql`update subscriptions set joined_at = (select starts_at from campaigns where id = ${id})
        + ${offset}::int * interval '1 microsecond' where subscriber_id = ${reader}`.execute(db)
    }
    await prepareAll(id)
    expect(await rowOf(id, before)).toEqual({ state: 'queued', reason: null })
    expect(await rowOf(id, after)).toBeUndefined()
  })

  test('takes no one who is unconfirmed, paused, gone, or of another newsletter', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 4)
    await someReaders(db, await someNewsletter(db), 1)
    for (const [index, state] of (['unconfirmed', 'paused', 'unsubscribed'] as const).entries()) {
      await db
        .updateTable('subscriptions')
        .set({ state })
        .where('subscriber_id', '=', readers[index] as string)
        .execute()
    }
    const id = await someCampaign(db, newsletter)
    await prepareAll(id)
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 1, queued: 1 })
  })

  test('skips who is suppressed, with the reason; a lifted or expired suppression skips nobody', async () => {
    const newsletter = await someNewsletter(db)
    const [standing, lifted, expired, passing] = await someReaders(db, newsletter, 4)
    await suppress(standing)
    await suppress(lifted)
    await suppress(expired, '2026-01-01')
    await suppress(passing, '2999-01-01')
    await sql`update suppressions set lifted_at = now() where address_hash =
      (select address_hash from subscribers where id = ${lifted})`.execute(db)
    const id = await someCampaign(db, newsletter)
    await prepareAll(id)
    expect(await rowOf(id, standing)).toEqual({ state: 'skipped', reason: 'suppressed' })
    expect(await rowOf(id, passing)).toEqual({ state: 'skipped', reason: 'suppressed' })
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 4, queued: 2, skipped: 2 })
  })

  test('skips who has the issue, and mails who lacks it', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 8)
    const first = await someCampaign(db, newsletter)
    await prepareAll(first)
    const outcomes = [
      'accepted',
      'uncertain',
      'rejected',
      'failed',
      'skipped',
      'cancelled',
    ] as const
    for (const [index, state] of outcomes.entries()) {
      await settle(db, first, state, [readers[index] as string])
    }
    await settle(db, first, 'accepted', readers.slice(6))
    await forceState(db, first, 'finished')
    const second = await someCampaign(db, newsletter, { markdown: '# First, mended\n' })
    await prepareAll(second, 3)
    expect(await ledgerOfCampaign(db, second)).toEqual({ chosen: 8, queued: 4, skipped: 4 })
    expect(await rowOf(second, readers[0])).toEqual({ state: 'skipped', reason: 'already-sent' })
    expect(await rowOf(second, readers[1])).toEqual({ state: 'skipped', reason: 'already-sent' })
    expect(await rowOf(second, readers[2])).toEqual({ state: 'queued', reason: null })
    const other = await someCampaign(db, newsletter, { slug: 'second' })
    await prepareAll(other)
    expect(await ledgerOfCampaign(db, other)).toEqual({ chosen: 8, queued: 8 })
  })

  test('mails nobody at a second send that all have; `again` mails them all', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 5)
    const first = await someCampaign(db, newsletter)
    await prepareAll(first)
    await settle(db, first, 'accepted')
    await forceState(db, first, 'finished')
    const second = await someCampaign(db, newsletter)
    await prepareAll(second)
    expect(await ledgerOfCampaign(db, second)).toEqual({ chosen: 5, skipped: 5 })
    expect(await campaignStatus(db, second)).toMatchObject({ skipped: { 'already-sent': 5 } })
    await forceState(db, second, 'finished')
    const third = await someCampaign(db, newsletter, { again: true })
    await prepareAll(third)
    expect(await ledgerOfCampaign(db, third)).toEqual({ chosen: 5, queued: 5 })
  })

  test('makes no rows before the campaign’s time and none once it is cancelled', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 5)
    const id = await someCampaign(db, newsletter, { startsAt: new Date(Date.now() + 3_600_000) })
    expect(await prepareSlice(db, id)).toBe('done')
    await forceState(db, id, 'cancelled')
    expect(await prepareSlice(db, id)).toBe('done')
    expect(await ledgerOfCampaign(db, id)).toEqual({})
    const { rows } = await sql`select to_regclass(${`deliveries_${id}`}) as name`.execute(db)
    expect(rows).toEqual([{ name: null }])
  })

  test('a campaign’s rows are in a partition of their own, whose statistics know of them', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 500)
    const id = await someCampaign(db, newsletter)
    await prepareAll(id)
    const { rows } = await sql<{ known: number }>`
      select reltuples::int as known from pg_class where oid = to_regclass(${`deliveries_${id}`})`.execute(
      db,
    )
    expect(rows).toEqual([{ known: 500 }])
  })
})

describe('the size of a row', () => {
  test('is at most 300 bytes with its indexes when prepared, and 600 after the send', async () => {
    const newsletter = await someNewsletter(db)
    const count = Number(process.env.POSTRIDER_TEST_ROWS ?? 10_000)
    await someReaders(db, newsletter, count)
    const id = await someCampaign(db, newsletter)
    await prepareAll(id)
    const prepared = await bytesPerRow(id, count)
    // The road of each window of 100: claimed, then recorded with its reply.
    for (let claim = 1; claim <= count / 100; claim++) {
      await sql`update deliveries set state = 'sending', claim_id = ${claim}, attempts = attempts + 1, first_at = now()
        where campaign_id = ${id} and subscriber_id in (select subscriber_id from deliveries
          where campaign_id = ${id} and state in ('queued', 'deferred') and due_at <= now()
          order by due_at, subscriber_id limit 100 for update skip locked)`.execute(db)
      await sql`update deliveries set state = 'accepted', reply_id = 1, due_at = now()
        where campaign_id = ${id} and claim_id = ${claim} and state = 'sending'`.execute(db)
    }
    const sent = await bytesPerRow(id, count)
    if (process.env.POSTRIDER_TEST_ROWS) process.stdout.write(`bytes ${prepared} ${sent}\n`)
    expect(prepared).toBeLessThanOrEqual(300)
    expect(sent).toBeLessThanOrEqual(600)
  })

  async function bytesPerRow(id: string, count: number): Promise<number> {
    const { rows } = await sql<{ bytes: number }>`
      select pg_total_relation_size(${`deliveries_${id}`}::regclass)::int as bytes`.execute(db)
    return (rows[0]?.bytes ?? Number.NaN) / count
  }
})
