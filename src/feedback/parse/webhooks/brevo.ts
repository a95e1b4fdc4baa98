import {
  addressOf,
  bounce,
  contentId,
  eventsOf,
  type Json,
  oneOrMany,
  type ProviderEvent,
  plain,
  textOf,
  textsIn,
} from './event.ts'

/** One object a POST, or several where batches are switched on. None has a name: what it says names it. */
export function parseBrevo(raw: Buffer): ProviderEvent[] {
  return oneOrMany(raw).flatMap(toEvent)
}

function toEvent(said: Json): ProviderEvent[] {
  const recipient = addressOf(said.email)
  const when = textOf(said.ts_epoch) ?? textOf(said.ts_event) ?? textOf(said.ts)
  return eventsOf(eventOf(said), {
    recipient,
    tokens: [
      textOf(said['message-id']) ?? '',
      textOf(said['X-Mailin-custom']) ?? '',
      ...textsIn(said.tags),
    ],
    id: contentId(said.event, recipient, said['message-id'], when),
  })
}

function eventOf(said: Json) {
  const text = textOf(said.reason)
  switch (textOf(said.event)) {
    case 'hard_bounce':
      return bounce({ says: 'hard', text })
    case 'invalid_email':
      return bounce({ says: 'hard', reason: 'unknown-user', text })
    case 'soft_bounce':
      return bounce({ says: 'soft', text })
    case 'blocked':
    case 'error':
      return bounce({ says: 'soft', text })
    case 'spam':
    case 'complaint':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'unsubscribe':
    case 'unsubscribed':
      return plain('unsubscribe')
    case 'delivered':
      return plain('delivered')
    default:
      return null
  }
}
