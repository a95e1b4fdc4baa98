import { createHmac } from 'node:crypto'
import {
  addressOf,
  bounce,
  contentId,
  eventsOf,
  type Json,
  objectOf,
  type ProviderEvent,
  type ProviderVerdict,
  plain,
  readJson,
  textOf,
  textsIn,
} from './event.ts'
import {
  isFresh,
  isSame,
  STALE,
  UNPROVEN,
  type WebhookRequest,
  type WebhookVerdict,
} from './request.ts'

const WINDOW_MS = 300_000

/** HMAC over time and token, not over the body: so each token counts once, and for five minutes. */
export function verifyMailgun(
  request: WebhookRequest,
  keys: readonly string[],
  now: Date,
): WebhookVerdict {
  const signed = signatureIn(request.raw)
  const timestamp = textOf(signed.timestamp) ?? ''
  const token = textOf(signed.token) ?? ''
  const given = [textOf(signed.signature), textOf(signed['parent-signature'])]
  const isSigned = keys
    .map((key) => createHmac('sha256', key).update(`${timestamp}${token}`).digest('hex'))
    .map((wanted) => given.map((each) => isSame(each ?? '', wanted)).some(Boolean))
    .some(Boolean)
  if (!isSigned || token === '' || !/^\d{1,12}$/.test(timestamp)) return UNPROVEN
  const isInTime = isFresh(new Date(Number(timestamp) * 1_000), now, WINDOW_MS)
  return isInTime ? { ok: true, once: `${timestamp}:${token}` } : STALE
}

function signatureIn(raw: Buffer): Json {
  try {
    return objectOf(objectOf(readJson(raw)).signature)
  } catch {
    return {}
  }
}

export function parseMailgun(raw: Buffer): ProviderEvent[] {
  const said = objectOf(objectOf(readJson(raw))['event-data'])
  const headers = objectOf(objectOf(said.message).headers)
  const recipient = addressOf(said.recipient)
  return eventsOf(eventOf(said), {
    recipient,
    tokens: [textOf(headers['message-id']) ?? '', ...textsIn(said['user-variables'])],
    id: textOf(said.id) ?? contentId(said.event, recipient, said.timestamp, headers['message-id']),
  })
}

function eventOf(said: Json) {
  switch (textOf(said.event)) {
    case 'failed':
      // A temporary one is tried again by Mailgun: it is not the end.
      return textOf(said.severity) === 'permanent' ? failureOf(said) : null
    case 'complained':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'unsubscribed':
      return plain('unsubscribe')
    case 'delivered':
      return plain('delivered')
    default:
      return null
  }
}

function failureOf(said: Json) {
  const status = objectOf(said['delivery-status'])
  const code = textOf(status.code)
  const words = textOf(status.message) || textOf(status.description)
  const text = words === null ? null : `${code === null ? '' : `${code} `}${words}`
  const enhanced = textOf(status['enhanced-code'])
  return bounce({ ...verdictOf(textOf(said.reason), status), status: enhanced, text })
}

function verdictOf(reason: string | null, status: Json): ProviderVerdict {
  // suppress-…: on its own list; old: its tries are used up.
  if (reason === 'old') return { says: 'soft', reason: 'expired' }
  if (reason?.startsWith('suppress-')) return { says: 'soft' }
  return { says: textOf(status['bounce-type']) === 'soft' ? 'soft' : 'hard' }
}
