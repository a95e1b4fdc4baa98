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

/** The events of one mail say its recipients, and not which of them: with several nobody is meant for certain. */
export function parseResend(raw: Buffer): ProviderEvent[] {
  const said = objectOf(readJson(raw))
  const data = objectOf(said.data)
  const type = textOf(said.type)
  const recipients = [...listOf(data.to), data.email].map(addressOf).filter((each) => each !== null)
  return eventsOf(eventOf(type, data), {
    recipient: recipients.length === 1 ? (recipients[0] ?? null) : null,
    tokens: [textOf(data.message_id) ?? '', ...textsIn(data.tags), ...textsIn(data.headers)],
    id: contentId(type, data.email_id, said.created_at, recipients),
  })
}

function eventOf(type: string | null, data: Json) {
  switch (type) {
    case 'email.bounced':
      return bounce(verdictOf(objectOf(data.bounce)))
    case 'email.suppressed':
      return bounce({ says: 'soft', text: textOf(objectOf(data.suppressed).message) })
    case 'email.failed':
      return bounce({ says: 'soft', text: textOf(objectOf(data.failed).reason) })
    case 'email.complained':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'email.delivered':
      return plain('delivered')
    default:
      return null
  }
}

/** Amazon's words: Resend sends through SES. */
function verdictOf(said: Json): ProviderVerdict {
  const text = textOf(said.message)
  if (/^Suppressed$|SuppressionList$/.test(textOf(said.subType) ?? ''))
    return { says: 'soft', text }
  return { says: textOf(said.type) === 'Permanent' ? 'hard' : 'soft', text }
}
