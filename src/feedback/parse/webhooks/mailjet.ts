import type { BounceReason } from '../../../mail/bounce-reason.ts'
import {
  addressOf,
  bounce,
  contentId,
  eventsOf,
  type Json,
  oneOrMany,
  type ProviderEvent,
  type ProviderVerdict,
  plain,
  textOf,
} from './event.ts'

/** One object, or a list where events are grouped. MessageID is over 2^53 and loses digits: Message_GUID names the mail. */
export function parseMailjet(raw: Buffer): ProviderEvent[] {
  return oneOrMany(raw).flatMap(toEvent)
}

function toEvent(said: Json): ProviderEvent[] {
  const recipient = addressOf(said.email)
  return eventsOf(eventOf(said), {
    recipient,
    tokens: [textOf(said.CustomID) ?? '', textOf(said.Payload) ?? ''],
    id: contentId(said.event, recipient, said.Message_GUID ?? said.MessageID, said.time),
  })
}

function eventOf(said: Json) {
  switch (textOf(said.event)) {
    case 'bounce':
      return bounceOf(said)
    case 'blocked':
      return bounceOf({ ...said, hard_bounce: false })
    case 'spam':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'unsub':
      return plain('unsubscribe')
    case 'sent':
      return plain('delivered')
    default:
      return null
  }
}

const ERRORS: Readonly<Record<string, BounceReason>> = {
  'user unknown': 'unknown-user',
  'invalid domain': 'unknown-host',
  'no mail host': 'unknown-host',
  'mailbox inactive': 'disabled',
  'quota exceeded': 'mailbox-full',
  blacklisted: 'reputation',
  'spam reporter': 'refused-by-recipient',
  'relay/access denied': 'relaying',
  greylisted: 'greylisted',
  'sender blocked': 'sender',
  'content blocked': 'content',
  'policy issue': 'policy',
  'system issue': 'system-error',
  'protocol issue': 'system-error',
  'connection issue': 'network',
}
const TYPES: Readonly<Record<string, ProviderVerdict['says']>> = {
  content: 'block',
  policy: 'block',
  system: 'soft',
  mailjet: 'soft',
}

/** `hard_bounce` is also said of what is only refused; what the error is about says whose fault it is. */
function bounceOf(said: Json) {
  const reason = ERRORS[textOf(said.error) ?? '']
  const about = TYPES[textOf(said.error_related_to) ?? '']
  const isDead = reason === undefined || reason === 'unknown-user' || reason === 'unknown-host'
  const says =
    said.hard_bounce === true && about === undefined && isDead ? 'hard' : (about ?? 'soft')
  const text = [textOf(said.error), textOf(said.comment)].filter(Boolean).join(': ') || null
  const comment = textOf(said.comment)
  const judged = bounce({
    says,
    ...(reason && isFit(reason, says) ? { reason } : {}),
    text: comment,
  })
  return { ...judged, diagnostic: judged.diagnostic ?? text }
}

const isFit = (reason: BounceReason, says: ProviderVerdict['says']) =>
  says !== 'hard' || reason === 'unknown-user' || reason === 'unknown-host'
