import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { NO_LIMITS } from '../../src/config-transport.ts'

const transportOf = (url: string) => loadConfig({ SMTP_URL: url }).transport

test('needs nothing: embedded Postgres, its queue, the catcher, loopback', () => {
  expect(loadConfig({})).toMatchObject({
    ...{ databaseUrl: null, redisUrl: null, transport: null, publicUrl: null, inbound: null },
    ...{ web: { host: '127.0.0.1', port: 3000 }, trustedProxies: [], dkim: null },
  })
})

test('reads limits, weights and what a relay knows of several ways out', () => {
  const { transport, transports } = loadConfig({
    SMTP_URL: `smtp://a.example?name=a&per_minute=100&per_hour=2000&per_day=9000&warm_up=200&weight=3
      smtps://b.example?name=b&direct=yes&idempotency=Resend-Idempotency-Key:24h`,
  })
  expect(transport?.limits).toEqual({
    ...{ perMinute: 100, perHour: 2000, perDay: 9000, warmUpFrom: 200, weight: 3 },
    ...{ idempotency: null, direct: false },
  })
  expect(transports.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(transports[1]?.limits).toEqual({
    ...NO_LIMITS,
    ...{ direct: true, idempotency: { header: 'Resend-Idempotency-Key', seconds: 86_400 } },
  })
})

test.each([
  ['smtp://a.example smtp://b.example', 'named smtp'],
  ['smtp://a.example catcher://127.0.0.1', 'catcher beside'],
  ['smtp://a.example?per_hour=1.5', 'per_hour'],
  ['smtp://a.example?weight=0', 'weight'],
  ['smtp://a.example?idempotency=24h', 'idempotency'],
  ['smtp://a.example?events=nobody', 'events'],
  ['smtp://a.example?direct=maybe', 'direct'],
])('refuses %s', (url, words) => {
  expect(() => loadConfig({ SMTP_URL: url })).toThrow(words)
})

test("reads an operator's own numbers for providers", () => {
  const of = (text: string) => loadConfig({ PROVIDER_LIMITS: text }).providerLimits
  expect(of('google rate=50 inflight=20, Corp.example rate=0.5')).toEqual({
    google: { perSecond: 50, inFlight: 20 },
    'corp.example': { perSecond: 0.5 },
  })
  expect(() => of('google fast')).toThrow('PROVIDER_LIMITS')
  expect(() => of('google')).toThrow('PROVIDER_LIMITS')
})

test('names every wrong variable at once, and what is wrong with it', () => {
  const wrong = {
    DATABASE_URL: 'mysql://x',
    REDIS_URL: 'x',
    SMTP_URL: 'http://relay.example',
    PUBLIC_URL: 'https://news.example/?list=1',
    WEB_LISTEN: 'nowhere',
    SENDER_ID: 'abc',
    INBOUND_DOMAIN: 'bounces.example',
    DKIM_SELECTOR: 'a',
  }
  const names = ['DATABASE_URL', 'REDIS_URL', 'SMTP_URL', 'PUBLIC_URL', 'WEB_LISTEN', 'SENDER_ID']
  for (const name of [...names, 'INBOUND_LISTEN', 'DKIM_KEY_FILE']) {
    expect(() => loadConfig(wrong)).toThrow(name)
  }
})

test('reads a relay with its login, pace and connections', () => {
  expect(
    transportOf('smtp://me%40a.example:p%3Aw@relay.example:2525?rate=50&connections=10'),
  ).toEqual({
    ...{ name: 'smtp', kind: 'smtp', host: 'relay.example', port: 2525, implicitTls: false },
    ...{ user: 'me@a.example', password: 'p:w', ratePerSecond: 50, connections: 10 },
    limits: NO_LIMITS,
  })
  expect(transportOf('smtps://relay.example')).toMatchObject({ port: 465, implicitTls: true })
  expect(transportOf('smtp://relay.example')).toMatchObject({ port: 587, connections: 5 })
  expect(transportOf('smtp://relay.example?chunking=no')).toMatchObject({ chunking: false })
  expect(transportOf('catcher://127.0.0.1')).toMatchObject({ kind: 'catcher', port: 2525 })
})

test.each([
  'rate=0',
  'rate=fast',
  'connections=0',
  'connections=0.5',
  'connections=2.5',
  'connections=-1',
  'chunking=off',
])('refuses %s', (wish) => {
  expect(() => transportOf(`smtp://relay.example?${wish}`)).toThrow(/SMTP_URL/)
})

test('puts paths behind PUBLIC_URL, with or without a slash at its end', () => {
  expect(loadConfig({ PUBLIC_URL: 'https://news.example/weekly/' }).publicUrl).toBe(
    'https://news.example/weekly',
  )
})

test.each(['?list=1', '#top', '/weekly?list=1', 'weekly'])(
  'refuses a PUBLIC_URL that no path can stand behind: %s',
  (end) => {
    const url = end === 'weekly' ? end : `https://news.example${end}`
    expect(() => loadConfig({ PUBLIC_URL: url })).toThrow(/PUBLIC_URL/)
  },
)

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
  ['mail.example:25', { host: 'mail.example', port: 25 }],
  ['0', { host: '127.0.0.1', port: 0 }],
])('listens on %s', (value, listen) => {
  expect(loadConfig({ WEB_LISTEN: value }).web).toEqual(listen)
})

test.each(['127.0.0.1:65536', '::1:80', 'host:', ':80'])('refuses to listen on %s', (value) => {
  expect(() => loadConfig({ WEB_LISTEN: value })).toThrow(/WEB_LISTEN is no host:port/)
})

const DKIM = { DKIM_DOMAIN: 'news.example', DKIM_SELECTOR: 'a', DKIM_KEY_FILE: '/keys/dkim.pem' }
const INBOUND = { INBOUND_DOMAIN: 'Bounces.Example', INBOUND_LISTEN: '0.0.0.0:25' }

test('takes DKIM and the inbound door whole', () => {
  expect(loadConfig({ ...DKIM, ...INBOUND })).toMatchObject({
    dkim: { domain: 'news.example', keys: [{ selector: 'a', keyFile: '/keys/dkim.pem' }] },
    inbound: { domain: 'bounces.example', listen: { host: '0.0.0.0', port: 25 } },
  })
})

test('takes several DKIM keys, and refuses one without its selector', () => {
  const two = { ...DKIM, DKIM_SELECTOR: 'a, b', DKIM_KEY_FILE: '/keys/a.pem,/keys/b.pem' }
  expect(loadConfig(two).dkim?.keys).toEqual([
    { selector: 'a', keyFile: '/keys/a.pem' },
    { selector: 'b', keyFile: '/keys/b.pem' },
  ])
  expect(() => loadConfig({ ...two, DKIM_SELECTOR: 'a' })).toThrow(/as many selectors as key files/)
})

test.each(Object.keys(DKIM))('refuses DKIM without %s', (name) => {
  expect(() => loadConfig({ ...DKIM, [name]: '' })).toThrow(/set all three, or none/)
})

test.each(Object.keys(INBOUND))('refuses an inbound door without %s', (name) => {
  expect(() => loadConfig({ ...INBOUND, [name]: undefined })).toThrow(/set both, or neither/)
})
