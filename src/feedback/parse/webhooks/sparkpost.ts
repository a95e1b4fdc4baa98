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

/** A list of one-event envelopes. What was given as metadata of a recipient comes back in `rcpt_meta`. */
export function parseSparkpost(raw: Buffer): ProviderEvent[] {
  return listOf(readJson(raw)).flatMap((each) =>
    Object.values(objectOf(objectOf(each).msys))
      .map(objectOf)
      .flatMap(toEvent),
  )
}

function toEvent(said: Json): ProviderEvent[] {
  const recipient = addressOf(said.raw_rcpt_to) ?? addressOf(said.rcpt_to)
  return eventsOf(eventOf(said), {
    recipient,
    tokens: [...textsIn(said.rcpt_meta), ...textsIn(said.rcpt_tags)],
    id:
      textOf(said.event_id) ??
      contentId(said.type, recipient, said.message_id, said.timestamp, said.bounce_class),
  })
}

function eventOf(said: Json) {
  const text = textOf(said.raw_reason) ?? textOf(said.reason)
  switch (textOf(said.type)) {
    case 'bounce':
    case 'out_of_band':
      return bounceOf(textOf(said.bounce_class), text)
    case 'policy_rejection':
    case 'generation_failure':
    case 'generation_rejection':
      return bounce({ says: 'soft', text })
    case 'spam_complaint':
      return plain('complaint', { feedbackType: textOf(said.fbtype)?.toLowerCase() ?? 'abuse' })
    case 'list_unsubscribe':
    case 'link_unsubscribe':
      return plain('unsubscribe')
    case 'delivery':
      return plain('delivered')
    default:
      return null
  }
}

const CLASSES: Readonly<Record<string, ProviderVerdict>> = {
  '10': { says: 'hard', reason: 'unknown-user' },
  '20': { says: 'soft' },
  '21': { says: 'soft', reason: 'network' },
  '22': { says: 'soft', reason: 'mailbox-full' },
  '23': { says: 'soft', reason: 'too-large' },
  '24': { says: 'soft', reason: 'expired' },
  '25': { says: 'block', reason: 'policy' },
  '30': { says: 'hard' },
  '40': { says: 'soft' },
  '50': { says: 'block', reason: 'reputation' },
  '51': { says: 'block', reason: 'spam' },
  '52': { says: 'block', reason: 'spam' },
  '53': { says: 'block', reason: 'content' },
  '54': { says: 'block', reason: 'relaying' },
  '70': { says: 'soft', reason: 'system-error' },
}

function bounceOf(bounceClass: string | null, text: string | null) {
  switch (bounceClass) {
    // Auto-reply, challenge
    case '60':
    case '100':
      return plain('auto-reply')
    case '80':
      return plain('other')
    case '90':
      return plain('unsubscribe')
    default: {
      const verdict = CLASSES[bounceClass ?? ''] ?? { says: 'soft' as const }
      return bounce({ ...verdict, text })
    }
  }
}
