import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConfirmToken } from '../../src/links.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { composeOutboxMail } from '../../src/outbox/compose.ts'
import { addSubscriber } from '../../src/subscribers/add.ts'
import { unsubscribe } from '../../src/subscribers/unsubscribe.ts'
import { addSuppression } from '../../src/suppression/suppression.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { newsletterNamed, PUBLIC_URL, testApp, testSecrets } from '../support/readers.ts'

let t: TestDatabase
let newsletter: Newsletter
let now: Date
let app: ReturnType<typeof testApp>

beforeAll(async () => {
  t = await testDatabase()
  newsletter = await newsletterNamed(t.db)
  now = new Date()
  app = testApp(t.db, { now: () => now })
})
afterAll(() => t.drop())

const HOUR = 3_600_000
let readers = 0
const freshReader = () => `reader-${++readers}@inbox.test`
const later = (ms: number) => {
  now = new Date(now.getTime() + ms)
}

async function mailsTo(address: string) {
  return t.db.selectFrom('outbox').selectAll().where('address', '=', address).execute()
}

async function stateOf(address: string, of = newsletter) {
  const row = await t.db
    .selectFrom('subscriptions as s')
    .innerJoin('subscribers as r', 'r.id', 's.subscriber_id')
    .select(['s.state', 'r.id'])
    .where('r.address_key', '=', address.toLowerCase())
    .where('s.newsletter_id', '=', of.id)
    .executeTakeFirst()
  return row ?? null
}

async function eventsOf(subscriberId: string) {
  return t.db
    .selectFrom('subscription_events')
    .selectAll()
    .where('subscriber_id', '=', subscriberId)
    .orderBy('id')
    .execute()
}

/** The link as the newest confirmation says it. */
async function confirmLink(address: string): Promise<string> {
  const row = (await mailsTo(address)).filter((mail) => mail.kind === 'confirm').at(-1)
  if (!row) throw new Error('no confirmation')
  const { bytes } = await composeOutboxMail(row, newsletter, { publicUrl: PUBLIC_URL }, testSecrets)
  const text = bytes.toString('latin1').replace(/=\r\n/g, '')
  const [link] = /https:\/\/letters\.example\/confirm\/[A-Za-z0-9_-]+/.exec(text) ?? []
  if (!link) throw new Error('a confirmation without a link')
  return link.slice(PUBLIC_URL.length)
}

const confirm = (path: string) => app.ask(path, { method: 'POST' })

describe('the form', () => {
  it('works without JavaScript and shows what one agrees to', async () => {
    const page = await app.ask(`/subscribe/${newsletter.slug}`)
    const html = await page.text()
    expect(page.status).toBe(200)
    expect(html).not.toMatch(/<script/i)
    expect(html).toContain(`<form action="/subscribe/${newsletter.slug}" method="post">`)
    expect(html).toMatch(/<label for="email">/)
    expect(html).toContain('which takes one click in any of its mails')
  })

  it('makes an unconfirmed subscription and its mail in one transaction, and rings after it', async () => {
    const address = freshReader()
    app.rung.length = 0
    const page = await app.subscribe(newsletter.slug, { email: ` ${address} ` }, '192.0.2.1')
    expect(page.status).toBe(200)
    const html = await page.text()
    expect(html).toContain('Check your inbox')
    expect(html).toContain(address)
    expect(html).toContain('editor@weekly.example')
    const { state, id } = (await stateOf(address)) ?? {}
    expect(state).toBe('unconfirmed')
    expect(await mailsTo(address)).toMatchObject([{ kind: 'confirm', state: 'queued' }])
    expect(await eventsOf(id as string)).toMatchObject([
      {
        kind: 'requested',
        source: 'form',
        network_address: '192.0.2.1',
        wording: expect.stringContaining('You will receive The Weekly'),
      },
    ])
    expect(app.rung).toEqual([{ queue: 'outbox', payload: {} }])
  })

  it('answers the same whatever is known of the address', async () => {
    const names = ['unknown', 'unconfirmed', 'active', 'unsubscribed', 'suppressed'] as const
    const at = (name: string) => `${name}@known.test`
    await app.subscribe(newsletter.slug, { email: at('unconfirmed') })
    for (const name of ['active', 'unsubscribed']) {
      await addSubscriber(t.db, testSecrets, { newsletter, address: at(name), consent: 'x' }, now)
    }
    const { id: subscriberId = '' } = (await stateOf(at('unsubscribed'))) ?? {}
    await unsubscribe(t.db, { newsletterId: newsletter.id, subscriberId, source: 'page' }, now)
    await addSuppression(t.db, testSecrets, { address: at('suppressed'), note: '' })

    const answers = new Set<string>()
    for (const name of names) {
      const page = await app.subscribe(newsletter.slug, { email: at(name) })
      const text = (await page.text()).replaceAll(at(name), 'ADDRESS')
      answers.add(JSON.stringify([page.status, [...page.headers], text]))
    }
    expect(answers.size).toBe(1)
    const mailed = await Promise.all(names.map(async (name) => (await mailsTo(at(name))).length))
    expect(mailed).toEqual([1, 1, 0, 1, 0])
    const states = await Promise.all(names.map(async (name) => (await stateOf(at(name)))?.state))
    expect(states).toEqual(['unconfirmed', 'unconfirmed', 'active', 'unsubscribed', 'unconfirmed'])
  })

  it('answers no sooner than it always does, so that its time tells nothing', async () => {
    const slow = testApp(t.db, { leastAnswerMs: 300 })
    const began = performance.now()
    await slow.subscribe(newsletter.slug, { email: freshReader(), website: 'x' })
    expect(performance.now() - began).toBeGreaterThan(290)
  })

  it('mails an address once an hour, under 20 requests at once and through other spellings', async () => {
    const address = freshReader()
    const spellings = [address, address.toUpperCase(), address.replace('inbox.test', 'INBOX.test')]
    const posts = Array.from({ length: 20 }, (_, n) =>
      app.subscribe(newsletter.slug, { email: spellings[n % 3] as string }),
    )
    const statuses = await Promise.all(posts.map(async (post) => (await post).status))
    expect(new Set(statuses)).toEqual(new Set([200]))
    const all = await t.db.selectFrom('outbox').select(['address']).execute()
    expect(all.filter((row) => row.address.toLowerCase() === address)).toHaveLength(1)
    later(HOUR - 1_000)
    await app.subscribe(newsletter.slug, { email: address })
    later(2_000)
    await app.subscribe(newsletter.slug, { email: address })
    const after = await t.db.selectFrom('outbox').select(['address']).execute()
    expect(after.filter((row) => row.address.toLowerCase() === address)).toHaveLength(2)
  })

  it('mails an address that asks for a second newsletter when its hour is over', async () => {
    const address = freshReader()
    const other = await newsletterNamed(t.db)
    await app.subscribe(newsletter.slug, { email: address })
    const asked = now.getTime()
    later(60_000)
    await app.subscribe(other.slug, { email: address })
    const dues = (await mailsTo(address)).map((mail) => mail.due_at.getTime()).sort()
    expect(dues).toHaveLength(2)
    expect(dues[1]).toBe(asked + HOUR)
  })

  it('lets one network ask ten times an hour, and keeps the address that was typed', async () => {
    const post = (n: number, from: string) =>
      app.subscribe(newsletter.slug, { email: `many-${n}@inbox.test` }, from)
    const posts = Array.from({ length: 14 }, (_, n) => post(n, `2001:db8:0:1::${n}`))
    const statuses = await Promise.all(posts.map(async (each) => (await each).status))
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    // Another process, with the same database.
    const another = testApp(t.db)
    const refused = await another.subscribe(
      newsletter.slug,
      { email: 'kept@inbox.test' },
      '2001:db8:0:1:ffff::1',
    )
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const html = await refused.text()
    expect(html).toContain('value="kept@inbox.test"')
    expect(html).toContain('role="alert"')
    expect(await stateOf('kept@inbox.test')).toBeNull()
    expect((await post(99, '2001:db8:0:2::1')).status).toBe(200)
  })

  it('shows a bad address beside its field and at the top, and keeps it', async () => {
    for (const email of ['', 'nobody', 'a@b', 'a b@c.test', '"><script>alert(1)</script>@x.test']) {
      const page = await app.subscribe(newsletter.slug, { email })
      const html = await page.text()
      expect(page.status).toBe(422)
      expect(html).toContain('role="alert"')
      expect(html).toContain('aria-invalid="true"')
      expect(html).toContain('id="wrong"')
      expect(html).not.toContain('<script>')
      if (email !== '') expect(html).toMatch(/ value="[^"]+"/)
    }
    expect(await (await app.subscribe(newsletter.slug, { email: 'no"b' })).text()).toContain(
      'value="no&quot;b"',
    )
  })

  it('gives whatever fills its trap the same page and does nothing', async () => {
    const address = freshReader()
    const page = await app.subscribe(newsletter.slug, { email: address, website: 'https://x.test' })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Check your inbox')
    expect(await stateOf(address)).toBeNull()
  })

  it('takes multipart too, and nothing from a body that is no form', async () => {
    const address = freshReader()
    const body = new FormData()
    body.set('email', address)
    const path = `/subscribe/${newsletter.slug}`
    expect((await app.ask(path, { method: 'POST', body })).status).toBe(200)
    expect((await stateOf(address))?.state).toBe('unconfirmed')
    const file = new FormData()
    file.set('email', new Blob(['x']), 'x.txt')
    for (const odd of [file, '{"email":"a@b.test"}', 'email[]=x', '%%%', '\0\0']) {
      expect((await app.ask(path, { method: 'POST', body: odd })).status).toBe(422)
    }
    const broken = { 'content-type': 'multipart/form-data; boundary=x' }
    expect((await app.ask(path, { method: 'POST', body: '--y', headers: broken })).status).toBe(422)
    const large = await app.ask(path, { method: 'POST', body: `email=${'x'.repeat(50_000)}` })
    expect(large.status).toBe(413)
  })

  it('speaks Chinese for a Chinese newsletter', async () => {
    const zh = await newsletterNamed(t.db, { name: '青灯周刊', language: 'zh-CN' })
    const html = await (await app.ask(`/subscribe/${zh.slug}`)).text()
    expect(html).toContain('<html lang="zh-CN">')
    expect(html).toContain('订阅《青灯周刊》')
    const asked = await app.subscribe(zh.slug, { email: freshReader() })
    expect(await asked.text()).toContain('请查收邮件')
  })

  it('of a newsletter that is not there is a page that says so', async () => {
    for (const slug of ['nobody', 'a%00b', '%ff', '..%2f..', 'x'.repeat(5_000)]) {
      const page = await app.ask(`/subscribe/${slug}`)
      expect(page.status).toBe(404)
      expect(await page.text()).toContain('There is nothing here')
      expect((await app.subscribe(slug, { email: freshReader() })).status).toBe(404)
    }
  })
})

describe('the mailed link', () => {
  it('shows a button, and its POST makes the subscription active, with evidence and a welcome', async () => {
    const address = freshReader()
    await app.subscribe(newsletter.slug, { email: address })
    const path = await confirmLink(address)
    const page = await app.ask(path)
    expect(page.status).toBe(200)
    expect(await page.text()).toMatch(
      /<form class="act" method="post"><button class="button" type="submit">/,
    )
    expect((await stateOf(address))?.state).toBe('unconfirmed')

    app.rung.length = 0
    const done = await app.ask(path, { method: 'POST', from: '198.51.100.4' })
    expect(done.status).toBe(200)
    expect(await done.text()).toContain('You are subscribed')
    const { state, id } = (await stateOf(address)) ?? {}
    expect(state).toBe('active')
    expect((await eventsOf(id as string)).at(-1)).toMatchObject({
      kind: 'confirmed',
      source: 'mailed link',
      network_address: '198.51.100.4',
      wording: expect.stringContaining('By confirming you agree to receive The Weekly'),
    })
    expect((await mailsTo(address)).map((mail) => mail.kind).sort()).toEqual(['confirm', 'welcome'])
    expect(app.rung).toEqual([{ queue: 'outbox', payload: {} }])
  })

  it('is used once, under ten POSTs at once', async () => {
    const address = freshReader()
    await app.subscribe(newsletter.slug, { email: address })
    const path = await confirmLink(address)
    const pages = await Promise.all(Array.from({ length: 10 }, () => confirm(path)))
    expect(pages.map((page) => page.status)).toEqual(Array(10).fill(200))
    const { id = '' } = (await stateOf(address)) ?? {}
    const confirmed = (await eventsOf(id)).filter((event) => event.kind === 'confirmed')
    expect(confirmed).toHaveLength(1)
    expect((await mailsTo(address)).filter((mail) => mail.kind === 'welcome')).toHaveLength(1)
    expect(await (await app.ask(path)).text()).toContain('already')
  })

  it('does not bring back who has left since', async () => {
    const address = freshReader()
    await app.subscribe(newsletter.slug, { email: address })
    const path = await confirmLink(address)
    await confirm(path)
    const { id = '' } = (await stateOf(address)) ?? {}
    const leaving = { newsletterId: newsletter.id, subscriberId: id, source: 'page' } as const
    await unsubscribe(t.db, leaving, now)
    const again = await confirm(path)
    expect(again.status).toBe(410)
    expect(await again.text()).toContain('This link works no more')
    expect((await stateOf(address))?.state).toBe('unsubscribed')
    // By their own new confirmation they come back.
    later(HOUR + 1)
    await app.subscribe(newsletter.slug, { email: address })
    expect((await stateOf(address))?.state).toBe('unsubscribed')
    await confirm(await confirmLink(address))
    expect((await stateOf(address))?.state).toBe('active')
  })

  it('is void once its reader has left, or was mailed a newer one', async () => {
    const address = freshReader()
    await app.subscribe(newsletter.slug, { email: address })
    const first = await confirmLink(address)
    later(HOUR + 1)
    await app.subscribe(newsletter.slug, { email: address })
    expect((await confirm(first)).status).toBe(410)
    const second = await confirmLink(address)
    const { id = '' } = (await stateOf(address)) ?? {}
    const leaving = { newsletterId: newsletter.id, subscriberId: id, source: 'page' } as const
    await unsubscribe(t.db, leaving, now)
    expect((await confirm(second)).status).toBe(410)
  })

  it('works for 14 days', async () => {
    const [one, two] = [freshReader(), freshReader()]
    await app.subscribe(newsletter.slug, { email: one })
    await app.subscribe(newsletter.slug, { email: two })
    const [first, second] = [await confirmLink(one), await confirmLink(two)]
    later(14 * 24 * HOUR - 1_000)
    expect((await confirm(first)).status).toBe(200)
    later(2_000)
    expect((await app.ask(second)).status).toBe(410)
    expect((await confirm(second)).status).toBe(410)
    expect((await stateOf(two))?.state).toBe('unconfirmed')
  })

  it('that is cut, of another purpose or invented is a page that says so, never an error', async () => {
    const address = freshReader()
    await app.subscribe(newsletter.slug, { email: address })
    const path = await confirmLink(address)
    const bounce = testSecrets.mint('bounce', [1n, 2n, 3n]).toString('base64url')
    for (const bad of [
      path.slice(0, -2),
      `${path}x`,
      `/confirm/${bounce}`,
      '/confirm/%00',
      '/confirm/x',
    ]) {
      for (const method of ['GET', 'POST']) {
        const page = await app.ask(bad, { method })
        expect(page.status).toBe(404)
        expect(await page.text()).toContain('This link is not whole')
      }
    }
    expect(openConfirmToken(testSecrets, path.slice('/confirm/'.length))).not.toBeNull()
  })
})
