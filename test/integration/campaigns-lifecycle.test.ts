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
import { campaignStatus, listCampaigns, reconcileCampaign } from '../../src/campaigns/status.ts'
import { editNewsletter, type Newsletter } from '../../src/newsletters/newsletter.ts'
import {
  forceState,
  ledgerOfCampaign,
  settle,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
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

type Prepared = { newsletter: Newsletter; readers: Id[]; id: Id }

async function prepared(count = 4): Promise<Prepared> {
  const newsletter = await someNewsletter(db)
  const readers = await someReaders(db, newsletter, count)
  const id = await someCampaign(db, newsletter)
  await prepareSlice(db, id)
  return { newsletter, readers, id }
}

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
    const { id, readers } = await prepared()
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
    const { id } = await prepared()
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
    const { id } = await prepared()
    await pauseCampaign(db, id)
    expect(await campaignStatus(db, id)).toMatchObject({
      state: 'paused',
      reason: 'paused by hand',
    })
    await resumeCampaign(db, id)
    expect(await campaignStatus(db, id)).toMatchObject({ state: 'sending', reason: null })
  })

  test('of two workers that pause it one does, and its reason stands', async () => {
    const { id } = await prepared()
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
    const { id, newsletter } = await prepared()
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
    const { id, readers } = await prepared(3)
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
    const { id, readers, newsletter } = await prepared(3)
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
    const { id, newsletter } = await prepared(1)
    await settle(db, id, 'accepted')
    expect(await finishCampaigns(db, teller)).toContain(id)
    expect(await noticesOf(newsletter)).toEqual([])
  })

  test('not while it is paused: who paused it sees why until somebody resumes it', async () => {
    const { id } = await prepared()
    await settle(db, id, 'failed')
    await pauseCampaign(db, id, 'three could not be filled')
    expect(await finishCampaigns(db, teller)).not.toContain(id)
    await resumeCampaign(db, id)
    expect(await finishCampaigns(db, teller)).toContain(id)
  })

  test('not over a resend that opens rows while the sweep waits for it', async () => {
    const { id } = await prepared()
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
    const { id, readers, newsletter } = await prepared(6)
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

  test('that never began has no rows and has ended', async () => {
    const newsletter = await someNewsletter(db)
    const id = await someCampaign(db, newsletter, { startsAt: new Date(Date.now() + hour) })
    await cancelCampaign(db, id)
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'cancelled', endedAt: expect.any(Date), ledger: { chosen: 0 }, adds_up: true },
    })
  })
})

describe('a resend', () => {
  test('sends the rows of the outcomes asked for again, from the start of their road', async () => {
    const { id, readers } = await prepared(5)
    const outcomes = ['rejected', 'failed', 'uncertain', 'accepted', 'skipped'] as const
    for (const [index, state] of outcomes.entries()) {
      await settle(db, id, state, readers.slice(index, index + 1))
    }
    await sql`update deliveries set attempts = 9, deferred_seconds = 170000, reason = 'too old', claim_id = 5, reply_id = 6
      where campaign_id = ${id}`.execute(db)
    await sql`insert into rejection_row (transport_id, campaign_id, subscriber_id, reply_id)
      values (1, ${id}, ${readers[0]}, 6), (1, ${id}, ${readers[2]}, 6)`.execute(db)
    await finishCampaigns(db, teller)
    expect(await campaignState(db, id)).toBe('finished')
    expect(await resendCampaign(db, id, ['rejected', 'failed'])).toEqual({ queued: 2, held: 0 })
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'sending', endedAt: null, adds_up: true },
      ledger: { chosen: 5, queued: 2, uncertain: 1, accepted: 1, skipped: 1 },
    })
    const row = await db
      .selectFrom('deliveries')
      .selectAll()
      .where('campaign_id', '=', id)
      .where('subscriber_id', '=', readers[1] as Id)
      .executeTakeFirst()
    expect(row).toMatchObject({
      ...{ state: 'queued', attempts: 0, deferred_seconds: 0, reason: null, claim_id: null },
      reply_id: null,
    })
    const rejections = await db
      .selectFrom('rejection_row')
      .select('subscriber_id')
      .where('campaign_id', '=', id)
      .execute()
    expect(rejections).toEqual([{ subscriber_id: readers[2] }])
    await settle(db, id, 'accepted')
    expect(await finishCampaigns(db, teller)).toContain(id)
  })

  test('is refused while another campaign of the issue is open, and leaves all as it was', async () => {
    const { id, newsletter } = await prepared()
    await settle(db, id, 'rejected')
    await finishCampaigns(db, teller)
    const open = await someCampaign(db, newsletter)
    await expect(resendCampaign(db, id, ['rejected'])).rejects.toMatchObject({
      code: 'refused',
      message: `campaign ${open} of this issue is sending: let it finish, or cancel it`,
    })
    expect(await campaignStatus(db, id)).toMatchObject({
      state: 'finished',
      ledger: { rejected: 4 },
    })
  })

  test('mails nobody who has the issue from a later campaign', async () => {
    const { id, newsletter, readers } = await prepared(3)
    await settle(db, id, 'rejected')
    await finishCampaigns(db, teller)
    const later = await someCampaign(db, newsletter)
    await prepareSlice(db, later)
    await settle(db, later, 'accepted', readers.slice(0, 1))
    await settle(db, later, 'uncertain', readers.slice(1, 2))
    await settle(db, later, 'rejected', readers.slice(2))
    await finishCampaigns(db, teller)
    expect(await resendCampaign(db, id, ['rejected'])).toEqual({ queued: 1, held: 2 })
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 3, queued: 1, rejected: 2 })
    await settle(db, id, 'accepted')
    await finishCampaigns(db, teller)
    await expect(resendCampaign(db, id, ['rejected'])).rejects.toMatchObject({
      code: 'refused',
      message: `campaign ${id} has no row to send again: the 2 that are have the issue by now`,
    })
    expect(await campaignState(db, id)).toBe('finished')
  })

  test('of nothing, or of outcomes that are none to send again, is refused', async () => {
    const { id } = await prepared()
    await settle(db, id, 'accepted')
    await finishCampaigns(db, teller)
    await expect(resendCampaign(db, id, ['failed'])).rejects.toMatchObject({ code: 'refused' })
    expect(await campaignState(db, id)).toBe('finished')
    for (const only of [[], ['accepted']]) {
      await expect(resendCampaign(db, id, only as [])).rejects.toMatchObject({ code: 'bad-input' })
    }
  })
})

describe('status', () => {
  test('counts the ledger from the rows and splits the skipped by reason', async () => {
    const { id, readers } = await prepared(9)
    const states = ['queued', 'sending', 'deferred', 'accepted', 'rejected', 'failed'] as const
    for (const [index, state] of states.entries()) {
      await settle(db, id, state, readers.slice(index, index + 1))
    }
    await settle(db, id, 'skipped', readers.slice(6))
    await sql`update deliveries set reason = case when subscriber_id = ${readers[6]} then 'suppressed' else 'unsubscribed' end
      where campaign_id = ${id} and state = 'skipped'`.execute(db)
    expect(await campaignStatus(db, id)).toMatchObject({
      ledger: {
        ...{ chosen: 9, queued: 1, sending: 1, deferred: 1, accepted: 1, rejected: 1, failed: 1 },
        ...{ skipped: 3, uncertain: 0, cancelled: 0 },
      },
      skipped: { suppressed: 1, unsubscribed: 2 },
      acceptedPerSecond: 0.1,
      adds_up: true,
    })
  })

  test('says why nothing moves while the transport rests', async () => {
    const newsletter = await someNewsletter(db)
    const transportId = await someTransport(db)
    const id = await someCampaign(db, newsletter, { transportId })
    expect(await campaignStatus(db, id)).toMatchObject({ waiting: null, waitsUntil: null })
    await sql`update transports set rests_until = now() + interval '1 minute', rest_reason = 'unreachable'
      where id = ${transportId}`.execute(db)
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ waiting: 'unreachable', waitsUntil: expect.any(Date) },
    })
    await sql`update transports set rests_until = 'infinity' where id = ${transportId}`.execute(db)
    expect(await campaignStatus(db, id)).toMatchObject({ waiting: 'unreachable', waitsUntil: null })
    await sql`update transports set rests_until = now() - interval '1 s' where id = ${transportId}`.execute(
      db,
    )
    expect(await campaignStatus(db, id)).toMatchObject({ waiting: null })
  })

  test('lists the newest campaigns first, of one newsletter or of all', async () => {
    const { newsletter, id } = await prepared()
    const second = await someCampaign(db, newsletter, { slug: 'second' })
    const lines = await listCampaigns(db, { newsletter: newsletter.slug })
    expect(lines.map((line) => line.id)).toEqual([second, id])
    expect(lines[1]).toMatchObject({ issue: 'first', title: 'First', chosen: '4' })
    expect((await listCampaigns(db, { limit: 1 })).map((line) => line.id)).toEqual([second])
    expect(await listCampaigns(db, { newsletter: 'none' })).toEqual([])
  })
})

describe('reconcile', () => {
  test('says that the ledger adds up', async () => {
    const { id } = await prepared()
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: true, rows: 4, difference: 0 })
  })

  test('catches a count that was tampered with, and a row that was deleted or added', async () => {
    const { id, readers } = await prepared()
    const other = await prepared(1)
    await sql`update campaigns set chosen = chosen + 1 where id = ${id}`.execute(db)
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: false, difference: -1 })
    await sql`update campaigns set chosen = chosen - 1 where id = ${id}`.execute(db)
    await sql`delete from deliveries where campaign_id = ${id} and subscriber_id = ${readers[0]}`.execute(
      db,
    )
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: false, difference: -1 })
    await sql`insert into deliveries select ${id}, r.id, null, null, now(), null, 0, 0, address_hash, 'queued', null
      from subscribers r where r.id in (${readers[0]}, ${other.readers[0]})`.execute(db)
    expect(await reconcileCampaign(db, id)).toMatchObject({ adds_up: false, difference: 1 })
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
