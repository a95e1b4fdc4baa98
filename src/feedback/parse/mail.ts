import PostalMime from 'postal-mime'
import { maskAddresses } from '../../log.ts'
import { classifyReply } from '../../mail/classify-reply.ts'
import { readDsn } from '../../mail/dsn.ts'
import type { BounceEvent, ReturnedMail } from './returned-mail.ts'

/** Raw octets → what it is. A mail that no parser survives is 'other', not an error: it would come back for ever. */
export async function readReturnedMail(raw: Buffer): Promise<ReturnedMail> {
  try {
    const report = await readDsn(raw)
    if (report !== null) {
      return {
        kind: 'bounce',
        recipients: report.recipients.map(toEvent),
        originalMessageId: report.originalMessageId,
        originalHeaders: {},
      }
    }
    return { kind: (await isAutoReply(raw)) ? 'auto-reply' : 'other' }
  } catch {
    return { kind: 'other' }
  }
}

type DsnRecipient = NonNullable<Awaited<ReturnType<typeof readDsn>>>['recipients'][number]

function toEvent(recipient: DsnRecipient): BounceEvent {
  const action = recipient.action?.trim().toLowerCase() || null
  // "5.1.1 (user unknown)": RFC 3464 2.3.4 allows a comment.
  const status = /^\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)/.exec(recipient.status ?? '')?.[1] ?? null
  const text = recipient.diagnostic ?? ''
  const classified = classifyReply({ code: null, enhanced: status, text })
  return {
    finalRecipient: recipient.finalRecipient?.trim().toLowerCase() || null,
    originalRecipient: recipient.originalRecipient?.trim().toLowerCase() || null,
    action,
    status,
    ...(action === 'delayed' ? { type: 'soft', reason: 'expired' } : classified),
    diagnostic: recipient.diagnostic && maskAddresses(recipient.diagnostic).slice(0, 500),
  }
}

async function isAutoReply(raw: Buffer): Promise<boolean> {
  const { headers } = await PostalMime.parse(raw)
  const value = headers.find((header) => header.key === 'auto-submitted')?.value
  // RFC 3834 5: "no" is a person's mail.
  return value !== undefined && !/^no\b/i.test(value.trim())
}
