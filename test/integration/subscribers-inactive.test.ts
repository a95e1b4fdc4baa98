import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Id } from '../../db/types.ts'
import { editNewsletter, findNewsletter } from '../../src/newsletters/newsletter.ts'
import { composeOutboxMail } from '../../src/outbox/compose.ts'
import { listInactive, sweepInactive } from '../../src/subscribers/inactive.ts'
import { forceState } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  ago,
  DAY_MS,
  type Stage,
  type StagedReader,
  stageFeedback,
} from '../support/feedback-stage.ts'
import { PUBLIC_URL, testApp } from '../support/readers.ts'

let database: TestDatabase
let stage: Stage
let ada: StagedReader
let bob: StagedReader
let cyd: StagedReader

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  stage = await stageFeedback(database, 3)
  ;[ada, bob, cyd] = stage.readers as [StagedReader, StagedReader, StagedReader]
  await sql`update subscriptions set joined_at = now() - interval '1 year'
    where newsletter_id = ${stage.newsletter.id}`.execute(database.db)
})

/** Issues, one a week, the last one a day ago. */
async function issues(count: number): Promise<Id[]> {
  const ids: Id[] = []
  for (let week = count - 1; week >= 0; week -= 1) {
    const id = await stage.mailed(ago(week * 7 * DAY_MS + DAY_MS))
    await forceState(database.db, id, 'finished')
    ids.push(id)
  }
  return ids
}

const addresses = async (count: number) =>
  (await listInactive(database.db, stage.newsletter, { issues: count, limit: 10 })).map(
    (reader) => reader.address,
  )
const wants = (changes: object) => editNewsletter(database.db, stage.newsletter.slug, changes)
/** As the sweep does it, at a time when it is due. */
async function sweep(now = new Date()) {
  await database.db.updateTable('newsletters').set({ inactive_looked_at: null }).execute()
  const done = await sweepInactive(database.db, now)
  return done.find(({ newsletterId }) => newsletterId === stage.newsletter.id)
}
const mails = () =>
  database.db
    .selectFrom('outbox')
    .selectAll()
    .where('kind', '=', 'stay')
    .where('newsletter_id', '=', stage.newsletter.id)
    .orderBy('id')
    .execute()

describe('inactive readers', () => {
  it('are those who were sent so many issues without a sign of life since', async () => {
    await issues(4)
    const all = [ada, bob, cyd].map(({ address }) => address)
    expect(await addresses(4)).toEqual(all)
    expect(await addresses(5)).toEqual([])
    await stage.arrives({
      ...{ kind: 'reply', source: 'door', sentTo: 'reply', raw: 'Subject: Re: hi\r\n\r\nHello' },
      ...{ campaignId: await stage.mailed(), reader: bob },
    })
    expect(await addresses(4)).toEqual([ada.address, cyd.address])
  })

  it('are nobody who joined lately, left, is suppressed, or was not mailed', async () => {
    const [first] = await issues(3)
    await sql`update subscriptions set joined_at = now() - interval '10 days'
      where subscriber_id = ${ada.id}`.execute(database.db)
    await sql`update deliveries set state = 'rejected' where campaign_id = ${first} and subscriber_id = ${bob.id}`.execute(
      database.db,
    )
    expect(await addresses(3)).toEqual([cyd.address])
    await stage.arrives({ campaignId: first as Id, reader: cyd, type: 'hard' })
    expect(await addresses(3)).toEqual([])
  })

  it('are asked once, where the newsletter wants it, by a mail with a link that keeps it coming', async () => {
    await issues(3)
    expect(await sweep()).toBeUndefined()
    await wants({ inactiveAfter: 3 })
    expect(await sweep()).toMatchObject({ asked: 3, retired: 0 })
    expect(await sweep()).toBeUndefined()
    const [mail, ...others] = await mails()
    expect(others).toHaveLength(2)
    const newsletter = await findNewsletter(database.db, stage.newsletter.slug)
    if (mail === undefined || newsletter === null) throw new Error('no mail')
    const site = { publicUrl: PUBLIC_URL }
    const { bytes, envelope } = await composeOutboxMail(mail, newsletter, site, stage.secrets)
    const text = bytes.toString('latin1').replace(/=\r\n/g, '')
    expect(text).toMatch(/^Subject: Do you still want The Weekly\?\r$/m)
    expect(text).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
    const path = /https:\/\/letters\.example(\/confirm\/[A-Za-z0-9_-]+)/.exec(text)?.[1] ?? ''
    const app = testApp(database.db, { secrets: stage.secrets })
    const page = await (await app.ask(path)).text()
    expect(page).toContain('Keep The Weekly coming?')
    const stayed = await app.ask(path, { method: 'POST' })
    expect(await stayed.text()).toContain('it keeps coming')
    const reader = [ada, bob, cyd].find(({ address }) => address === envelope.to) as StagedReader
    const subscription = await stage.subscription(reader)
    expect(subscription).toMatchObject({ state: 'active', confirm_id: null })
    expect(subscription.alive_at).not.toBeNull()
    expect(await addresses(3)).toHaveLength(2)
    // No welcome to who never left.
    const kinds = await database.db
      .selectFrom('outbox')
      .select('kind')
      .where('subscriber_id', '=', reader.id)
      .execute()
    expect(kinds).toEqual([{ kind: 'stay' }])
  })

  it('who do not answer are taken off where the newsletter wants it, never before three weeks', async () => {
    await issues(3)
    await wants({ inactiveAfter: 3, inactiveRetires: true })
    await sweep()
    await database.db
      .updateTable('outbox')
      .set({ state: 'accepted' })
      .where('subscriber_id', 'in', [ada.id, bob.id])
      .execute()
    await sql`update subscriptions set alive_at = now() + interval '1 hour' where subscriber_id = ${bob.id}`.execute(
      database.db,
    )
    const in20Days = new Date(Date.now() + 20 * DAY_MS)
    const in22Days = new Date(Date.now() + 22 * DAY_MS)
    expect(await sweep(in20Days)).toBeUndefined()
    // Bob has answered, and nobody can say that cyd was asked.
    expect(await sweep(in22Days)).toMatchObject({ retired: 1 })
    expect((await stage.subscription(ada)).state).toBe('unsubscribed')
    expect((await stage.subscription(bob)).state).toBe('active')
    expect((await stage.subscription(cyd)).state).toBe('active')
    expect(await sweep(in22Days)).toBeUndefined()
  })

  it('are asked and never taken off where the newsletter does not want that', async () => {
    await issues(3)
    await wants({ inactiveAfter: 3 })
    await sweep()
    await database.db.updateTable('outbox').set({ state: 'accepted' }).execute()
    expect(await sweep(new Date(Date.now() + 90 * DAY_MS))).toBeUndefined()
    expect((await stage.subscription(ada)).state).toBe('active')
  })
})
