import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'

const transportOf = (url: string) => loadConfig({ SMTP_URL: url }).transport

test('needs nothing: embedded Postgres, its queue, the catcher, loopback', () => {
  expect(loadConfig({})).toMatchObject({
    ...{ databaseUrl: null, redisUrl: null, transport: null, publicUrl: null, inbound: null },
    ...{ web: { host: '127.0.0.1', port: 3000 }, trustedProxies: [], dkim: null },
  })
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
  })
  expect(transportOf('smtps://relay.example')).toMatchObject({ port: 465, implicitTls: true })
  expect(transportOf('smtp://relay.example')).toMatchObject({ port: 587, connections: 5 })
  expect(transportOf('catcher://127.0.0.1')).toMatchObject({ kind: 'catcher', port: 2525 })
})

test.each(['rate=0', 'rate=fast', 'connections=0.5', 'connections=2.5', 'connections=-1'])(
  'refuses %s',
  (wish) => {
    expect(() => transportOf(`smtp://relay.example?${wish}`)).toThrow(/SMTP_URL/)
  },
)

test('puts paths behind PUBLIC_URL, with or without a slash at its end', () => {
  expect(loadConfig({ PUBLIC_URL: 'https://news.example/weekly/' }).publicUrl).toBe(
    'https://news.example/weekly',
  )
})
