import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { readPosts } from '../../src/feedback/read-posts.ts'
import { createApp } from '../../src/http/app.ts'
import { createLog } from '../../src/log.ts'
import { secrets } from '../support/courier.ts'
import { testDatabase } from '../support/database.ts'
import { stageWebhooks } from '../support/webhook-stage.ts'
import {
  deadAddress,
  PUBLIC_URL,
  providers,
  providersWeb,
  SECRET,
  signing,
  webhooksConfig,
} from '../support/webhooks.ts'

const { stage, app, dead, events, post, posts, told } = stageWebhooks()

describe.each(providers)('%s', (provider) => {
  it('is taken with its proof, once, and tied to the delivery by what it bears of ours', async () => {
    const one = dead(provider)
    expect(await post(one)).toBe(200)
    expect(stage.rung).toEqual(['intake'])
    const { eventIds } = await readPosts(stage.database.db, secrets)
    const [event, ...more] = await events()
    expect(more).toEqual([])
    expect(eventIds).toEqual([event?.id])
    expect(event).toMatchObject({
      ...{ source: 'webhook', origin: provider, kind: 'bounce', type: 'hard' },
      ...{ reason: 'unknown-user', campaign_id: stage.campaignId, subscriber_id: stage.reader.id },
      ...{ proof: 'message-id', address_hash: stage.reader.address_hash, handled_at: null },
    })
    if (provider !== 'mailjet') expect(event?.status).toBe('5.1.1')
    const evidence = await stage.database.db.selectFrom('evidence').selectAll().execute()
    expect(evidence).toMatchObject([
      { id: event?.evidence_id, kind: 'payload', raw: Buffer.from(one.body) },
    ])
  })

  it('counts once, however often it is posted', async () => {
    await post(dead(provider))
    await readPosts(stage.database.db, secrets)
    // The same event in another post: signed anew, as a retry is.
    stage.now = new Date(stage.now.getTime() + 1_000)
    expect(await post(dead(provider))).toBe(200)
    await readPosts(stage.database.db, secrets)
    expect(await events()).toHaveLength(1)
    expect(await stage.database.db.selectFrom('evidence').select('id').execute()).toHaveLength(1)
  })

  it('is not there where it is not set up', async () => {
    const without = app({ ...webhooksConfig, [provider]: [] })
    expect(await post(dead(provider), without)).toBe(404)
    expect(await posts()).toBe(0)
  })
})

describe.each(signing)('%s, which signs', (provider) => {
  // Mailgun's signature covers no body: its own tests are below.
  const covers = provider === 'mailgun' ? () => {} : it
  covers('is refused with one octet of the body changed', async () => {
    const one = dead(provider)
    const at = provider === 'ses' ? one.body.indexOf('no such') : one.body.length - 8
    const letter = one.body[at] === 'x' ? 'y' : 'x'
    const body = one.body.slice(0, at) + letter + one.body.slice(at + 1)
    expect(await post({ ...one, body })).toBe(401)
    expect(await posts()).toBe(0)
  })

  it('is refused with an old time, or one far ahead', async () => {
    const one = dead(provider)
    const started = stage.now
    for (const days of [2, -2]) {
      stage.now = new Date(started.getTime() + days * 86_400_000)
      expect(await post(one)).toBe(403)
    }
    expect(await posts()).toBe(0)
  })

  it('is refused without a signature, and with one of other keys', async () => {
    const one = dead(provider)
    const bare =
      provider === 'ses' || provider === 'mailgun'
        ? { ...one, body: one.body.replace(/"signature":"[^"]*"/i, '"signature":""') }
        : { ...one, headers: {} }
    expect(await post(bare)).toBe(401)
    const garbled = (value: string) => value.replace(/[A-Za-z]/g, (c) => (c === 'A' ? 'B' : 'A'))
    const signature = Object.keys(one.headers).find((name) => /signature(-v2)?$/.test(name)) ?? ''
    const forged =
      signature === ''
        ? {
            ...one,
            body: one.body.replace(
              /"signature":"([^"]*)"/i,
              (_, s) => `"Signature":"${garbled(s)}"`,
            ),
          }
        : {
            ...one,
            headers: { ...one.headers, [signature]: garbled(one.headers[signature] ?? '') },
          }
    expect(await post(forged)).toBe(401)
    expect(await posts()).toBe(0)
  })

  it('adds nothing when it is played again', async () => {
    const one = dead(provider)
    expect(await post(one)).toBe(200)
    expect(await post(one)).toBe(provider === 'mailgun' ? 406 : 200)
    await readPosts(stage.database.db, secrets)
    expect(await post(one)).toBe(provider === 'mailgun' ? 406 : 200)
    await readPosts(stage.database.db, secrets)
    expect(await events()).toHaveLength(1)
    expect(await posts()).toBe(1)
  })
})

describe.each(providers.filter((each) => !signing.includes(each)))(
  '%s, which signs nothing',
  (provider) => {
    const body = () => deadAddress[provider](told())
    const path = `/hooks/${provider}`
    it('is refused without the secret, or with one letter changed', async () => {
      const wrong = SECRET.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))
      const basic = (password: string) =>
        `Basic ${Buffer.from(`postrider:${password}`).toString('base64')}`
      const refused = [
        { path, headers: {} },
        { path: `${path}/${wrong}`, headers: {} },
        { path: `${path}/`, headers: {} },
        { path, headers: { authorization: basic(wrong) } },
        { path, headers: { authorization: basic('') } },
        { path, headers: { authorization: `Bearer ${wrong}` } },
        { path, headers: { 'x-postrider-secret': wrong } },
        { path: `${path}?secret=${SECRET}`, headers: {} },
      ]
      for (const one of refused) expect(await post({ ...one, body: body() })).toBe(401)
      expect(await posts()).toBe(0)
    })

    it('is taken with the secret as password, bearer token or header', async () => {
      const basic = `Basic ${Buffer.from(`any:${SECRET}`).toString('base64')}`
      const taken = [
        { authorization: basic },
        { authorization: `Bearer ${SECRET}` },
        { 'x-postrider-secret': SECRET },
      ]
      for (const headers of taken) expect(await post({ path, headers, body: body() })).toBe(200)
    })
  },
)

it('logs no secret, no signature and no address, whatever is posted', async () => {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const logged = createApp({
    ...{ db: stage.database.db, secrets, publicUrl: PUBLIC_URL, trustedProxies: [], log },
    ...{ webhooks: webhooksConfig, fetch: providersWeb(), ring: async () => {} },
  })
  const basic = `Basic ${Buffer.from(`x:${SECRET}`).toString('base64')}`
  await post(dead('postmark'), logged)
  await post({ ...dead('brevo'), path: '/hooks/brevo', headers: { authorization: basic } }, logged)
  await post({ ...dead('brevo'), path: `/hooks/brevo/${SECRET}0` }, logged)
  await post({ ...dead('resend'), body: '{}' }, logged)
  const said = lines.join('')
  expect(said).toContain('/hooks/postmark/…')
  for (const hidden of [SECRET, basic, stage.reader.address, 'v1,'])
    expect(said).not.toContain(hidden)
})

it('answers 413 to more than 5 MB, and 503 while the database is away', async () => {
  const path = `/hooks/postmark/${SECRET}`
  expect(await post({ path, body: 'x'.repeat(5 * 1024 * 1024 + 1), headers: {} })).toBe(413)
  const lost = await testDatabase()
  const gone = createApp({
    ...{
      db: lost.db,
      secrets,
      publicUrl: PUBLIC_URL,
      trustedProxies: [],
      webhooks: webhooksConfig,
    },
    ring: async () => {},
    log: createLog('test', 'silent'),
  })
  await lost.drop()
  const response = await gone.request(path, { method: 'POST', body: deadAddress.postmark(told()) })
  expect(response.status).toBeGreaterThanOrEqual(500)
})
