import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { upsertProviders } from '../../db/queries/providers.ts'
import type { Id } from '../../db/types.ts'
import { resendCampaign, resumeCampaign } from '../../src/campaigns/lifecycle.ts'
import { guardCampaigns, guardInstallation, holdToStop } from '../../src/feedback/guards.ts'
import { handleWaiting } from '../../src/feedback/handle.ts'
import { sweepFeedback } from '../../src/feedback/sweep.ts'
import { editNewsletter } from '../../src/newsletters/newsletter.ts'
import { forceState, someCampaign } from '../support/campaigns.ts'
import { sweepOnce } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { ago, DAY_MS, HOUR_MS, type Stage, stageFeedback } from '../support/feedback-stage.ts'

let database: TestDatabase
let stage: Stage
let campaignId: Id

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  // What others left behind must not count in the rates of the whole installation.
  await database.db.deleteFrom('feedback_events').execute()
  await database.db.deleteFrom('guard_trips').execute()
  await database.db
    .updateTable('deliveries')
    .set({ due_at: ago(30 * DAY_MS) })
    .execute()
  await database.db.deleteFrom('outbox').execute()
  stage = await stageFeedback(database, 400)
  await editNewsletter(database.db, stage.newsletter.slug, { notifyAddress: 'editor@far.test' })
  campaignId = await stage.mailed()
  await forceState(database.db, campaignId, 'sending')
})

type Report = Parameters<Stage['arrives']>[0]

/** The first `count` readers' deliveries of the campaign, reported so. */
async function reports(count: number, report: Report, from = 0): Promise<void> {
  const readers = stage.readers.slice(from, from + count)
  await Promise.all(readers.map((reader) => stage.event({ campaignId, reader, ...report })))
  while ((await handleWaiting(stage.deps, new Date())).more);
}

const campaign = () =>
  database.db
    .selectFrom('campaigns')
    .select(['state', 'reason'])
    .where('id', '=', campaignId)
    .executeTakeFirstOrThrow()
const notices = async () => {
  const rows = await database.db
    .selectFrom('outbox')
    .select('payload')
    .where('kind', '=', 'notice')
    .execute()
  return rows.map(({ payload }) => payload as { subject: string; lines: string[] })
}
const guards = async () => (await guardCampaigns(stage.deps)).map(({ guard }) => guard)

describe('a campaign', () => {
  it('goes on at 5 % of hard bounces, and pauses and tells above', async () => {
    await reports(20, { type: 'hard' })
    expect(await guards()).toEqual([])
    await reports(1, { type: 'hard' }, 20)
    expect(await guards()).toEqual(['hard-bounces'])
    expect(await campaign()).toEqual({
      ...{ state: 'paused', reason: '21 of 400 (5.3 %) are hard bounces, above 5 %' },
    })
    expect((await notices()).map(({ lines }) => lines[0])).toEqual([
      expect.stringContaining('21 of 400'),
    ])
  })

  it('is not judged before 200 were sent', async () => {
    await database.db
      .updateTable('deliveries')
      .set({ state: 'queued' })
      .where('campaign_id', '=', campaignId)
      .where(
        'subscriber_id',
        'in',
        stage.readers.slice(199).map(({ id }) => id),
      )
      .execute()
    await reports(100, { type: 'hard' })
    expect(await guards()).toEqual([])
  })

  it('pauses above 0.3 % complaints, as the newsletter wants it', async () => {
    await reports(1, { kind: 'complaint' })
    expect(await guards()).toEqual([])
    await reports(1, { kind: 'complaint' }, 1)
    expect(await guards()).toEqual(['complaints'])
    expect((await campaign()).state).toBe('paused')
    const strict = await stageFeedback(database, 200)
    await editNewsletter(database.db, strict.newsletter.slug, { pauseHardPercent: 0.5 })
    const id = await strict.mailed()
    for (const reader of strict.readers.slice(0, 2)) {
      await strict.arrives({ campaignId: id, reader, type: 'hard' })
    }
    expect(await guards()).toEqual(['hard-bounces'])
  })

  it('pauses for a domain that blocks much of what goes there, with its words', async () => {
    const words = '550 5.7.1 our content filter says no'
    await reports(80, { type: 'block', status: '5.7.1', diagnostic: words })
    const told = await guards()
    const domain = stage.readers[0]?.address.replace(/.*@/, '')
    expect(told).toEqual([`told:${domain}`])
    expect((await campaign()).state).toBe('sending')
    expect((await notices())[0]?.lines[0]).toContain(words)
    await reports(1, { type: 'block', status: '5.7.1', diagnostic: words }, 80)
    expect(await guards()).toEqual([`blocks:${domain}`])
    expect(await campaign()).toEqual({
      state: 'paused',
      reason: `${domain} blocks 81 of 400 (20.3 %) there: ${words}`,
    })
  })

  it('goes slower where a provider asks for that in a report after the mail was accepted, and not for a full mailbox', async () => {
    const { db } = database
    const id = (await upsertProviders(db, ['outlook'])).get('outlook') as number
    await db
      .updateTable('deliveries')
      .set({ provider_id: id })
      .where('campaign_id', '=', campaignId)
      .execute()
    const paces = () =>
      db
        .selectFrom('provider_pace')
        .select(['slow_rate', 'slow_reason'])
        .where('provider_id', '=', id)
        .where('slow_until', '>', new Date())
        .execute()
    await reports(3, { type: 'soft', status: '5.2.2', diagnostic: '552 5.2.2 mailbox full' })
    expect(await paces()).toEqual([])
    const words = '451 4.7.500 Server busy. Please try again later'
    await reports(2, { type: 'block', status: '4.7.500', diagnostic: words }, 10)
    expect(await paces()).toEqual([])
    await reports(1, { type: 'block', status: '4.7.500', diagnostic: words }, 12)
    expect(await paces()).toEqual([
      { slow_rate: 1 / 60, slow_reason: 'outlook asks for less (busy)' },
    ])
    expect((await campaign()).state).toBe('sending')
  })

  it('that was resumed is not paused by the same again, but by another', async () => {
    await reports(30, { type: 'hard' })
    expect(await guards()).toEqual(['hard-bounces'])
    await resumeCampaign(database.db, campaignId)
    await reports(30, { type: 'hard' }, 30)
    expect(await guards()).toEqual([])
    expect((await campaign()).state).toBe('sending')
    await reports(3, { kind: 'complaint' }, 60)
    expect(await guards()).toEqual(['complaints'])
    expect((await campaign()).state).toBe('paused')
  })

  it('that has finished is told about', async () => {
    await forceState(database.db, campaignId, 'finished')
    await reports(30, { type: 'hard' })
    expect(await guardCampaigns(stage.deps, [campaignId])).toEqual([
      { campaignId, guard: 'hard-bounces', paused: false },
    ])
    expect((await campaign()).state).toBe('finished')
    expect(await notices()).toHaveLength(1)
  })

  it('is told about once, though two look at once', async () => {
    await reports(30, { type: 'hard' })
    await Promise.all([guardCampaigns(stage.deps), guardCampaigns(stage.deps)])
    expect(await notices()).toHaveLength(1)
  })
})

describe('the whole installation', () => {
  const standing = async () =>
    (
      await database.db
        .selectFrom('guard_trips')
        .select('guard')
        .where('campaign_id', 'is', null)
        .where('ended_at', 'is', null)
        .orderBy('id')
        .execute()
    ).map(({ guard }) => guard)
  const look = () => guardInstallation(stage.deps, new Date())

  it('is warned above 4 % hard bounces over 7 days, of soft ones and blocks none, and told once', async () => {
    await reports(16, { type: 'hard' })
    await reports(30, { type: 'soft' }, 20)
    await reports(5, { type: 'block' }, 60)
    await look()
    expect(await standing()).toEqual([])
    await reports(1, { type: 'hard' }, 16)
    await look()
    await look()
    expect(await standing()).toEqual(['installation-warns'])
    expect((await campaign()).state).toBe('sending')
    expect((await notices()).map(({ subject }) => subject)).toEqual(['Much comes back'])
  })

  it('is stopped above 8 %: what sends is paused, what begins later too, and what is resumed goes on', async () => {
    const later = await stage.mailed(ago(10 * DAY_MS))
    await forceState(database.db, later, 'finished')
    await editNewsletter(database.db, stage.newsletter.slug, { pauseHardPercent: 10 })
    await reports(33, { type: 'hard' })
    await sweepFeedback(stage.deps, new Date())
    expect(await standing()).toEqual(['installation-warns', 'installation-stops'])
    expect(await campaign()).toMatchObject({
      state: 'paused',
      reason: expect.stringMatching(
        /^all sending is stopped: over 7 days 33 of 400 \(8\.3 %\) bounced/,
      ),
    })
    await forceState(database.db, later, 'sending')
    expect(await holdToStop(stage.deps)).toEqual([later])
    await resumeCampaign(database.db, campaignId)
    expect(await holdToStop(stage.deps)).toEqual([])
    expect((await campaign()).state).toBe('sending')
  })

  it('while it is stopped begins no campaign: neither a new one, nor a scheduled one, nor a resend', async () => {
    await reports(33, { type: 'hard' })
    await forceState(database.db, campaignId, 'finished')
    const { db } = database
    const hour = new Date(Date.now() + HOUR_MS)
    const scheduled = await someCampaign(db, stage.newsletter, { slug: 'due', startsAt: hour })
    await look()
    const stoppedFor = async (id: Id) =>
      await db
        .selectFrom('campaigns')
        .select(['state', 'reason', 'started_at'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
    const stopped = {
      state: 'paused',
      reason: expect.stringMatching(/^all sending is stopped: over 7 days 33 of 400/),
    }
    const fresh = await someCampaign(db, stage.newsletter, { slug: 'fresh' })
    expect(await stoppedFor(fresh)).toEqual({ ...stopped, started_at: null })

    await db.deleteFrom('outbox').execute()
    await sweepOnce(db)
    expect((await stoppedFor(scheduled)).state).toBe('scheduled')
    await db
      .updateTable('campaigns')
      .set({ starts_at: ago(1000) })
      .where('id', '=', scheduled)
      .execute()
    await sweepOnce(db)
    expect(await stoppedFor(scheduled)).toEqual({ ...stopped, started_at: null })
    const told = (await notices()).flatMap(({ lines }) => lines)
    expect(told.filter((line) => line.startsWith(`Campaign ${scheduled} `))).toEqual([
      expect.stringContaining(' is paused: all sending is stopped'),
    ])

    await db
      .updateTable('deliveries')
      .set({ state: 'failed' })
      .where('campaign_id', '=', campaignId)
      .execute()
    await resendCampaign(db, campaignId, ['failed'])
    expect(await stoppedFor(campaignId)).toMatchObject(stopped)

    for (const id of [fresh, scheduled, campaignId]) await resumeCampaign(db, id)
    expect(await holdToStop(stage.deps)).toEqual([])
    expect((await stoppedFor(fresh)).state).toBe('sending')
    await db.updateTable('guard_trips').set({ ended_at: new Date() }).execute()
    const free = await someCampaign(db, stage.newsletter, { slug: 'free' })
    expect((await stoppedFor(free)).state).toBe('sending')
  })

  it('is warned and stopped by complaints, and free again when they are old', async () => {
    await reports(1, { kind: 'complaint' })
    await look()
    expect(await standing()).toEqual(['installation-warns'])
    await reports(1, { kind: 'complaint' }, 1)
    await look()
    expect(await standing()).toEqual(['installation-warns', 'installation-stops'])
    await database.db
      .updateTable('feedback_events')
      .set({ at: ago(8 * DAY_MS) })
      .execute()
    await look()
    expect(await standing()).toEqual([])
    expect(await holdToStop(stage.deps)).toEqual([])
  })
})

it('evidence older than the configured time is cleared, and what was concluded stays', async () => {
  const [reader] = stage.readers
  if (reader === undefined) throw new Error('no reader')
  const eventId = await stage.event({ campaignId, reader, type: 'hard', raw: '{"old":true}' })
  const waiting = await stage.event({ campaignId, reader, type: 'soft', raw: '{"waiting":true}' })
  await stage.handle(eventId)
  await database.db
    .updateTable('evidence')
    .set({ created_at: ago(181 * DAY_MS) })
    .execute()
  const fresh = await stage.event({ campaignId, reader, type: 'hard', raw: '{"fresh":true}' })
  await sweepFeedback(stage.deps, new Date())
  const rawOf = async (id: Id) => {
    const { evidence_id } = await stage.eventRow(id)
    const row = await database.db
      .selectFrom('evidence')
      .select(['raw', 'cleared_at'])
      .where('id', '=', evidence_id as Id)
      .executeTakeFirstOrThrow()
    return [row.raw.toString(), row.cleared_at !== null]
  }
  expect(await rawOf(eventId)).toEqual(['', true])
  expect(await rawOf(waiting)).toEqual(['{"waiting":true}', false])
  expect(await rawOf(fresh)).toEqual(['{"fresh":true}', false])
  expect(await stage.suppressed(reader)).toBe(true)
})
