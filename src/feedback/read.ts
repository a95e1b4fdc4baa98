import type { WaitingEvent } from '../../db/queries/feedback-events.ts'
import type { DeliveryKey } from '../../db/queries/feedback-facts.ts'
import type { FeedbackKind } from '../../db/types.ts'
import { classifyReply } from '../mail/classify-reply.ts'
import { openCfblId, openMessageId } from '../mail/token-address.ts'
import type { Secrets } from '../secrets.ts'
import { readReturnedMail } from './parse/mail.ts'
import type { BounceEvent, ReturnedMail } from './parse/returned-mail.ts'
import { type Head, isSignedBySender, readHead } from './sender.ts'

/** What ties an event to a delivery, in the order in which it is believed. */
export type ProvenBy = 'token' | 'session' | 'message-id' | 'cfbl' | 'provider'

/** What an event says, before the ledger is asked. */
export type Reading = Readonly<{
  event: WaitingEvent
  kind: FeedbackKind
  about: (DeliveryKey & Readonly<{ by: ProvenBy }>) | null
  /** Of a bounce: what it says of each recipient. */
  bounces: readonly BounceEvent[]
  /** Of a complaint: RFC 5965 3.5. */
  feedbackType: string | null
  /** By a DKIM signature that fits its From. */
  isSigned: boolean
  /** Of a mail. */
  head: Head
}>

/** From octets to what is said. `raw`: the mail behind it; null for what is no mail. Never throws for what a mail holds. */
export async function readEvent(
  secrets: Secrets,
  event: WaitingEvent,
  raw: Buffer | null,
): Promise<Reading> {
  if (event.source === 'session') return readSession(event)
  if (raw === null) return readPosted(event)
  // Whatever it says, it says "take me off" or "put me on".
  const head = readHead(raw)
  if (event.kind === 'unsubscribe' || event.kind === 'subscribe') {
    return { ...nothing(event, event.kind), head }
  }
  const mail = await readReturnedMail(raw, event.envelope?.from ?? null)
  return {
    ...nothing(event, kindOf(event, mail)),
    head,
    about: aboutOf(secrets, event, mail, head),
    bounces: mail.kind === 'bounce' ? mail.recipients : [],
    feedbackType: mail.kind === 'complaint' ? mail.feedbackType : null,
    isSigned: mail.kind === 'complaint' && isSignedBySender(head, event.auth),
  }
}

function nothing(event: WaitingEvent, kind: FeedbackKind): Reading {
  const head: Head = new Map()
  return { event, kind, about: null, bounces: [], feedbackType: null, isSigned: false, head }
}

/** What stands where a newsletter's replies go is one, unless it is a machine's. */
function kindOf(event: WaitingEvent, mail: ReturnedMail): FeedbackKind {
  return mail.kind === 'other' && event.sentTo === 'reply' ? 'reply' : mail.kind
}

/** The token in the recipient decides before any text does; what the returned mail says of itself comes next. */
function aboutOf(
  secrets: Secrets,
  event: WaitingEvent,
  mail: ReturnedMail,
  head: Head,
): Reading['about'] {
  const { campaignId, subscriberId } = event
  if (campaignId !== null && subscriberId !== null) return { campaignId, subscriberId, by: 'token' }
  if (mail.kind === 'bounce' || mail.kind === 'complaint') {
    const returned = mail.originalMessageId && openMessageId(secrets, mail.originalMessageId)
    if (returned) return { ...returned, by: 'message-id' }
    // RFC 9477 3.3: as a field of the report, or in the headers that it returns.
    const routed =
      mail.kind === 'complaint' && (mail.cfblFeedbackId ?? mail.originalHeaders['cfbl-feedback-id'])
    const fed = routed ? openCfblId(secrets, routed) : null
    return fed && { ...fed, by: 'cfbl' }
  }
  const answered = messageIdsOf(head).map((id) => openMessageId(secrets, id))
  const ours = answered.find((each) => each !== null)
  return ours ? { ...ours, by: 'message-id' } : null
}

/** What an answer says that it answers: RFC 5322 3.6.4. */
function messageIdsOf(head: Head): string[] {
  const text = ['in-reply-to', 'references'].map((name) => head.get(name) ?? '').join(' ')
  return text.match(/<m-[a-z2-7]+@[^<>\s]+>/gi) ?? []
}

/** A provider's event, which its intake has understood. */
function readPosted(event: WaitingEvent): Reading {
  const { campaignId, subscriberId, kind, type, status, diagnostic } = event
  const known = campaignId !== null && subscriberId !== null
  const said = {
    ...{ finalRecipient: null, originalRecipient: null, action: null, type, status, diagnostic },
    reason: event.reason as BounceEvent['reason'],
  }
  return {
    ...nothing(event, kind),
    about: known ? { campaignId, subscriberId, by: 'provider' } : null,
    bounces: kind === 'bounce' ? [said] : [],
    feedbackType: event.feedbackType,
  }
}

/** `550 5.1.1 no such user`, as it was recorded. */
function readSession(event: WaitingEvent): Reading {
  const { campaignId, subscriberId, status, diagnostic, domain } = event
  if (campaignId === null || subscriberId === null) throw new Error('a rejection of nobody')
  const [, code, text = ''] = /^(?:(\d{3})\s)?(.*)$/s.exec(diagnostic ?? '') ?? []
  const words = status !== null && text.startsWith(status) ? text.slice(status.length) : text
  const facts = {
    ...{ code: code ? Number(code) : null, enhanced: status, text: words.trim() },
    domain: domain ?? undefined,
  }
  const said = {
    ...{ finalRecipient: null, originalRecipient: null, action: null, status, diagnostic },
    ...classifyReply(facts),
  }
  return {
    ...nothing(event, 'bounce'),
    about: { campaignId, subscriberId, by: 'session' },
    bounces: [said],
  }
}
