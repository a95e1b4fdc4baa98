import { expect, test } from 'vitest'
import { createInbox } from '../../src/catcher/inbox.ts'
import type { CaughtMessage, Store } from '../../src/catcher/store.ts'

const SECRET = 's3cret'

function messageOf(id: string, raw: string, more: Partial<CaughtMessage> = {}): CaughtMessage {
  const bytes = Buffer.from(raw.replace(/\r?\n/g, '\r\n'))
  return {
    id,
    from: 'b-1@x.test',
    to: 'ada@y.test',
    subject: 'Hi',
    receivedAt: new Date('2026-11-24T08:00:00Z'),
    octets: bytes.length,
    raw: async () => bytes,
    ...more,
  }
}

const EVIL = '<script>alert(1)</script>"\'&'
const HTML_MAIL = `From: x@x.test
Subject: Hi
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

See https://x.test/u/abc and ${EVIL}
--b
Content-Type: text/html

<!doctype html><html><head><title>x</title></head><body><a href="https://x.test">go</a><script>alert(2)</script></body></html>
--b--
`

function inbox(messages: CaughtMessage[]) {
  const store = {
    count: () => messages.length,
    messages: () => messages,
    find: (id: string) => messages.find((message) => message.id === id),
  } as unknown as Store
  const app = createInbox(store, { secret: SECRET, host: '127.0.0.1' })
  return (path: string, host = 'localhost:3025') =>
    app.request(`http://x${path}`, { headers: { host } })
}

test('the page is only for who knows its address and asks this machine by its name', async () => {
  const get = inbox([messageOf('1', HTML_MAIL)])
  expect((await get(`/${SECRET}/`)).status).toBe(200)
  expect((await get(`/${SECRET}/`, '[::1]:3025')).status).toBe(200)
  expect((await get(`/${SECRET}/`, '127.0.0.1')).status).toBe(200)
  for (const host of ['evil.test', 'evil.test:3025', 'localhost.evil.test', '']) {
    const answer = await get(`/${SECRET}/`, host)
    expect(answer.status).toBe(421)
    expect(await answer.text()).not.toContain('ada')
  }
  for (const path of ['/', '/x/', '/s3cre/', '/s3crets/', '/m/1', '/x/m/1/raw', '/count']) {
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toContain('ada')
  }
})

test('nothing of a mail runs in the page: its words are text, its HTML is in a sandbox without an origin', async () => {
  const get = inbox([
    messageOf('1', HTML_MAIL, { subject: EVIL, to: `${EVIL}@y.test`, from: EVIL }),
  ])
  for (const path of [
    '',
    'm/1',
    'm/1?view=text',
    'm/1?view=source',
    'm/1?view=headers',
    `?q=${EVIL}`,
  ]) {
    const answer = await get(`/${SECRET}/${path}`)
    const page = await answer.text()
    expect(page).not.toContain('<script>')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/default-src 'none'.*script-src 'nonce-[^']{20,}'/)
    expect(policy).not.toContain('unsafe')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
  }
  const page = await (await get(`/${SECRET}/m/1`)).text()
  const sandbox = /<iframe[^>]* sandbox="([^"]*)"/.exec(page)?.[1]
  expect(sandbox).toBe('allow-popups allow-popups-to-escape-sandbox')
  const framed = await get(`/${SECRET}/m/1/html`)
  const policy = framed.headers.get('content-security-policy')
  expect(policy).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/)
  expect(policy).toContain('img-src data:;')
  expect(policy).not.toMatch(/script-src|allow-same-origin|allow-scripts/)
  expect(await framed.text()).toContain('<head><base target="_blank">')
})

test('a mail is shown as text with its links, as source, as headers and as the file it was', async () => {
  const get = inbox([messageOf('1', HTML_MAIL)])
  const text = await (await get(`/${SECRET}/m/1?view=text`)).text()
  expect(text).toContain('<a href="https://x.test/u/abc" target="_blank" rel="noreferrer">')
  const headers = await (await get(`/${SECRET}/m/1?view=headers`)).text()
  expect(headers).toContain('MIME-Version: 1.0')
  expect(headers).not.toContain('--b')
  const raw = await get(`/${SECRET}/m/1/raw`)
  expect(raw.headers.get('content-disposition')).toBe('attachment; filename="1.eml"')
  expect(await raw.text()).toBe(HTML_MAIL.replace(/\n/g, '\r\n'))
  expect((await get(`/${SECRET}/m/2`)).status).toBe(404)
})

test('a long list comes in pages, newest first, and a search goes through all of it', async () => {
  const messages = Array.from({ length: 250 }, (_, i) =>
    messageOf(`m${String(i).padStart(4, '0')}`, HTML_MAIL, {
      to: `r${i}@y.test`,
      subject: `No ${i}`,
    }),
  )
  const get = inbox(messages)
  const listed = async (path: string) => {
    const page = await (await get(`/${SECRET}/${path}`)).text()
    return {
      rows: [...page.matchAll(/class="to">([^<]*)@/g)].map(([, to]) => to),
      older: /href="(\.\/\?[^"]*)">Older/.exec(page)?.[1]?.replace('&amp;', '&'),
    }
  }
  const first = await listed('')
  expect([first.rows[0], first.rows.at(-1), first.rows.length]).toEqual(['r249', 'r150', 100])
  const second = await listed(first.older ?? '')
  const third = await listed(second.older ?? '')
  expect([...first.rows, ...second.rows, ...third.rows]).toHaveLength(250)
  expect(third.older).toBeUndefined()
  expect((await listed('?q=no+24')).rows).toEqual([
    'r249',
    'r248',
    'r247',
    'r246',
    'r245',
    'r244',
    'r243',
    'r242',
    'r241',
    'r240',
    'r24',
  ])
})

test('an empty inbox says what to do next', async () => {
  expect(await (await inbox([])(`/${SECRET}/`)).text()).toContain('postrider test')
})
