import type { OutboxRow } from '../../db/queries/outbox.ts'
import type { OutboxKind } from '../../db/types.ts'
import { confirmUrl, unsubscribeUrl } from '../links.ts'
import { buildMime, formatAddress, type Headers } from '../mail/mime.ts'
import type { Envelope } from '../mail/smtp.ts'
import type { RenderedMail, SystemMail } from '../messages/system.tsx'
import { designOf } from '../newsletters/design.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import type { Secrets } from '../secrets.ts'
import { type OutboxPayload, outboxPayloads } from './payload.ts'

export type ComposedMail = Readonly<{ envelope: Envelope; bytes: Buffer }>
export type OutboxSite = Readonly<{ publicUrl: string }>

const DAY_MS = 86_400_000

/**
 * One single mail, ready for the wire. Links are made here, so that no token is ever stored; what cannot be composed
 * (a payload that an older version wrote) throws, and that row fails.
 */
export async function composeOutboxMail(
  row: OutboxRow,
  newsletter: Newsletter,
  site: OutboxSite,
  secrets: Secrets,
  now: Date = new Date(),
): Promise<ComposedMail> {
  const mail = await writeMail(row, newsletter, site, secrets, now)
  return {
    envelope: { from: newsletter.from_address, to: row.address },
    bytes: buildMime(headersOf(row, newsletter, site, secrets, mail.subject, now), mail),
  }
}

async function writeMail(
  row: OutboxRow,
  newsletter: Newsletter,
  site: OutboxSite,
  secrets: Secrets,
  now: Date,
): Promise<RenderedMail> {
  if (row.kind === 'test') {
    const payload = outboxPayloads.test.parse(row.payload)
    if ('html' in payload) return payload
  }
  // React Email is 80 MB of memory, and most workers never write a single mail.
  const { renderSystemMail } = await import('../messages/system.tsx')
  return renderSystemMail(systemMail(row, newsletter, site, secrets, now), designOf(newsletter))
}

function systemMail(
  row: OutboxRow,
  newsletter: Newsletter,
  site: OutboxSite,
  secrets: Secrets,
  now: Date,
): SystemMail {
  const { kind, address } = row
  const payload = outboxPayloads[kind].parse(row.payload)
  const language = 'language' in payload ? payload.language : newsletter.language
  const about = { newsletterName: newsletter.name, language }
  const { publicUrl } = site
  switch (kind) {
    case 'confirm': {
      const { confirmId, expiresAt } = payload as OutboxPayload<'confirm'>
      const link = confirmUrl(secrets, publicUrl, { ...subscriptionOf(row), confirmId })
      const expiresInDays = Math.max(
        1,
        Math.round((Date.parse(expiresAt) - now.getTime()) / DAY_MS),
      )
      return { kind, ...about, address, confirmUrl: link, expiresInDays }
    }
    case 'welcome': {
      const link = unsubscribeUrl(secrets, publicUrl, subscriptionOf(row))
      const archiveUrl = `${publicUrl}/${newsletter.slug}`
      return { kind, ...about, address, unsubscribeUrl: link, archiveUrl }
    }
    case 'stay': {
      const { confirmId, retires } = payload as OutboxPayload<'stay'>
      const stayUrl = confirmUrl(secrets, publicUrl, { ...subscriptionOf(row), confirmId })
      const leaveUrl = unsubscribeUrl(secrets, publicUrl, subscriptionOf(row))
      return { kind, ...about, address, stayUrl, unsubscribeUrl: leaveUrl, retires }
    }
    case 'test':
      return { kind, ...about }
    case 'notice': {
      const { subject, lines } = payload as OutboxPayload<'notice'>
      return { kind, ...about, subject, lines }
    }
  }
}

function subscriptionOf(row: OutboxRow) {
  if (row.newsletter_id === null || row.subscriber_id === null) {
    throw new Error(`outbox row ${row.id} (${row.kind}) says for whom it is no more`)
  }
  return { newsletterId: row.newsletter_id, subscriberId: row.subscriber_id }
}

/** RFC 3834: what a machine wrote, so that no machine answers. */
const AUTOMATIC: Headers = [
  ['Auto-Submitted', 'auto-generated'],
  ['X-Auto-Response-Suppress', 'All'],
]

function headersOf(
  row: OutboxRow,
  newsletter: Newsletter,
  site: OutboxSite,
  secrets: Secrets,
  subject: string,
  now: Date,
): Headers {
  const { from_name, from_address, reply_to } = newsletter
  return [
    ['From', formatAddress(from_name, from_address)],
    ['To', formatAddress(null, row.address)],
    ...(reply_to === null ? [] : ([['Reply-To', formatAddress(null, reply_to)]] satisfies Headers)),
    ['Subject', subject],
    ['Date', now.toUTCString().replace(/GMT$/, '+0000')],
    ['Message-ID', messageId(row, from_address, secrets)],
    ...leaveHeaders(row.kind, row, site, secrets),
    ...AUTOMATIC,
  ]
}

/** The same for each try of one row, and not to be guessed. */
function messageId(row: OutboxRow, fromAddress: string, secrets: Secrets): string {
  const token = secrets.mint('message-id', [BigInt(row.id)]).toString('base64url')
  return `<o-${token}@${fromAddress.slice(fromAddress.lastIndexOf('@') + 1)}>`
}

/** Who gets one of these is subscribed, and may leave by their mail program's own button (RFC 8058). */
function leaveHeaders(
  kind: OutboxKind,
  row: OutboxRow,
  site: OutboxSite,
  secrets: Secrets,
): Headers {
  if (kind !== 'welcome' && kind !== 'stay') return []
  return [
    ['List-Unsubscribe', `<${unsubscribeUrl(secrets, site.publicUrl, subscriptionOf(row))}>`],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
  ]
}
