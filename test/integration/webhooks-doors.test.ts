import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Id } from '../../db/types.ts'
import type { WebhookProvider } from '../../src/config-intake.ts'
import { readPosts } from '../../src/feedback/read-posts.ts'
import { createApp } from '../../src/http/app.ts'
import { createLog } from '../../src/log.ts'
import { messageIdOf } from '../../src/mail/token-address.ts'
import { settle, someCampaign, someNewsletter, someReaders } from '../support/campaigns.ts'
import { prepareAll, secrets } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  deadAddress,
  type Post,
  PUBLIC_URL,
  providers,
  providersWeb,
  SECRET,
  signAliyunV2,
  signing,
  signSns,
  snsFields,
  TOPIC,
  webhooksConfig,
  wraps,
} from '../support/webhooks.ts'

let database: TestDatabase
let campaignId: Id
let reader: { id: Id; address: string; address_hash: Buffer }
let other: typeof reader
let now: Date
let asked: string[]
let rung: string[]

beforeAll(async () => {
  database = await testDatabase()
  const newsletter = await someNewsletter(database.db)
  const ids = await someReaders(database.db, newsletter, 2)
  const readers = await database.db
    .selectFrom('subscribers')
    .select(['id', 'address', 'address_hash'])
    .where('id', 'in', ids)
    .execute()
  for (const one of readers) {
    one.address_hash = secrets.addressHash(one.address.toLowerCase())
    await database.db
      .updateTable('subscribers')
      .set({ address_hash: one.address_hash })
      .where('id', '=', one.id)
      .execute()
  }
  ;[reader, other] = readers as [typeof reader, typeof reader]
  campaignId = await someCampaign(database.db, newsletter)
  await prepareAll(database.db, campaignId)
  await settle(database.db, campaignId, 'accepted')
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  now = new Date()
  ;[asked, rung] = [[], []]
  await database.db.deleteFrom('webhook_posts').execute()
  await database.db.deleteFrom('feedback_events').execute()
  await database.db.deleteFrom('evidence').execute()
})

const app = (webhooks = webhooksConfig) =>
  createApp({
    ...{ db: database.db, secrets, publicUrl: PUBLIC_URL, trustedProxies: [], webhooks },
    ring: async (name) => void rung.push(name),
    log: createLog('test', 'silent'),
    fetch: providersWeb(asked),
    now: () => now,
  })

async function post({ path, body, headers }: Post, to = app()): Promise<number> {
  const response = await to.request(path, { method: 'POST', body, headers })
  return response.status
}

const messageId = (subscriberId = reader.id) =>
  messageIdOf(secrets, { campaignId, subscriberId }, secrets.signingKeyId, 'weekly.example')
const told = (id = 'event-1001') => ({ email: reader.address, messageId: messageId(), id })
const dead = (provider: WebhookProvider, id?: string) =>
  wraps[provider](deadAddress[provider](told(id)), now)
const events = () => database.db.selectFrom('feedback_events').selectAll().orderBy('id').execute()
const posts = async () =>
  (await database.db.selectFrom('webhook_posts').select('id').execute()).length

describe.each(providers)('%s', (provider) => {
  it('is taken with its proof, once, and tied to the delivery by what it bears of ours', async () => {
    const one = dead(provider)
    expect(await post(one)).toBe(200)
    expect(rung).toEqual(['intake'])
    const { eventIds } = await readPosts(database.db, secrets)
    const [event, ...more] = await events()
    expect(more).toEqual([])
    expect(eventIds).toEqual([event?.id])
    expect(event).toMatchObject({
      ...{ source: 'webhook', origin: provider, kind: 'bounce', type: 'hard' },
      ...{ reason: 'unknown-user', campaign_id: campaignId, subscriber_id: reader.id },
      ...{ proof: 'message-id', address_hash: reader.address_hash, handled_at: null },
    })
    if (provider !== 'mailjet') expect(event?.status).toBe('5.1.1')
    const evidence = await database.db.selectFrom('evidence').selectAll().execute()
    expect(evidence).toMatchObject([
      { id: event?.evidence_id, kind: 'payload', raw: Buffer.from(one.body) },
    ])
  })

  it('counts once, however often it is posted', async () => {
    await post(dead(provider))
    await readPosts(database.db, secrets)
    // The same event in another post: signed anew, as a retry is.
    now = new Date(now.getTime() + 1_000)
    expect(await post(dead(provider))).toBe(200)
    await readPosts(database.db, secrets)
    expect(await events()).toHaveLength(1)
    expect(await database.db.selectFrom('evidence').select('id').execute()).toHaveLength(1)
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
    const started = now
    for (const days of [2, -2]) {
      now = new Date(started.getTime() + days * 86_400_000)
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
    await readPosts(database.db, secrets)
    expect(await post(one)).toBe(provider === 'mailgun' ? 406 : 200)
    await readPosts(database.db, secrets)
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

describe('Amazon SNS', () => {
  it('takes both versions of its signature, and no third', async () => {
    const message = deadAddress.ses(told())
    for (const [version, status] of [
      ['1', 200],
      ['2', 200],
      ['3', 401],
    ] as const) {
      const body = signSns(snsFields(message, now, { MessageId: `m${version}` }), version)
      expect(await post({ path: '/hooks/ses', body, headers: {} })).toBe(status)
    }
  })

  it('refuses a topic of somebody else, before it fetches anything', async () => {
    const fields = snsFields(deadAddress.ses(told()), now, { TopicArn: `${TOPIC}-2` })
    expect(await post({ path: '/hooks/ses', body: signSns(fields), headers: {} })).toBe(403)
    expect(asked).toEqual([])
  })

  it.each([
    'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    'https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    'https://evil.example/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    'https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    'https://sns.eu-central-1.amazonaws.com:444/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    'https://sns.eu-central-1.amazonaws.com/other.pem',
    'https://169.254.169.254/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    'https://my-bucket.s3.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
  ])('fetches no certificate from %s', async (url) => {
    const fields = snsFields(deadAddress.ses(told()), now, { SigningCertURL: url })
    expect(await post({ path: '/hooks/ses', body: signSns(fields), headers: {} })).toBe(401)
    expect(asked).toEqual([])
  })

  const confirmation = (type: string, url: string) => {
    const fields = snsFields('You asked for it.', now, { Type: type })
    return signSns({ ...fields, Token: 'a-token', SubscribeURL: url })
  }
  const subscribeUrl = (topic = TOPIC) =>
    `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=a-token`

  it('confirms a subscription of our topic by asking SNS, and nobody else', async () => {
    const confirm = (url: string) =>
      post({ path: '/hooks/ses', body: confirmation('SubscriptionConfirmation', url), headers: {} })
    expect(await confirm(subscribeUrl())).toBe(200)
    expect(asked.at(-1)).toBe(subscribeUrl())
    asked.length = 0
    expect(await confirm('https://169.254.169.254/?Action=ConfirmSubscription')).toBe(403)
    expect(await confirm('http://127.0.0.1/?Action=ConfirmSubscription')).toBe(403)
    expect(await confirm(subscribeUrl(`${TOPIC}-2`))).toBe(403)
    expect(asked.filter((url) => !url.endsWith('.pem'))).toEqual([])
    expect(await posts()).toBe(0)
  })

  it('confirms nothing that is not signed', async () => {
    const body = confirmation('SubscriptionConfirmation', subscribeUrl()).replace('a-token', 'b')
    expect(await post({ path: '/hooks/ses', body, headers: {} })).toBe(401)
    expect(asked.filter((url) => !url.endsWith('.pem'))).toEqual([])
  })

  it('takes note of an UnsubscribeConfirmation and does not subscribe again', async () => {
    const body = confirmation('UnsubscribeConfirmation', subscribeUrl())
    expect(await post({ path: '/hooks/ses', body, headers: {} })).toBe(200)
    expect(asked.filter((url) => !url.endsWith('.pem'))).toEqual([])
  })
})

describe('Mailgun, whose signature does not cover the body', () => {
  it('takes a token once: not again under another body, in or after five minutes', async () => {
    const one = dead('mailgun')
    const another = deadAddress.mailgun({ ...told('event-2'), email: other.address })
    const forged = one.body.replace(/"event-data":.*$/, `"event-data":${another}}`)
    expect(await post(one)).toBe(200)
    expect(await post({ ...one, body: forged })).toBe(406)
    now = new Date(now.getTime() + 301_000)
    expect(await post({ ...one, body: forged })).toBe(403)
    expect(await posts()).toBe(1)
  })

  it('takes it once of many that come at once', async () => {
    const one = dead('mailgun')
    const statuses = await Promise.all(Array.from({ length: 10 }, () => post(one)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  })
})

it('takes the newer signature of EventBridge too, and no other account', async () => {
  const body = deadAddress.aliyun(told())
  expect(await post(signAliyunV2(body, now))).toBe(200)
  const foreign = body.replace(/"aliyunaccountid":"\d/, '"aliyunaccountid":"9')
  expect(await post(signAliyunV2(foreign, now))).toBe(403)
  expect(await posts()).toBe(1)
})

describe('what an event is about', () => {
  const generic = async (said: object) => {
    expect(await post(wraps.generic(JSON.stringify(said), now))).toBe(200)
    await readPosts(database.db, secrets)
    return (await events()).at(-1)
  }
  const bounce = { event: 'bounce', type: 'hard', status: '5.1.1', text: '550 5.1.1 no such user' }

  it('is the newest accepted delivery to its address, where it bears nothing of ours', async () => {
    const event = await generic({ ...bounce, id: 'a1', email: reader.address.toUpperCase() })
    expect(event).toMatchObject({ proof: 'address', subscriber_id: reader.id })
  })

  it('is nobody, where the ledger has no such delivery', async () => {
    const event = await generic({ ...bounce, id: 'a2', email: 'stranger@far.test' })
    expect(event).toMatchObject({ proof: null, campaign_id: null, subscriber_id: null })
    expect(event?.address_hash).toEqual(secrets.addressHash('stranger@far.test'))
  })

  it('is nobody, where our Message-ID comes with the address of another', async () => {
    const said = { ...bounce, id: 'a3', email: other.address, message_id: messageId() }
    expect(await generic(said)).toMatchObject({ proof: null, campaign_id: null })
  })

  it('is nobody, where the Message-ID is not of our making', async () => {
    const forged = messageId().replace(/^<m-(.)/, (_, c) => `<m-${c === 'a' ? 'b' : 'a'}`)
    const said = { ...bounce, id: 'a4', email: 'stranger@far.test', message_id: forged }
    expect(await generic(said)).toMatchObject({ proof: null, campaign_id: null })
  })

  it('is not kept, where a delivery that we know of was delivered; where we do not know, it is', async () => {
    const delivered = { event: 'delivered', id: 'd1', email: reader.address }
    expect(await generic({ ...delivered, message_id: messageId() })).toBeUndefined()
    expect(await database.db.selectFrom('evidence').select('id').execute()).toEqual([])
    const set = (state: 'uncertain' | 'accepted') =>
      database.db
        .updateTable('deliveries')
        .set({ state })
        .where('campaign_id', '=', campaignId)
        .where('subscriber_id', '=', reader.id)
        .execute()
    await set('uncertain')
    const kept = await generic({ ...delivered, id: 'd2', message_id: messageId() })
    await set('accepted')
    expect(kept).toMatchObject({ kind: 'delivered', subscriber_id: reader.id, handled_at: null })
  })
})

it('logs no secret, no signature and no address, whatever is posted', async () => {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const logged = createApp({
    ...{ db: database.db, secrets, publicUrl: PUBLIC_URL, trustedProxies: [], log },
    ...{ webhooks: webhooksConfig, fetch: providersWeb(), ring: async () => {} },
  })
  const basic = `Basic ${Buffer.from(`x:${SECRET}`).toString('base64')}`
  await post(dead('postmark'), logged)
  await post({ ...dead('brevo'), path: '/hooks/brevo', headers: { authorization: basic } }, logged)
  await post({ ...dead('brevo'), path: `/hooks/brevo/${SECRET}0` }, logged)
  await post({ ...dead('resend'), body: '{}' }, logged)
  const said = lines.join('')
  expect(said).toContain('/hooks/postmark/…')
  for (const hidden of [SECRET, basic, reader.address, 'v1,']) expect(said).not.toContain(hidden)
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
