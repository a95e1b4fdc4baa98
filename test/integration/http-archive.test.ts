import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CampaignState } from '../../db/types.ts'
import { startWeb } from '../../src/http/main.ts'
import { createLog } from '../../src/log.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { someCampaign, someTransport } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { newsletterNamed, PUBLIC_URL, testApp, testSecrets } from '../support/readers.ts'

let t: TestDatabase
let newsletter: Newsletter
let app: ReturnType<typeof testApp>

beforeAll(async () => {
  t = await testDatabase()
  newsletter = await newsletterNamed(t.db, { description: 'Notes <from> a mill.' })
  app = testApp(t.db)
})
afterAll(() => t.drop())

const WEB = '<!DOCTYPE html><html><head><title>x</title></head><body class="page"><p>Words of '

async function campaign(slug: string, state: CampaignState, words: string, started = true) {
  const transportId = await someTransport(t.db)
  const id = await someCampaign(t.db, newsletter, { slug, transportId, markdown: `# ${words}\n` })
  const ended = state === 'finished' || state === 'cancelled'
  await t.db
    .updateTable('campaigns')
    .set({
      state,
      web_html: `${WEB}${words}</p></body></html>`,
      started_at: started ? new Date() : null,
      ended_at: ended ? new Date() : null,
    })
    .where('id', '=', id)
    .execute()
}

describe("the newsletter's page", () => {
  it('lists what was sent beside the form, newest first, and nothing that was not', async () => {
    const empty = await (await app.ask(`/${newsletter.slug}`)).text()
    expect(empty).toContain('No issue has been sent yet')
    await campaign('one', 'finished', 'one')
    await campaign('two', 'sending', 'two')
    await campaign('three', 'paused', 'three')
    await campaign('later', 'scheduled', 'later', false)
    await campaign('dropped', 'cancelled', 'dropped', false)
    const html = await (await app.ask(`/${newsletter.slug}`)).text()
    const listed = [...html.matchAll(new RegExp(`href="/${newsletter.slug}/([a-z]+)"`, 'g'))]
    expect(listed.map((match) => match[1])).toEqual(['three', 'two', 'one'])
    expect(html).toContain(`action="/subscribe/${newsletter.slug}"`)
    expect(html).toContain('Notes &lt;from&gt; a mill.')
    expect(html).toContain('<time dateTime="2026-11-24">November 24, 2026</time>')
  })

  it('names an issue by the defaults of its merge expressions', async () => {
    await t.db
      .updateTable('issue_versions')
      .set({ title: 'For {{ subscriber.first_name | default: "you" }} and {{{ x' })
      .where('title', '=', 'First')
      .execute()
    const html = await (await app.ask(`/${newsletter.slug}`)).text()
    expect(html).toContain('For you and {{{ x')
  })

  it('stands on the front page', async () => {
    const html = await (await app.ask('/')).text()
    expect(html).toContain(`href="/${newsletter.slug}"`)
    const zh = await app.ask('/', { headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' } })
    expect(await zh.text()).toContain('<html lang="zh-CN">')
  })
})

it.each(['u', 'subscribe', 'confirm', 'healthz'])(
  'a newsletter cannot be called %s, where it could not be reached',
  async (slug) => {
    await expect(newsletterNamed(t.db, { slug })).rejects.toMatchObject({ code: 'bad-input' })
  },
)

describe('the web version', () => {
  it('is the newest that began to be sent, in a sandbox, with ways to newsletter and form', async () => {
    await campaign('one', 'finished', 'one mended')
    await campaign('one', 'cancelled', 'one withdrawn', false)
    const page = await app.ask(`/${newsletter.slug}/one`)
    expect(page.status).toBe(200)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^sandbox /)
    expect(policy).not.toMatch(/allow-(scripts|same-origin|forms)/)
    expect(policy).toContain("default-src 'none'")
    const html = await page.text()
    expect(html).toContain('Words of one mended')
    expect(html).toContain(`href="${PUBLIC_URL}/subscribe/${newsletter.slug}"`)
    expect(html).toContain(`<link rel="canonical" href="${PUBLIC_URL}/${newsletter.slug}/one"/>`)
    expect(html.indexOf('All issues of')).toBeLessThan(html.indexOf('Words of'))
    expect(html.endsWith('</body></html>')).toBe(true)
  })

  it('stays readable for those who got the mail of a campaign that was cancelled', async () => {
    await campaign('half', 'cancelled', 'half')
    expect((await app.ask(`/${newsletter.slug}/half`)).status).toBe(200)
  })

  it('of an issue that was not sent, or never written, is a page that says so', async () => {
    for (const slug of ['later', 'dropped', 'nothing', '%00', '..%2f', 'x'.repeat(3_000)]) {
      const page = await app.ask(`/${newsletter.slug}/${slug}`)
      expect(page.status).toBe(404)
      expect(await page.text()).toContain('There is no such issue')
    }
    expect((await app.ask('/nobody/one')).status).toBe(404)
    expect((await app.ask('/favicon.ico')).status).toBe(404)
    expect((await app.ask('/a/b/c')).status).toBe(404)
  })
})

describe('every page', () => {
  it('is made from PUBLIC_URL and its path, never from a Host header', async () => {
    const below = testApp(t.db, { publicUrl: 'https://weekly.example/news' })
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
    for (const path of ['/', `/${newsletter.slug}`, `/${newsletter.slug}/one`, '/subscribe/none']) {
      for (const prefix of ['', '/news']) {
        const page = await below.ask(prefix + path, { headers })
        const html = await page.text()
        expect(page.status).toBe(path === '/subscribe/none' ? 404 : 200)
        expect(html).not.toContain('evil.example')
        for (const [, href] of html.matchAll(/(?:href|action)="([^"]+)"/g)) {
          expect(href).toMatch(/^(https:\/\/weekly\.example)?\/news\//)
        }
      }
    }
  })

  it('names its one style sheet in its policy, and loads nothing', async () => {
    const page = await app.ask(`/${newsletter.slug}`)
    const policy = page.headers.get('content-security-policy') ?? ''
    const html = await page.text()
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
    const { createHash } = await import('node:crypto')
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(html).not.toMatch(/ style="| on[a-z]+="|<script|<img|url\(/)
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('the web process', () => {
  const deps = () => ({
    db: t.db,
    secrets: testSecrets,
    publicUrl: null,
    ring: async () => {},
    trustedProxies: [],
    log: createLog('test', 'silent'),
  })

  it('takes the next free port, says where it is, and is healthy', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()))
    const { port } = taken.address() as { port: number }
    const web = await startWeb({ ...deps(), listen: { host: '127.0.0.1', port } })
    try {
      expect(web.port).toBeGreaterThan(port)
      const health = await fetch(`${web.url}/healthz`)
      expect([health.status, await health.text()]).toEqual([200, 'ok\n'])
      const html = await (await fetch(`${web.url}/${newsletter.slug}/one`)).text()
      expect(html).toContain(`href="${web.url}/subscribe/${newsletter.slug}"`)
    } finally {
      await web.close()
      taken.close()
    }
  })

  it('counts limits by the socket, whatever a client claims', async () => {
    const web = await startWeb({ ...deps(), listen: { host: '127.0.0.1', port: 0 } })
    const post = async (n: number) => {
      const answer = await fetch(`${web.url}/subscribe/${newsletter.slug}`, {
        method: 'POST',
        body: new URLSearchParams({ email: `claim-${n}@inbox.test` }),
        headers: { 'x-forwarded-for': `203.0.113.${n}` },
      })
      return answer.status
    }
    try {
      const statuses = []
      for (let n = 0; n < 11; n++) statuses.push(await post(n))
      expect(statuses).toEqual([...Array(10).fill(200), 429])
    } finally {
      await web.close()
    }
  })

  it('finishes what was asked before it goes', async () => {
    const web = await startWeb({ ...deps(), listen: { host: '127.0.0.1', port: 0 } })
    // A form whose body comes slowly: it holds the request open over the close.
    const slow = request(`${web.url}/subscribe/${newsletter.slug}`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/x-www-form-urlencoded', 'content-length': '8' },
        // Answered at once: so we know that it is there.
        expect: '100-continue',
      },
    })
    const answered = new Promise<number>((resolve, reject) => {
      slow.on('response', (response) => resolve(response.resume().statusCode ?? 0))
      slow.on('error', reject)
    })
    await once(slow, 'continue')
    slow.write('emai')
    const closed = web.close()
    slow.end('l=no')
    expect(await answered).toBe(422)
    await closed
    await expect(fetch(web.url)).rejects.toThrow()
  })
})
