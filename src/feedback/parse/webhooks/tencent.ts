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
} from './event.ts'

/** One object a POST. What was sent along as X-Tencentcloudses-Cb-Custom comes back. */
export function parseTencent(raw: Buffer): ProviderEvent[] {
  const said = objectOf(readJson(raw))
  const recipient = addressOf(said.email)
  return eventsOf(eventOf(said), {
    recipient,
    tokens: [textOf(said['X-Tencentcloudses-Cb-Custom']) ?? '', textOf(said.messageId) ?? ''],
    id: contentId(said.event, recipient, said.bulkId, said.messageId, said.timestamp),
  })
}

function eventOf(said: Json) {
  const text = textOf(said.reason)
  switch (textOf(said.event)) {
    case 'bounce':
      // An older page of theirs says "hard", the newer "hard_bounce".
      return bounce({ says: /^hard/.test(textOf(said.bounceType) ?? '') ? 'hard' : 'soft', text })
    case 'dropped':
      return bounce({ says: 'soft', text })
    case 'spamreport':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'unsubscribe':
      return plain('unsubscribe')
    case 'delivered':
      return plain('delivered')
    default:
      return null
  }
}
