import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
import { waitingUnsubscribes } from '../../db/queries/subscription-events.ts'
import type { Id } from '../../db/types.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { confirmUrl, unsubscribeUrl } from '../../src/links.ts'
import { createLog } from '../../src/log.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { composeOutboxMail } from '../../src/outbox/compose.ts'
import { followUnsubscribe } from '../../src/subscribers/after-unsubscribe.ts'
import { unsubscribe } from '../../src/subscribers/unsubscribe.ts'
import { someCampaign, someReaders, someTransport } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  digestOfTables,
  newsletterNamed,
  PUBLIC_URL,
  testApp,
  testSecrets,
} from '../support/readers.ts'

let t: TestDatabase
let newsletter: Newsletter
let app: ReturnType<typeof testApp>
const now = new Date()

beforeAll(async () => {
  t = await testDatabase()
  newsletter = await newsletterNamed(t.db)
  app = testApp(t.db)
})
afterAll(() => t.drop())

async function reader(of = newsletter): Promise<Id> {
  const [id] = await someReaders(t.db, of, 1)
  return id as Id
}

function leavePath(subscriberId: Id, of = newsletter): string {
  const fields = { newsletterId: of.id, subscriberId }
  return unsubscribeUrl(testSecrets, PUBLIC_URL, fields).slice(PUBLIC_URL.length)
}

async function stateOf(subscriberId: Id, of = newsletter) {
  const row = await t.db
    .selectFrom('subscriptions')
    .select('state')
    .where('subscriber_id', '=', subscriberId)
    .where('newsletter_id', '=', of.id)
    .executeTakeFirst()
  return row?.state
}

const ONE_CLICK = 'List-Unsubscribe=One-Click'
const FORM = 'application/x-www-form-urlencoded'

describe('POST to the unsubscribe link', () => {
  const multipart = () => {
    const body = new FormData()
    body.set('List-Unsubscribe', 'One-Click')
    return body
  }
  const endless = () =>
    new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(4_096)) }, { highWaterMark: 0 })
  const broken = () =>
    new ReadableStream({
      start(to) {
        to.enqueue(Buffer.from('List-'))
        to.error(new Error('cut off'))
      },
    })
  it.each<[string, () => RequestInit]>([
    ['urlencoded', () => ({ body: ONE_CLICK, headers: { 'content-type': FORM } })],
    ['multipart', () => ({ body: multipart() })],
    ['empty', () => ({})],
    ['of another type', () => ({ body: '{}', headers: { 'content-type': 'application/json' } })],
    ['of no known type', () => ({ body: 'x', headers: { 'content-type': 'nonsense' } })],
    [
      'said to be multipart and not',
      () => ({ body: 'x', headers: { 'content-type': 'multipart/form-data' } }),
    ],
    ['endless', () => ({ body: endless(), duplex: 'half' })],
    ['cut off', () => ({ body: broken(), duplex: 'half' })],
    [
      'from elsewhere, with cookies',
      () => ({
        body: ONE_CLICK,
        headers: { origin: 'https://mail.example', cookie: 'a=b', 'sec-fetch-site': 'cross-site' },
      }),
    ],
  ])('leaves with a body that is %s, and says 200 again when repeated', async (_name, init) => {
    const id = await reader()
    app.rung.length = 0
    const answer = await app.ask(leavePath(id), { method: 'POST', ...init() })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('location')).toBeNull()
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(await answer.text()).toBe('Unsubscribed.\n')
    expect(await stateOf(id)).toBe('unsubscribed')
    const job = { newsletterId: newsletter.id, subscriberId: id }
    expect(app.rung).toEqual([{ queue: 'unsubscribe', payload: job }])

    const again = await app.ask(leavePath(id), { method: 'POST', ...init() })
    expect(again.status).toBe(200)
    expect(app.rung).toHaveLength(1)
  })

  it('knows no limit: one network leaves a hundred times in a row', async () => {
    const id = await reader()
    for (let n = 0; n < 100; n++) {
      const answer = await app.ask(leavePath(id), { method: 'POST', from: '192.0.2.77' })
      expect(answer.status).toBe(200)
    }
  })

  it('writes the history once, under ten at once, and says by which way', async () => {
    const id = await reader()
    const init = { method: 'POST', body: ONE_CLICK, headers: { 'content-type': FORM } }
    await Promise.all(Array.from({ length: 10 }, () => app.ask(leavePath(id), init)))
    const events = await t.db
      .selectFrom('subscription_events')
      .select(['kind', 'source'])
      .where('subscriber_id', '=', id)
      .execute()
    expect(events).toEqual([{ kind: 'unsubscribed', source: 'one-click' }])
  })

  it('of a subscriber who was erased is 200: nothing to do', async () => {
    const path = leavePath('4611686018427387904')
    for (const accept of ['*/*', 'text/html']) {
      const answer = await app.ask(path, { method: 'POST', headers: { accept } })
      expect(answer.status).toBe(200)
      expect(await answer.text()).toMatch(/nothing to do/i)
    }
    expect((await app.ask(path)).status).toBe(200)
  })

  it('answers the button with a page, and a mail program that accepts HTML with a short text', async () => {
    const id = await reader()
    const page = await (await app.ask(leavePath(id))).text()
    expect(page).toContain(
      '<form class="act" method="post"><input type="hidden" name="by" value="page"/>',
    )
    expect(page.match(/<button/g)).toHaveLength(1)
    const html = { accept: 'text/html', 'content-type': FORM }
    const program = { method: 'POST', body: ONE_CLICK, headers: html }
    const other = await reader()
    expect(await (await app.ask(leavePath(other), program)).text()).toBe('Unsubscribed.\n')
    const left = await app.ask(leavePath(id), { method: 'POST', body: 'by=page', headers: html })
    expect(left.headers.get('content-type')).toMatch(/^text\/html/)
    expect(await left.text()).toContain('You have left The Weekly')
    const events = await t.db
      .selectFrom('subscription_events')
      .select('source')
      .where('subscriber_id', '=', id)
      .execute()
    expect(events).toEqual([{ source: 'page' }])
  })

  it('leaves the one newsletter and no other', async () => {
    const other = await newsletterNamed(t.db)
    const id = await reader()
    await t.db
      .insertInto('subscriptions')
      .values({ newsletter_id: other.id, subscriber_id: id, state: 'active', joined_at: now })
      .execute()
    await app.ask(leavePath(id, other), { method: 'POST' })
    expect([await stateOf(id), await stateOf(id, other)]).toEqual(['active', 'unsubscribed'])
  })

  it('tells a bad token (404) from a database that is away (503), each with a page', async () => {
    const id = await reader()
    const good = leavePath(id)
    const confirm = confirmUrl(testSecrets, '', {
      newsletterId: newsletter.id,
      subscriberId: id,
      confirmId: '1',
    })
    for (const bad of [
      `${good.slice(0, -1)}`,
      `${good}A`,
      confirm.replace('/confirm/', '/u/'),
      '/u/%00',
      '/u/x',
    ]) {
      for (const method of ['GET', 'POST']) {
        const answer = await app.ask(bad, { method })
        expect(answer.status).toBe(404)
        expect(await answer.text()).toContain('This link is not whole')
      }
    }
    const away = connect('postgresql://x:y@127.0.0.1:1/none')
    const lines: string[] = []
    const log = createLog('test', 'silent')
    log.error = ((fields: object) => lines.push(JSON.stringify(fields))) as never
    const lost = testApp(away, { log })
    for (const method of ['GET', 'POST']) {
      const answer = await lost.ask(good, { method })
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).not.toBeNull()
      expect(await answer.text()).toContain('does not answer')
    }
    expect((await lost.ask('/healthz')).status).toBe(503)
    // The token stands in no line of the log.
    expect(lines).toHaveLength(3)
    expect(lines.join()).not.toContain(good.slice(3, 20))
    await away.destroy()
  })
})

describe('the unsubscribe page', () => {
  it("speaks the reader's language, else the newsletter's", async () => {
    const zh = await newsletterNamed(t.db, { name: '青灯周刊', language: 'zh-CN' })
    const id = await reader(zh)
    expect(await (await app.ask(leavePath(id, zh))).text()).toContain('退订《青灯周刊》？')
    await t.db.updateTable('subscribers').set({ language: 'en' }).where('id', '=', id).execute()
    expect(await (await app.ask(leavePath(id, zh))).text()).toContain('Leave 青灯周刊?')
  })

  it('shows no whole address to whoever a mail was forwarded to', async () => {
    const id = await reader()
    const html = await (await app.ask(leavePath(id))).text()
    expect(html).toMatch(/r\*\*\*@[a-z0-9]+\.test/)
    expect(html).not.toContain('reader-1@')
  })

  it('keeps the token from everybody: no referrer, no store, nothing from elsewhere', async () => {
    const id = await reader()
    const confirm = confirmUrl(testSecrets, '', {
      newsletterId: newsletter.id,
      subscriberId: id,
      confirmId: '1',
    })
    for (const path of [leavePath(id), confirm, '/u/bad', '/confirm/bad']) {
      const page = await app.ask(path)
      expect(page.headers.get('referrer-policy')).toBe('no-referrer')
      expect(page.headers.get('cache-control')).toBe('no-store')
      expect(page.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-/,
      )
      const html = await page.text()
      expect(html).not.toMatch(/\b(src|href|action)="(https?:)?\/\//)
      expect(html).not.toContain(path.slice(path.lastIndexOf('/') + 1))
    }
  })
})

describe("a scanner's visit", () => {
  it('leaves every table as it was, whatever it GETs or HEADs', async () => {
    const address = 'scanned@inbox.test'
    await app.subscribe(newsletter.slug, { email: address })
    const row = await t.db
      .selectFrom('outbox')
      .selectAll()
      .where('address', '=', address)
      .executeTakeFirstOrThrow()
    const mail = await composeOutboxMail(row, newsletter, { publicUrl: PUBLIC_URL }, testSecrets)
    const source = mail.bytes.toString('latin1').replace(/=\r\n/g, '').replace(/=3D/g, '=')
    const links = [...new Set(source.match(/https:\/\/letters\.example[^\s"<>]*/g))]
    expect(links.some((link) => link.includes('/confirm/'))).toBe(true)
    const id = await reader()
    const paths = [
      ...links.map((link) => link.slice(PUBLIC_URL.length)),
      leavePath(id),
      `/${newsletter.slug}`,
      `/${newsletter.slug}/first`,
      `/subscribe/${newsletter.slug}`,
      `/subscribe/${newsletter.slug}?email=a@b.test`,
      '/',
      '/healthz',
    ]
    const before = await digestOfTables(t.db)
    for (const path of paths) {
      const get = await app.ask(path)
      const head = await app.ask(path, { method: 'HEAD' })
      expect(head.status).toBe(get.status)
      expect(await head.text()).toBe('')
    }
    expect(await digestOfTables(t.db)).toEqual(before)
    // The digest would tell.
    await app.ask(leavePath(id), { method: 'POST' })
    expect(await digestOfTables(t.db)).not.toEqual(before)
  })
})

describe('what follows an unsubscribe', () => {
  it("skips the reader's open rows of that newsletter, and tells whom it concerns, once", async () => {
    const telling = await newsletterNamed(t.db, {
      notifyAddress: 'editor@weekly.example',
      notifyUnsubscribes: true,
    })
    const [id = '', stays = ''] = await someReaders(t.db, telling, 2)
    const transportId = await someTransport(t.db)
    const campaign = await someCampaign(t.db, telling, { transportId })
    while ((await prepareSlice(t.db, campaign)) === 'more');
    await unsubscribe(t.db, { newsletterId: telling.id, subscriberId: id, source: 'mail' }, now)
    expect(await waitingUnsubscribes(t.db, 100)).toContainEqual({
      newsletterId: telling.id,
      subscriberId: id,
    })

    const who = { newsletterId: telling.id, subscriberId: id }
    const runs = await Promise.all(
      [1, 2, 3].map(() => followUnsubscribe(t.db, testSecrets, who, now)),
    )
    expect(runs.filter((run) => run.told)).toHaveLength(1)
    expect(runs.reduce((sum, run) => sum + run.skipped, 0)).toBe(1)
    const rows = await t.db
      .selectFrom('deliveries')
      .select(['subscriber_id', 'state', 'reason'])
      .where('campaign_id', '=', campaign)
      .execute()
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual({ subscriber_id: id, state: 'skipped', reason: 'unsubscribed' })
    expect(rows).toContainEqual({ subscriber_id: stays, state: 'queued', reason: null })
    const notices = await t.db
      .selectFrom('outbox')
      .select(['kind', 'address'])
      .where('newsletter_id', '=', telling.id)
      .execute()
    expect(notices).toEqual([{ kind: 'notice', address: 'editor@weekly.example' }])
    expect(await waitingUnsubscribes(t.db, 100)).not.toContainEqual(who)
  })

  it('spares who has come back meanwhile', async () => {
    const id = await reader()
    const campaign = await someCampaign(t.db, newsletter, {
      transportId: await someTransport(t.db),
    })
    while ((await prepareSlice(t.db, campaign)) === 'more');
    const who = { newsletterId: newsletter.id, subscriberId: id }
    await unsubscribe(t.db, { ...who, source: 'page' }, now)
    await t.db
      .updateTable('subscriptions')
      .set({ state: 'active' })
      .where('subscriber_id', '=', id)
      .execute()
    expect(await followUnsubscribe(t.db, testSecrets, who, now)).toEqual({
      skipped: 0,
      told: false,
    })
  })
})
