import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import type { CampaignState, Id } from '../../db/types.ts'
import {
  campaignState,
  cancelCampaign,
  finishCampaigns,
  pauseCampaign,
  pauseSending,
  resendCampaign,
  resumeCampaign,
  startDueCampaigns,
} from '../../src/campaigns/lifecycle.ts'
import { campaignsToPrepare, prepareSlice } from '../../src/campaigns/prepare.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { editNewsletter, type Newsletter } from '../../src/newsletters/newsletter.ts'
import {
  forceState,
  ledgerOfCampaign,
  preparedCampaign,
  settle,
  someCampaign,
  someNewsletter,
  someReaders,
  teller,
} from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

const hour = 3_600_000

describe('moves', () => {
  const STATES: CampaignState[] = ['scheduled', 'sending', 'paused', 'finished', 'cancelled']
  const ACTS = {
    pause: (id: Id) => pauseCampaign(db, id),
    resume: (id: Id) => resumeCampaign(db, id),
    cancel: (id: Id) => cancelCampaign(db, id),
    resend: (id: Id) => resendCampaign(db, id, ['rejected']),
  }
  const ALLOWED: Record<keyof typeof ACTS, Partial<Record<CampaignState, CampaignState>>> = {
    pause: { sending: 'paused' },
    resume: { paused: 'sending' },
    cancel: { scheduled: 'cancelled', sending: 'cancelled', paused: 'cancelled' },
    resend: { sending: 'sending', finished: 'sending' },
  }
  const every = Object.keys(ACTS).flatMap((act) =>
    STATES.map((from) => [act as keyof typeof ACTS, from] as const),
  )

  test.each(every)('%s of a campaign that is %s', async (act, from) => {
    const { id, readers } = await preparedCampaign(db)
    await settle(db, id, 'rejected', readers.slice(0, 2))
    await forceState(db, id, from)
    const to = ALLOWED[act][from]
    const before = await ledgerOfCampaign(db, id)
    if (to === undefined) {
      await expect(ACTS[act](id)).rejects.toMatchObject({
        code: 'wrong-state',
        message: expect.stringMatching(
          new RegExp(`^campaign ${id} is ${from}: only one that is .* can be [a-z ]+(; .*)?$`),
        ),
      })
      expect(await ledgerOfCampaign(db, id)).toEqual(before)
    } else {
      await ACTS[act](id)
    }
    expect(await campaignState(db, id)).toBe(to ?? from)
  })

  test('say what helps instead', async () => {
    const { id } = await preparedCampaign(db)
    await pauseCampaign(db, id)
    await expect(resendCampaign(db, id, ['failed'])).rejects.toThrow(
      `campaign ${id} is paused: only one that is sending or finished can be sent again; resume it first`,
    )
  })

  test.each(Object.keys(ACTS) as (keyof typeof ACTS)[])(
    '%s of a campaign that is not there is one clear line',
    async (act) => {
      for (const id of ['999999', 'weekly', '-1', '99999999999999999999']) {
        await expect(ACTS[act](id)).rejects.toMatchObject({
          code: 'not-found',
          message: `there is no campaign ${id}: postrider status lists them`,
        })
      }
    },
  )

  test('pause keeps the reason, resume forgets it', async () => {
    const { id } = await preparedCampaign(db)
    await pauseCampaign(db, id)
    expect(await campaignStatus(db, id)).toMatchObject({
      state: 'paused',
      reason: 'paused by hand',
    })
    await resumeCampaign(db, id)
    expect(await campaignStatus(db, id)).toMatchObject({ state: 'sending', reason: null })
  })

  test('of two workers that pause it one does, and its reason stands', async () => {
    const { id } = await preparedCampaign(db)
    const paused = await Promise.all(
      ['refused: 535', 'refused: 550'].map((reason) =>
        db
          .transaction()
          .execute((trx) => pauseSending(trx, id, reason, { tell: null, rejectionsStand: true })),
      ),
    )
    expect([...paused].sort()).toEqual([false, true])
    const reason = paused[0] ? 'refused: 535' : 'refused: 550'
    expect(await campaignStatus(db, id)).toMatchObject({ state: 'paused', reason })
    const row = await db
      .selectFrom('campaigns')
      .select('rejections_stand')
      .where('id', '=', id)
      .executeTakeFirst()
    expect(row).toEqual({ rejections_stand: true })
  })
})

describe('a worker’s pause', () => {
  test('tells the notify address why, in the newsletter’s language, where mail can get out', async () => {
    const { id, newsletter } = await preparedCampaign(db)
    await editNewsletter(db, newsletter.slug, {
      ...{ notifyAddress: 'chief@weekly.example', language: 'zh-CN' },
    })
    const pause = (tell: typeof teller | null) =>
      db.transaction().execute((trx) => pauseSending(trx, id, '20 could not be filled', { tell }))
    expect(await pause(teller)).toBe(true)
    expect(await pause(teller)).toBe(false)
    expect(await noticesOf(newsletter)).toMatchObject([
      {
        payload: {
          subject: '已暂停：First',
          lines: [expect.stringContaining('20 could not be filled'), expect.anything()],
        },
      },
    ])
    await resumeCampaign(db, id)
    expect(await pause(null)).toBe(true)
    expect(await noticesOf(newsletter)).toHaveLength(1)
  })
})

describe('a scheduled campaign', () => {
  test('begins when its time has come, and not before', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 1)
    const id = await someCampaign(db, newsletter, { startsAt: new Date(Date.now() + hour) })
    expect(await startDueCampaigns(db)).not.toContain(id)
    expect(await campaignState(db, id)).toBe('scheduled')
    await sql`update campaigns set starts_at = now() - interval '1 s' where id = ${id}`.execute(db)
    expect(await startDueCampaigns(db)).toContain(id)
    expect(await startDueCampaigns(db)).not.toContain(id)
    expect(await campaignStatus(db, id)).toMatchObject({
      state: 'sending',
      startedAt: expect.any(Date),
    })
    expect(await campaignsToPrepare(db)).toContain(id)
    await prepareSlice(db, id)
    expect(await campaignsToPrepare(db)).not.toContain(id)
  })
})

describe('a campaign finishes', () => {
  test('when it is prepared to the end and no row is open', async () => {
    const { id, readers } = await preparedCampaign(db, 3)
    for (const open of ['queued', 'deferred', 'sending'] as const) {
      await settle(db, id, 'accepted', readers.slice(1))
      await settle(db, id, open, readers.slice(0, 1))
      expect(await finishCampaigns(db, teller)).not.toContain(id)
    }
    await settle(db, id, 'uncertain', readers.slice(0, 1))
    await sql`update campaigns set prepared_at = null where id = ${id}`.execute(db)
    expect(await finishCampaigns(db, teller)).not.toContain(id)
    await sql`update campaigns set prepared_at = now() where id = ${id}`.execute(db)
    expect(await finishCampaigns(db, teller)).toContain(id)
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'finished', reason: null, endedAt: expect.any(Date), adds_up: true },
    })
  })

  test('and tells the notify address once, whoever looks, and again when a resend has ended', async () => {
    const { id, readers, newsletter } = await preparedCampaign(db, 3)
    await editNewsletter(db, newsletter.slug, { notifyAddress: 'Chief@weekly.example' })
    await settle(db, id, 'rejected', readers.slice(0, 1))
    await settle(db, id, 'accepted')
    const finished = await Promise.all(Array.from({ length: 4 }, () => finishCampaigns(db, teller)))
    expect(finished.flat().filter((one) => one === id)).toEqual([id])
    const notices = () => noticesOf(newsletter)
    expect(await notices()).toEqual([
      {
        kind: 'notice',
        state: 'queued',
        address: 'Chief@weekly.example',
        address_hash: teller.addressHash('chief@weekly.example'),
        payload: {
          language: 'en',
          subject: 'Finished: First',
          lines: [`Campaign ${id} has finished.`, '3 chosen = 2 accepted + 1 rejected'],
        },
      },
    ])
    await resendCampaign(db, id, ['rejected'])
    await settle(db, id, 'accepted')
    await finishCampaigns(db, teller)
    expect(await notices()).toHaveLength(2)
  })

  test('and tells nobody where no notify address is set', async () => {
    const { id, newsletter } = await preparedCampaign(db, 1)
    await settle(db, id, 'accepted')
    expect(await finishCampaigns(db, teller)).toContain(id)
    expect(await noticesOf(newsletter)).toEqual([])
  })

  test('not while it is paused: who paused it sees why until somebody resumes it', async () => {
    const { id } = await preparedCampaign(db)
    await settle(db, id, 'failed')
    await pauseCampaign(db, id, 'three could not be filled')
    expect(await finishCampaigns(db, teller)).not.toContain(id)
    await resumeCampaign(db, id)
    expect(await finishCampaigns(db, teller)).toContain(id)
  })

  test('not over a resend that opens rows while the sweep waits for it', async () => {
    const { id } = await preparedCampaign(db)
    await settle(db, id, 'rejected')
    const other = connect(t.url, { max: 1 })
    let finishing: Promise<Id[]> | undefined
    await db.transaction().execute(async (trx) => {
      await sql`update campaigns set state = 'sending' where id = ${id}`.execute(trx)
      finishing = finishCampaigns(other, teller)
      await untilWaiting(1)
      await sql`update deliveries set state = 'queued' where campaign_id = ${id}`.execute(trx)
    })
    expect(await finishing).not.toContain(id)
    expect(await campaignState(db, id)).toBe('sending')
    await other.destroy()
  })
})

describe('a cancelled campaign', () => {
  test('cancels what waits, leaves the window to its worker, and adds up all the while', async () => {
    const { id, readers, newsletter } = await preparedCampaign(db, 6)
    await settle(db, id, 'accepted', readers.slice(0, 1))
    await settle(db, id, 'deferred', readers.slice(1, 2))
    await settle(db, id, 'sending', readers.slice(2, 4))
    expect(await cancelCampaign(db, id)).toEqual({ inFlight: 2 })
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'cancelled', adds_up: true, endedAt: null },
      ledger: { chosen: 6, accepted: 1, cancelled: 3, sending: 2, queued: 0, deferred: 0 },
    })
    // Nobody knows yet who has the issue: no other campaign of it until then.
    await expect(someCampaign(db, newsletter)).rejects.toThrow(
      `campaign ${id} of this issue is cancelled, but messages of it are still on their way: try again in a minute`,
    )
    await settle(db, id, 'accepted', readers.slice(2, 3))
    await settle(db, id, 'queued', readers.slice(3, 4))
    await finishCampaigns(db, teller)
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'cancelled', adds_up: true, endedAt: expect.any(Date) },
      ledger: { chosen: 6, accepted: 2, cancelled: 4, sending: 0, queued: 0 },
    })
    const next = await someCampaign(db, newsletter)
    await prepareSlice(db, next)
    expect(await ledgerOfCampaign(db, next)).toEqual({ chosen: 6, queued: 4, skipped: 2 })
  })

  test('gets no more rows, also when a slice is being made while it is cancelled', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 20)
    const id = await someCampaign(db, newsletter)
    await prepareSlice(db, id, { size: 10 })
    const last = readers.map(BigInt).reduce((a, b) => (a > b ? a : b))
    const other = connect(t.url, { max: 2 })
    let preparing: Promise<string> | undefined
    let cancelling: Promise<unknown> | undefined
    await db
      .transaction()
      .execute(async (trx) => {
        // Keeps the slice waiting in the middle: whether this row is there is not known until we end.
        await sql`insert into deliveries (campaign_id, subscriber_id, due_at, address_hash, state)
          values (${id}, ${String(last)}, now(), '', 'queued')`.execute(trx)
        preparing = prepareSlice(other, id)
        await untilWaiting(1)
        let cancelled = false
        cancelling = cancelCampaign(other, id).finally(() => {
          cancelled = true
        })
        await waitUntil(async () => cancelled || (await waiting()) > 1)
        throw new Error('let go')
      })
      .catch((error: Error) => expect(error.message).toBe('let go'))
    expect(await preparing).toBe('done')
    await cancelling
    await other.destroy()
    const status = await campaignStatus(db, id)
    expect(status).toMatchObject({ state: 'cancelled', adds_up: true, endedAt: expect.any(Date) })
    expect(status.ledger).toMatchObject({ chosen: 20, cancelled: 20 })
  })

  test('has not ended while a claim that began before the cancel still commits its rows', async () => {
    const { id, readers } = await preparedCampaign(db)
    const other = connect(t.url, { max: 1 })
    let cancelling: Promise<{ inFlight: number }> | undefined
    await db.transaction().execute(async (trx) => {
      await sql`update deliveries set state = 'sending', claim_id = 1
        where campaign_id = ${id} and subscriber_id = ${readers[0]}`.execute(trx)
      cancelling = cancelCampaign(other, id)
      await untilWaiting(1)
    })
    expect(await cancelling).toEqual({ inFlight: 1 })
    await other.destroy()
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'cancelled', endedAt: null, ledger: { sending: 1, cancelled: 3 }, adds_up: true },
    })
  })

  test('that never began has no rows and has ended', async () => {
    const newsletter = await someNewsletter(db)
    const id = await someCampaign(db, newsletter, { startsAt: new Date(Date.now() + hour) })
    await cancelCampaign(db, id)
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'cancelled', endedAt: expect.any(Date), ledger: { chosen: 0 }, adds_up: true },
    })
  })
})

async function noticesOf(newsletter: Newsletter) {
  return db
    .selectFrom('outbox')
    .select(['kind', 'state', 'address', 'address_hash', 'payload'])
    .where('newsletter_id', '=', newsletter.id)
    .execute()
}

/** Sessions that wait for a lock. */
async function waiting(): Promise<number> {
  const { rows } = await sql`select from pg_stat_activity where datname = current_database()
    and wait_event_type = 'Lock'`.execute(db)
  return rows.length
}

async function untilWaiting(count: number): Promise<void> {
  await waitUntil(async () => (await waiting()) >= count)
}

async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5))
}
