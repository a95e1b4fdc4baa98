import { createPublicKey, verify } from 'node:crypto'
import {
  addressOf,
  bounce,
  contentId,
  eventsOf,
  type Json,
  listOf,
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
  PROVEN,
  STALE,
  UNPROVEN,
  type WebhookRequest,
  type WebhookVerdict,
} from './request.ts'

/** It tries again for a day; which time a later try bears is not said. An event counts once, however old. */
const WINDOW_MS = 86_400_000
const HEADER = 'x-twilio-email-event-webhook'

/** ECDSA P-256 over time and body. @param publicKeys SPKI in base64, as its dashboard shows them */
export function verifySendgrid(
  request: WebhookRequest,
  publicKeys: readonly string[],
  now: Date,
): WebhookVerdict {
  const timestamp = request.header(`${HEADER}-timestamp`) ?? ''
  const signature = Buffer.from(request.header(`${HEADER}-signature`) ?? '', 'base64')
  const signed = Buffer.concat([Buffer.from(timestamp), request.raw])
  const isSigned = publicKeys.some((text) => {
    try {
      const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
      return verify('sha256', signed, key, signature)
    } catch {
      return false
    }
  })
  if (!isSigned || !/^\d{1,12}$/.test(timestamp)) return UNPROVEN
  return isFresh(new Date(Number(timestamp) * 1_000), now, WINDOW_MS) ? PROVEN : STALE
}

/** `smtp-id` is our Message-ID where the mail came to SendGrid by SMTP. */
export function parseSendgrid(raw: Buffer): ProviderEvent[] {
  return listOf(readJson(raw)).map(objectOf).flatMap(toEvent)
}

function toEvent(said: Json): ProviderEvent[] {
  const recipient = addressOf(said.email)
  const id = textOf(said.sg_event_id)
  return eventsOf(eventOf(said), {
    recipient,
    tokens: textsIn(said, 2),
    id: id ?? contentId(said.event, recipient, said.sg_message_id, said.timestamp),
  })
}

function eventOf(said: Json) {
  const text = textOf(said.reason) ?? textOf(said.response)
  switch (textOf(said.event)) {
    case 'bounce':
      return bounce({ ...verdictOf(said), status: textOf(said.status), text })
    case 'dropped':
      return droppedOf(text)
    case 'spamreport':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'unsubscribe':
    case 'group_unsubscribe':
      return plain('unsubscribe')
    case 'delivered':
      return plain('delivered')
    default:
      return null
  }
}

function verdictOf(said: Json): ProviderVerdict {
  const classes: Readonly<Record<string, ProviderVerdict>> = {
    'Invalid Address': { says: 'hard' },
    Reputation: { says: 'block', reason: 'reputation' },
    Content: { says: 'block', reason: 'content' },
    'Technical Failure': { says: 'soft', reason: 'network' },
    'Frequency or Volume Too High': { says: 'block', reason: 'rate' },
  }
  const byClass = classes[textOf(said.bounce_classification) ?? '']
  if (textOf(said.type) === 'blocked') {
    return byClass && byClass.says !== 'hard' ? byClass : { says: 'soft' }
  }
  return byClass ?? { says: 'hard' }
}

/** It did not even try, for what is on its own lists. */
function droppedOf(reason: string | null) {
  if (/^unsubscribed/i.test(reason ?? '')) return plain('unsubscribe')
  if (/^spam reporting/i.test(reason ?? '')) return plain('complaint', { feedbackType: 'abuse' })
  if (/spam content/i.test(reason ?? '')) return { ...bounce({ says: 'block', reason: 'spam' }) }
  return bounce({ says: 'soft', text: reason })
}
