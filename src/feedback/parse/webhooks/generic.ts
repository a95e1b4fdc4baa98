import type { BounceType } from '../../../../db/types.ts'
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
} from './event.ts'

/**
 * Our own format, for whatever has no provider's: an object or a list of
 * `{"id", "event": "bounce"|"complaint"|"unsubscribe"|"delivered", "email", "message_id", "type", "status", "text",
 * "feedback_type"}`.
 * @throws Error where it is something else
 */
export function parseGeneric(raw: Buffer): ProviderEvent[] {
  return oneOrMany(raw).flatMap(toEvent)
}

function toEvent(said: Json): ProviderEvent[] {
  const event = eventOf(said)
  if (event === null)
    throw new Error('an event that is none of bounce, complaint, unsubscribe, delivered')
  const recipient = addressOf(said.email)
  const messageId = textOf(said.message_id)
  return eventsOf(event, {
    recipient,
    tokens: messageId === null ? [] : [messageId],
    id: textOf(said.id) ?? contentId(said.event, recipient, messageId, said.text, said.at),
  })
}

function eventOf(said: Json) {
  switch (textOf(said.event)) {
    case 'bounce': {
      const type = textOf(said.type)
      const says =
        type === 'hard' || type === 'soft' || type === 'block' ? (type as BounceType) : null
      return bounce({ says, status: textOf(said.status), text: textOf(said.text) })
    }
    case 'complaint':
      return plain('complaint', {
        feedbackType: textOf(said.feedback_type)?.toLowerCase() ?? 'abuse',
        diagnostic: textOf(said.text),
      })
    case 'unsubscribe':
      return plain('unsubscribe')
    case 'delivered':
      return plain('delivered')
    default:
      return null
  }
}
