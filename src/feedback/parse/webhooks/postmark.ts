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

/** One object a POST. Our Message-ID comes back where it was sent along as X-PM-Metadata-… */
export function parsePostmark(raw: Buffer): ProviderEvent[] {
  const said = objectOf(readJson(raw))
  const recipient = addressOf(said.Email) ?? addressOf(said.Recipient)
  const record = textOf(said.RecordType)
  const id = textOf(said.ID)
  return eventsOf(eventOf(said), {
    recipient,
    tokens: textsIn(said.Metadata),
    id:
      id === null || id === '0'
        ? contentId(record, textOf(said.MessageID), recipient, textOf(said.ChangedAt))
        : `${record}-${id}`,
  })
}

function eventOf(
  said: Json,
): Omit<ProviderEvent, 'id' | 'recipient' | 'tokens' | 'feedbackType'> | null {
  const text = textOf(said.Details) ?? textOf(said.Description)
  switch (textOf(said.RecordType)) {
    case 'Bounce':
      return bounceOf(textOf(said.Type), text)
    case 'SpamComplaint':
      return plain('complaint', { feedbackType: 'abuse' })
    case 'Delivery':
      return plain('delivered')
    case 'SubscriptionChange': {
      // A bounce or complaint that made it has an event of its own.
      const isOurs = textOf(said.SuppressionReason) !== 'ManualSuppression'
      return said.SuppressSending !== true || isOurs ? null : plain('unsubscribe')
    }
    default:
      return null
  }
}

const VERDICTS: Readonly<Record<string, ProviderVerdict>> = {
  HardBounce: { says: 'hard' },
  BadEmailAddress: { says: 'hard', reason: 'unknown-user' },
  SoftBounce: { says: 'soft' },
  Transient: { says: 'soft', reason: 'network' },
  DnsError: { says: 'soft', reason: 'network' },
  Undeliverable: { says: 'soft' },
  Unknown: { says: 'soft' },
  SMTPApiError: { says: 'soft' },
  TemplateRenderingFailed: { says: 'soft' },
  ManuallyDeactivated: { says: 'soft' },
  InboundError: { says: 'soft' },
  SpamNotification: { says: 'block', reason: 'spam' },
  Blocked: { says: 'block', reason: 'policy' },
  DMARCPolicy: { says: 'block', reason: 'authentication' },
  VirusNotification: { says: 'block', reason: 'virus' },
}

function bounceOf(type: string | null, text: string | null) {
  switch (type) {
    case 'AutoResponder':
    case 'AddressChange':
    case 'ChallengeVerification':
      return plain('auto-reply')
    case 'Subscribe':
    case 'OpenRelayTest':
      return plain('other')
    case 'Unsubscribe':
      return plain('unsubscribe')
    case 'SpamComplaint':
      return plain('complaint', { feedbackType: 'abuse' })
    default: {
      const verdict = VERDICTS[type ?? ''] ?? { says: 'soft' as const }
      return bounce({ ...verdict, text: text?.replace(/^smtp;\s*/i, '') ?? null })
    }
  }
}
