import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readPosts } from '../../src/feedback/read-posts.ts'
import { secrets } from '../support/courier.ts'
import { stageWebhooks } from '../support/webhook-stage.ts'
import { deadAddress, signAliyunV2, signSns, snsFields, TOPIC, wraps } from '../support/webhooks.ts'

const { stage, dead, events, messageId, post, posts, told } = stageWebhooks()

describe('Amazon SNS', () => {
  it('refuses a certificate whose time is over, whatever it has signed', async () => {
    const message = deadAddress.ses(told())
    for (const [year, status] of [
      ['2100', 200],
      ['2127', 401],
    ] as const) {
      stage.now = new Date(`${year}-01-01T00:00:00Z`)
      const body = signSns(snsFields(message, stage.now), '2')
      expect(await post({ path: '/hooks/ses', body, headers: {} })).toBe(status)
    }
  })

  it('takes both versions of its signature, and no third', async () => {
    const message = deadAddress.ses(told())
    for (const [version, status] of [
      ['1', 200],
      ['2', 200],
      ['3', 401],
    ] as const) {
      const body = signSns(snsFields(message, stage.now, { MessageId: `m${version}` }), version)
      expect(await post({ path: '/hooks/ses', body, headers: {} })).toBe(status)
    }
  })

  it('refuses a topic of somebody else, before it fetches anything', async () => {
    const fields = snsFields(deadAddress.ses(told()), stage.now, { TopicArn: `${TOPIC}-2` })
    expect(await post({ path: '/hooks/ses', body: signSns(fields), headers: {} })).toBe(403)
    expect(stage.asked).toEqual([])
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
    const fields = snsFields(deadAddress.ses(told()), stage.now, { SigningCertURL: url })
    expect(await post({ path: '/hooks/ses', body: signSns(fields), headers: {} })).toBe(401)
    expect(stage.asked).toEqual([])
  })

  const confirmation = (type: string, url: string) => {
    const fields = snsFields('You asked for it.', stage.now, { Type: type })
    return signSns({ ...fields, Token: 'a-token', SubscribeURL: url })
  }
  const subscribeUrl = (topic = TOPIC) =>
    `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=a-token`

  it('confirms a subscription of our topic by asking SNS, and nobody else', async () => {
    const confirm = (url: string) =>
      post({ path: '/hooks/ses', body: confirmation('SubscriptionConfirmation', url), headers: {} })
    expect(await confirm(subscribeUrl())).toBe(200)
    expect(stage.asked.at(-1)).toBe(subscribeUrl())
    stage.asked.length = 0
    expect(await confirm('https://169.254.169.254/?Action=ConfirmSubscription')).toBe(403)
    expect(await confirm('http://127.0.0.1/?Action=ConfirmSubscription')).toBe(403)
    expect(await confirm(subscribeUrl(`${TOPIC}-2`))).toBe(403)
    expect(stage.asked.filter((url) => !url.endsWith('.pem'))).toEqual([])
    expect(await posts()).toBe(0)
  })

  it('confirms nothing that is not signed', async () => {
    const body = confirmation('SubscriptionConfirmation', subscribeUrl()).replace('a-token', 'b')
    expect(await post({ path: '/hooks/ses', body, headers: {} })).toBe(401)
    expect(stage.asked.filter((url) => !url.endsWith('.pem'))).toEqual([])
  })

  it('takes note of an UnsubscribeConfirmation and does not subscribe again', async () => {
    const body = confirmation('UnsubscribeConfirmation', subscribeUrl())
    expect(await post({ path: '/hooks/ses', body, headers: {} })).toBe(200)
    expect(stage.asked.filter((url) => !url.endsWith('.pem'))).toEqual([])
  })
})

describe('Mailgun, whose signature does not cover the body', () => {
  it('takes a token once: not again under another body, in or after five minutes', async () => {
    const one = dead('mailgun')
    const another = deadAddress.mailgun({ ...told('event-2'), email: stage.other.address })
    const forged = one.body.replace(/"event-data":.*$/, `"event-data":${another}}`)
    expect(await post(one)).toBe(200)
    expect(await post({ ...one, body: forged })).toBe(406)
    stage.now = new Date(stage.now.getTime() + 301_000)
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
  expect(await post(signAliyunV2(body, stage.now))).toBe(200)
  const foreign = body.replace(/"aliyunaccountid":"\d/, '"aliyunaccountid":"9')
  expect(await post(signAliyunV2(foreign, stage.now))).toBe(403)
  expect(await posts()).toBe(1)
})

describe('what an event is about', () => {
  const generic = async (said: object) => {
    expect(await post(wraps.generic(JSON.stringify(said), stage.now))).toBe(200)
    await readPosts(stage.database.db, secrets)
    return (await events()).at(-1)
  }
  const bounce = { event: 'bounce', type: 'hard', status: '5.1.1', text: '550 5.1.1 no such user' }

  it('is the newest accepted delivery to its address, where it bears nothing of ours', async () => {
    const event = await generic({ ...bounce, id: 'a1', email: stage.reader.address.toUpperCase() })
    expect(event).toMatchObject({ proof: 'address', subscriber_id: stage.reader.id })
  })

  it('is nobody, where the ledger has no such delivery', async () => {
    const event = await generic({ ...bounce, id: 'a2', email: 'stranger@far.test' })
    expect(event).toMatchObject({ proof: null, campaign_id: null, subscriber_id: null })
    expect(event?.address_hash).toEqual(secrets.addressHash('stranger@far.test'))
  })

  it('is nobody, where our Message-ID comes with the address of another', async () => {
    const said = { ...bounce, id: 'a3', email: stage.other.address, message_id: messageId() }
    expect(await generic(said)).toMatchObject({ proof: null, campaign_id: null })
  })

  it('is nobody, where the Message-ID is not of our making', async () => {
    const forged = messageId().replace(/^<m-(.)/, (_, c) => `<m-${c === 'a' ? 'b' : 'a'}`)
    const said = { ...bounce, id: 'a4', email: 'stranger@far.test', message_id: forged }
    expect(await generic(said)).toMatchObject({ proof: null, campaign_id: null })
  })

  it('is not kept, where a delivery that we know of was delivered; where we do not know, it is', async () => {
    const delivered = { event: 'delivered', id: 'd1', email: stage.reader.address }
    expect(await generic({ ...delivered, message_id: messageId() })).toBeUndefined()
    expect(await stage.database.db.selectFrom('evidence').select('id').execute()).toEqual([])
    const set = (state: 'uncertain' | 'accepted') =>
      stage.database.db
        .updateTable('deliveries')
        .set({ state })
        .where('campaign_id', '=', stage.campaignId)
        .where('subscriber_id', '=', stage.reader.id)
        .execute()
    await set('uncertain')
    const kept = await generic({ ...delivered, id: 'd2', message_id: messageId() })
    await set('accepted')
    expect(kept).toMatchObject({
      kind: 'delivered',
      subscriber_id: stage.reader.id,
      handled_at: null,
    })
  })
})

describe('a proven post of which something cannot be kept', () => {
  const generic = (fields: Record<string, unknown>) =>
    wraps.generic(
      JSON.stringify({ event: 'bounce', type: 'hard', email: stage.reader.address, ...fields }),
      stage.now,
    )

  it('counts with its NUL characters shown as what cannot be', async () => {
    const text = '550 5.1.1 user\0 unknown'
    expect(await post(generic({ id: 'q\0 7', text, message_id: messageId() }))).toBe(200)
    await readPosts(stage.database.db, secrets)
    expect(await events()).toMatchObject([{ diagnostic: '550 5.1.1 user\ufffd unknown' }])
  })

  it('holds up no other, and is kept as one that cannot be read', async () => {
    const long = randomBytes(20_000).toString('base64')
    expect(await post(generic({ id: long }))).toBe(200)
    expect(await post(dead('postmark'))).toBe(200)
    for (let more = true; more; ) more = (await readPosts(stage.database.db, secrets)).more
    expect(await events()).toMatchObject([
      { origin: 'generic', kind: 'other', held_because: 'the payload cannot be read' },
      { origin: 'postmark', kind: 'bounce', held_because: null },
    ])
  })
})
