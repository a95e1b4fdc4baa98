import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import {
  addressOf,
  bounce,
  contentId,
  type Json,
  listOf,
  objectOf,
  type ProviderEvent,
  plain,
  readJson,
  textOf,
} from './event.ts'
import { FOREIGN, isFresh, PROVEN, STALE, UNPROVEN, type WebhookVerdict } from './request.ts'

/** What SNS posts. All texts, as they are signed. */
export type SnsEnvelope = Readonly<{
  type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
  topic: string
  certificateUrl: string
  /** Where a subscription is confirmed; only of a confirmation. */
  subscribeUrl: string | null
  fields: Json
}>

/** SNS repeats a message with its old time; the default policy gives up within minutes. */
const WINDOW_MS = 3_600_000
const HOST = /^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$/
/** The name in its certificate bears no region, or the one it is used in. */
const SUBJECT = /^sns\.([a-z0-9-]{3,}\.)?amazonaws\.com(\.cn)?$/
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[A-Za-z0-9]{32}\.pem$/

const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
} as const

/** null: not from SNS. */
export function readEnvelope(raw: Buffer): SnsEnvelope | null {
  let fields: Json
  try {
    fields = objectOf(readJson(raw))
  } catch {
    return null
  }
  const type = textOf(fields.Type)
  const topic = textOf(fields.TopicArn)
  const certificateUrl = textOf(fields.SigningCertURL)
  const isKnown =
    type === 'Notification' ||
    type === 'SubscriptionConfirmation' ||
    type === 'UnsubscribeConfirmation'
  if (!isKnown || topic === null || certificateUrl === null) return null
  return { type, topic, certificateUrl, subscribeUrl: textOf(fields.SubscribeURL), fields }
}

/** Whether it leads to SNS itself: nothing else is fetched, whatever a body says. */
export function isSnsUrl(text: string, kind: 'certificate' | 'subscribe'): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const isPlain = url.protocol === 'https:' && url.port === '' && url.username === ''
  if (!isPlain || url.password !== '' || !HOST.test(url.hostname)) return false
  if (kind === 'certificate') return CERTIFICATE_PATH.test(url.pathname) && url.search === ''
  return url.pathname === '/' && url.searchParams.get('Action') === 'ConfirmSubscription'
}

/** Before anything is fetched: is it for us, and of now? */
export function screenEnvelope(
  envelope: SnsEnvelope,
  topics: readonly string[],
  now: Date,
): WebhookVerdict {
  if (!isSnsUrl(envelope.certificateUrl, 'certificate')) return UNPROVEN
  if (!topics.includes(envelope.topic)) return FOREIGN
  const at = new Date(textOf(envelope.fields.Timestamp) ?? Number.NaN)
  return isFresh(at, now, WINDOW_MS) ? PROVEN : STALE
}

/** Of Amazon's certificate, within its time. SNS's chain is TLS's own: it comes from a host of theirs by https. */
export function verifyEnvelope(envelope: SnsEnvelope, pem: string, now: Date): WebhookVerdict {
  const { fields, type } = envelope
  const algorithm = { '1': 'sha1', '2': 'sha256' }[textOf(fields.SignatureVersion) ?? '']
  const signature = textOf(fields.Signature)
  if (algorithm === undefined || signature === null) return UNPROVEN
  try {
    const certificate = new X509Certificate(pem)
    if (!isOfAmazon(certificate, now)) return UNPROVEN
    const text = signedText(fields, type)
    const key = createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' }))
    const isSigned = verify(algorithm, Buffer.from(text), key, Buffer.from(signature, 'base64'))
    return isSigned ? PROVEN : UNPROVEN
  } catch {
    return UNPROVEN
  }
}

function isOfAmazon(certificate: X509Certificate, now: Date): boolean {
  const subject = /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? ''
  const isInTime = new Date(certificate.validFrom) <= now && now <= new Date(certificate.validTo)
  return isInTime && SUBJECT.test(subject)
}

function signedText(fields: Json, type: SnsEnvelope['type']): string {
  const names = type === 'Notification' ? SIGNED.Notification : SIGNED.SubscriptionConfirmation
  return names
    .filter((name) => typeof fields[name] === 'string')
    .map((name) => `${name}\n${fields[name]}\n`)
    .join('')
}

/** What SES said, inside of what SNS brought. One notification may be about several recipients. */
export function parseSes(raw: Buffer): ProviderEvent[] {
  const envelope = readEnvelope(raw)
  if (envelope === null) throw new Error('no envelope of SNS')
  if (envelope.type !== 'Notification') return []
  const message = objectOf(readJson(Buffer.from(textOf(envelope.fields.Message) ?? '{}')))
  const mail = objectOf(message.mail)
  const about = {
    tokens: tokensOf(mail),
    snsId: textOf(envelope.fields.MessageId),
    sesId: textOf(mail.messageId),
  }
  switch (textOf(message.eventType) ?? textOf(message.notificationType)) {
    case 'Bounce':
      return parseBounce(objectOf(message.bounce), about)
    case 'Complaint':
      return parseComplaint(objectOf(message.complaint), about)
    case 'Delivery':
      return listOf(objectOf(message.delivery).recipients).map((recipient) => ({
        ...plain('delivered'),
        ...named('delivered', recipient, about),
      }))
    default:
      return []
  }
}

type About = Readonly<{ tokens: string[]; snsId: string | null; sesId: string | null }>

/** SES writes its own Message-ID; ours stands among the headers that it was given. */
function tokensOf(mail: Json): string[] {
  const headers = listOf(mail.headers).map(objectOf)
  const ids = headers
    .filter(({ name }) => /^(message-id|x-postrider-id)$/i.test(textOf(name) ?? ''))
    .map(({ value }) => textOf(value))
  const tags = Object.values(objectOf(mail.tags)).flatMap((values) => listOf(values).map(textOf))
  return [textOf(objectOf(mail.commonHeaders).messageId), ...ids, ...tags].filter(
    (each) => each !== null,
  )
}

/** `feedbackId` names the report; SNS's own id only the message that brings it. */
function named(kind: string, address: unknown, about: About, feedbackId: string | null = null) {
  const recipient = addressOf(address)
  const id = contentId(kind, feedbackId ?? about.snsId, about.sesId, recipient)
  return { id, recipient, tokens: about.tokens }
}

function parseBounce(said: Json, about: About): ProviderEvent[] {
  const [type, subType] = [textOf(said.bounceType), textOf(said.bounceSubType)]
  const feedbackId = textOf(said.feedbackId)
  return listOf(said.bouncedRecipients).map((each) => {
    const one = objectOf(each)
    const text = textOf(one.diagnosticCode)?.replace(/^smtp;\s*/i, '') ?? null
    const judged = bounce({ ...verdictOf(type, subType), status: textOf(one.status), text })
    return {
      ...judged,
      feedbackType: null,
      ...named('bounce', one.emailAddress, about, feedbackId),
    }
  })
}

function verdictOf(type: string | null, subType: string | null) {
  // Their own list refused it: what the reader's server once said is not said.
  if (/SuppressionList$|^Suppressed$/.test(subType ?? '')) return { says: 'soft' as const }
  if (type === 'Permanent') return { says: 'hard' as const }
  const reasons = {
    MailboxFull: 'mailbox-full',
    MessageTooLarge: 'too-large',
    ContentRejected: 'content',
    AttachmentRejected: 'content',
  } as const
  const reason = reasons[subType as keyof typeof reasons]
  const says = reason === 'content' ? ('block' as const) : ('soft' as const)
  return reason === undefined ? { says } : { says, reason }
}

function parseComplaint(said: Json, about: About): ProviderEvent[] {
  // Their own list again: nobody complained of this mail.
  if (textOf(said.complaintSubType) === 'OnAccountSuppressionList') return []
  const recipients = listOf(said.complainedRecipients).map(objectOf)
  // Where the complainant is hidden all recipients of a domain are named: one of them, nobody knows which.
  const kind = recipients.length > 1 ? 'other' : 'complaint'
  const feedbackType = textOf(said.complaintFeedbackType)?.toLowerCase() ?? null
  return recipients.map((one) => ({
    ...plain(kind, { feedbackType }),
    ...named('complaint', one.emailAddress, about, textOf(said.feedbackId)),
  }))
}
