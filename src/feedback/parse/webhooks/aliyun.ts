import { createHmac, createPublicKey, publicDecrypt, verify } from 'node:crypto'
import {
  addressOf,
  bounce,
  contentId,
  eventsOf,
  type Json,
  objectOf,
  type ProviderEvent,
  plain,
  readJson,
  textOf,
  textsIn,
} from './event.ts'
import {
  FOREIGN,
  isFresh,
  isSame,
  PROVEN,
  STALE,
  UNPROVEN,
  type WebhookRequest,
  type WebhookVerdict,
} from './request.ts'

const HEADER = 'x-eventbridge-signature'
/** As EventBridge's own documentation wants it. */
const WINDOW_MS = 60_000
const HOST = /^[a-z0-9-]+-eventbridge\.oss-accelerate\.aliyuncs\.com$/

/** Where its certificate is; null: it names none, or one that is not Aliyun's. */
export function aliyunCertificateUrl(request: WebhookRequest): string | null {
  const text = request.header(`${HEADER}-url`) ?? ''
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const isTheirs = url.protocol === 'https:' && url.port === '' && HOST.test(url.hostname)
  return isTheirs && url.username === '' && url.password === '' ? text : null
}

/** Before anything is fetched: of now? */
export function screenAliyun(request: WebhookRequest, now: Date): WebhookVerdict {
  if (aliyunCertificateUrl(request) === null) return UNPROVEN
  const timestamp = request.header(`${HEADER}-timestamp`) ?? ''
  const at = /^\d{10}$/.test(timestamp)
    ? Number(timestamp) * 1_000
    : /^\d{13}$/.test(timestamp)
      ? Number(timestamp)
      : Number.NaN
  return isFresh(new Date(at), now, WINDOW_MS) ? PROVEN : STALE
}

/**
 * Its signature says that EventBridge posted it, for whomever: so the account must be ours too. The newer kind is RSA
 * over the text; the older HMAC under a secret that is wrapped with the private half of the certificate's key.
 */
export function verifyAliyun(
  request: WebhookRequest,
  pem: string,
  accounts: readonly string[],
): WebhookVerdict {
  try {
    if (!isSigned(request, pem)) return UNPROVEN
    return accounts.includes(textOf(objectOf(readJson(request.raw)).aliyunaccountid) ?? '')
      ? PROVEN
      : FOREIGN
  } catch {
    return UNPROVEN
  }
}

function isSigned(request: WebhookRequest, pem: string): boolean {
  const key = createPublicKey(pem)
  const signed = Buffer.concat([Buffer.from(signedHead(request)), request.raw])
  const newer = request.header(`${HEADER}-v2`)
  if (newer !== null) return verify('sha256', signed, key, Buffer.from(newer, 'base64'))
  if (request.header(`${HEADER}-method`) !== 'HMAC-SHA1') return false
  const wrapped = Buffer.from(request.header(`${HEADER}-secret`) ?? '', 'base64')
  const secret = publicDecrypt(key, wrapped)
  const wanted = createHmac('sha1', secret).update(signed).digest('base64')
  return isSame(request.header(HEADER) ?? '', wanted)
}

const SIGNED = ['timestamp', 'method', 'version', 'url', 'token']

function signedHead(request: WebhookRequest): string {
  const lines = SIGNED.flatMap((name) => {
    const value = request.header(`${HEADER}-${name}`)
    return value === null ? [] : [`${HEADER}-${name}: ${value}`]
  })
  return `${request.url}\n${lines.join('\n')}\n`
}

/** A CloudEvent of DirectMail. */
export function parseAliyun(raw: Buffer): ProviderEvent[] {
  const said = objectOf(readJson(raw))
  const data = objectOf(said.data)
  const recipient = addressOf(data.rcpt)
  return eventsOf(eventOf(textOf(said.type) ?? textOf(data.event), data), {
    recipient,
    tokens: [textOf(data.msg_id) ?? '', ...textsIn(data.header), textOf(data.tag) ?? ''],
    id: textOf(said.id) ?? contentId(said.type, data.env_id, data.msg_id, recipient, said.time),
  })
}

function eventOf(type: string | null, data: Json) {
  switch (type) {
    case 'dm:Deliver:Fail':
      return bounce({
        says: textOf(data.failed_type) === 'SmtpNxBox' ? 'hard' : 'soft',
        text: textOf(data.err_msg),
      })
    case 'dm:Feedback:FblReport':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'dm:Feedback:UnSubscribe':
      return plain('unsubscribe')
    case 'dm:Deliver:Succeed':
      return plain('delivered')
    default:
      return null
  }
}
