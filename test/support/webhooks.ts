import {
  constants,
  createHmac,
  createSign,
  generateKeyPairSync,
  privateEncrypt,
  randomBytes,
  sign,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'
import { packagePath } from '../../src/config.ts'
import type { WebhookProvider, WebhooksConfig } from '../../src/config-intake.ts'
import type { FetchResult, fetchSafely } from '../../src/fetch-safely.ts'

/** A provider as we play it: what it is configured with, what it posts, and how it proves it. */

export type Post = Readonly<{
  path: string
  body: string
  headers: Readonly<Record<string, string>>
}>
export type Told = Readonly<{ email: string; messageId: string; id: string }>

const pem = (name: string) => readFileSync(packagePath(`test/fixtures/tls/${name}.pem`), 'utf8')
const secret = randomBytes(16).toString('hex')
const whsec = `whsec_${randomBytes(24).toString('base64')}`
const mailgunKey = `key-${randomBytes(16).toString('hex')}`
const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const bridge = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:bounces'
export const ACCOUNT = '1234567890123456'
export const PUBLIC_URL = 'https://letters.example'
export const SECRET = secret
const SNS = 'https://sns.eu-central-1.amazonaws.com'
const SNS_CERTIFICATE = `${SNS}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`
const BRIDGE_CERTIFICATE =
  'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/x509_public_certificate.pem'

export const webhooksConfig: WebhooksConfig = {
  ses: [TOPIC],
  sendgrid: [ecdsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
  mailgun: [mailgunKey],
  resend: [whsec],
  generic: [whsec],
  aliyun: [ACCOUNT],
  postmark: [secret],
  brevo: [secret],
  sparkpost: [secret],
  mailjet: [secret],
  tencent: [secret],
}

/** Answers for the providers' certificates; `asked` says what was asked for. */
export function providersWeb(asked: string[] = []): typeof fetchSafely {
  return async (url): Promise<FetchResult> => {
    asked.push(url)
    const body: Record<string, string> = {
      [SNS_CERTIFICATE]: pem('sns-cert'),
      [BRIDGE_CERTIFICATE]: String(bridge.publicKey.export({ type: 'spki', format: 'pem' })),
    }
    const text = body[url] ?? (url.startsWith(`${SNS}/?Action=`) ? '<ok/>' : null)
    if (text === null) return { outcome: 'dead', url, status: 404, reason: 'not there' }
    return { outcome: 'ok', url, status: 200, headers: {}, body: Buffer.from(text) }
  }
}

type Wrap = (body: string, now: Date) => Post

export function signSns(fields: Record<string, string>, version = '2'): string {
  const names =
    fields.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const text = names
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name}\n${fields[name]}\n`)
    .join('')
  const signature = createSign(version === '1' ? 'sha1' : 'sha256')
    .update(text)
    .sign(pem('sns-key'), 'base64')
  return JSON.stringify({ ...fields, SignatureVersion: version, Signature: signature })
}

export function snsFields(message: string, now: Date, more: Record<string, string> = {}) {
  return {
    ...{ Type: 'Notification', MessageId: `sns-${message.length}-${now.getTime()}` },
    ...{ TopicArn: TOPIC, Message: message, Timestamp: now.toISOString() },
    ...{ SigningCertURL: SNS_CERTIFICATE, ...more },
  }
}

const standard =
  (provider: string, prefix: string): Wrap =>
  (body, now) => {
    const id = `msg_${now.getTime()}_${body.length}`
    const signature = new Webhook(whsec).sign(id, now, body)
    const timestamp = String(Math.floor(now.getTime() / 1_000))
    return {
      ...{ path: `/hooks/${provider}`, body },
      headers: {
        [`${prefix}-id`]: id,
        [`${prefix}-timestamp`]: timestamp,
        [`${prefix}-signature`]: signature,
      },
    }
  }

const unsigned =
  (provider: string): Wrap =>
  (body) => ({ path: `/hooks/${provider}/${secret}`, body, headers: {} })

export const wraps: { [P in WebhookProvider]: Wrap } = {
  ses: (body, now) => ({
    ...{ path: '/hooks/ses', body: signSns(snsFields(body, now)) },
    headers: { 'content-type': 'text/plain; charset=UTF-8' },
  }),
  sendgrid: (body, now) => {
    const timestamp = String(Math.floor(now.getTime() / 1_000))
    const signature = sign('sha256', Buffer.from(timestamp + body), ecdsa.privateKey)
    const name = 'x-twilio-email-event-webhook'
    const headers = {
      [`${name}-signature`]: signature.toString('base64'),
      [`${name}-timestamp`]: timestamp,
    }
    return { path: '/hooks/sendgrid', body, headers }
  },
  mailgun: (body, now) => {
    const timestamp = String(Math.floor(now.getTime() / 1_000))
    const token = randomBytes(25).toString('hex')
    const signature = createHmac('sha256', mailgunKey)
      .update(timestamp + token)
      .digest('hex')
    const whole = `{"signature":${JSON.stringify({ timestamp, token, signature })},"event-data":${body}}`
    return { path: '/hooks/mailgun', body: whole, headers: {} }
  },
  resend: standard('resend', 'svix'),
  generic: standard('generic', 'webhook'),
  aliyun: (body, now) => {
    const key = randomBytes(16)
    const name = 'x-eventbridge-signature'
    const headers: Record<string, string> = {
      [`${name}-timestamp`]: String(Math.floor(now.getTime() / 1_000)),
      [`${name}-method`]: 'HMAC-SHA1',
      [`${name}-version`]: '1.0',
      [`${name}-url`]: BRIDGE_CERTIFICATE,
    }
    const head = Object.entries(headers).map(([each, value]) => `${each}: ${value}`)
    const text = `${PUBLIC_URL}/hooks/aliyun\n${head.join('\n')}\n${body}`
    headers[name] = createHmac('sha1', key).update(text).digest('base64')
    const padding = constants.RSA_PKCS1_PADDING
    const wrapped = privateEncrypt({ key: bridge.privateKey, padding }, key)
    headers[`${name}-secret`] = wrapped.toString('base64')
    return { path: '/hooks/aliyun', body, headers }
  },
  postmark: unsigned('postmark'),
  brevo: unsigned('brevo'),
  sparkpost: unsigned('sparkpost'),
  mailjet: unsigned('mailjet'),
  tencent: unsigned('tencent'),
}

/** The newer kind of EventBridge's signature: RSA over the text. */
export function signAliyunV2(body: string, now: Date): Post {
  const name = 'x-eventbridge-signature'
  const headers: Record<string, string> = {
    [`${name}-timestamp`]: String(Math.floor(now.getTime() / 1_000)),
    [`${name}-version`]: '2.0',
    [`${name}-url`]: BRIDGE_CERTIFICATE,
  }
  const head = Object.entries(headers).map(([each, value]) => `${each}: ${value}`)
  const text = `${PUBLIC_URL}/hooks/aliyun\n${head.join('\n')}\n${body}`
  headers[`${name}-v2`] = sign('sha256', Buffer.from(text), bridge.privateKey).toString('base64')
  return { path: '/hooks/aliyun', body, headers }
}

const bare = (messageId: string) => messageId.replace(/^<|>$/g, '')

/** A dead address, as each provider says it, in texts that we wrote. */
export const deadAddress: { [P in WebhookProvider]: (told: Told) => string } = {
  ses: ({ email, messageId, id }) =>
    JSON.stringify({
      eventType: 'Bounce',
      bounce: {
        bounceType: 'Permanent',
        bounceSubType: 'General',
        bouncedRecipients: [
          {
            emailAddress: email,
            status: '5.1.1',
            action: 'failed',
            diagnosticCode: `smtp; 550 5.1.1 <${email}>: no such user here`,
          },
        ],
        timestamp: '2026-11-24T10:00:00.000Z',
        feedbackId: id,
      },
      mail: { messageId: id, headers: [{ name: 'Message-ID', value: messageId }] },
    }),
  postmark: ({ email, messageId, id }) =>
    JSON.stringify({
      ...{ RecordType: 'Bounce', ID: Number(id.replace(/\D/g, '')), Type: 'HardBounce' },
      ...{ TypeCode: 1, MessageID: 'c0ffee00-0000-4000-8000-000000000000', Email: email },
      ...{ Metadata: { postrider: bare(messageId).split('@')[0] }, Inactive: true },
      Details: `smtp;550 5.1.1 <${email}>: no such user here`,
    }),
  sendgrid: ({ email, messageId, id }) =>
    `[${JSON.stringify({
      ...{ email, event: 'bounce', type: 'bounce', status: '5.1.1', sg_event_id: id },
      ...{ 'smtp-id': messageId, reason: '550 5.1.1 no such user here', timestamp: 1_764_000_000 },
    })}]\r\n`,
  mailgun: ({ email, messageId, id }) =>
    JSON.stringify({
      ...{ event: 'failed', severity: 'permanent', reason: 'bounce', id, recipient: email },
      message: { headers: { 'message-id': bare(messageId), to: email } },
      'delivery-status': {
        ...{ code: 550, 'enhanced-code': '5.1.1', message: '5.1.1 no such user here' },
        'bounce-type': 'hard',
      },
    }),
  resend: ({ email, messageId, id }) =>
    JSON.stringify({
      ...{ type: 'email.bounced', created_at: '2026-11-24T10:00:00.000Z' },
      data: {
        ...{ email_id: id, message_id: messageId, to: [email] },
        bounce: { type: 'Permanent', subType: 'General', message: '550 5.1.1 no such user here' },
      },
    }),
  brevo: ({ email, messageId, id }) =>
    JSON.stringify({
      ...{ event: 'hard_bounce', email, 'message-id': messageId },
      ...{ ts_epoch: 1_764_000_000_000 + Number(id.replace(/\D/g, '')) },
      reason: '550 5.1.1 no such user here',
    }),
  sparkpost: ({ email, messageId, id }) =>
    JSON.stringify([
      {
        msys: {
          message_event: {
            ...{ type: 'bounce', bounce_class: '10', error_code: '550', event_id: id },
            ...{ rcpt_to: email, rcpt_meta: { postrider: bare(messageId) } },
            raw_reason: '550 5.1.1 no such user here',
          },
        },
      },
    ]),
  mailjet: ({ email, messageId, id }) =>
    JSON.stringify({
      ...{
        event: 'bounce',
        time: 1_764_000_000,
        MessageID: 19_000_000_000,
        Message_GUID: id,
      },
      ...{ email, CustomID: bare(messageId).split('@')[0], blocked: false, hard_bounce: true },
      ...{ error_related_to: 'recipient', error: 'user unknown' },
    }),
  aliyun: ({ email, messageId, id }) =>
    JSON.stringify({
      data: {
        ...{ header: { 'X-Notify-Message-ID': bare(messageId) }, rcpt: email, err_code: '550' },
        ...{ event: 'dm:Deliver:Fail', failed_type: 'SmtpNxBox' },
        err_msg: '550 RCPT 5.1.1 no such user here',
      },
      ...{ id, source: 'acs:dm', specversion: '1.0', type: 'dm:Deliver:Fail' },
      aliyunaccountid: ACCOUNT,
    }),
  tencent: ({ email, messageId, id }) =>
    JSON.stringify({
      ...{ event: 'bounce', email, bulkId: id, timestamp: 1_764_000_000 },
      ...{ reason: '550 5.1.1 no such user here', bounceType: 'hard_bounce' },
      'X-Tencentcloudses-Cb-Custom': bare(messageId).split('@')[0],
    }),
  generic: ({ email, messageId, id }) =>
    JSON.stringify({
      ...{ id, event: 'bounce', email, message_id: messageId, type: 'hard' },
      ...{ status: '5.1.1', text: '550 5.1.1 no such user here' },
    }),
}

export const providers = Object.keys(wraps) as WebhookProvider[]
export const signing: readonly WebhookProvider[] = [
  'ses',
  'sendgrid',
  'mailgun',
  'resend',
  'generic',
  'aliyun',
]
