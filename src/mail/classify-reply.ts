import { BOUNCE_REASONS, type BounceReason, type BounceVerdict } from './bounce-reason.ts'

/** What a server said of one recipient, in a session or in a report. */
export type ReplyFacts = Readonly<{
  /** SMTP's three digits. */
  code: number | null
  /** RFC 3463, as in `5.1.1`. */
  enhanced: string | null
  text: string
  /** Of the recipient, in lower case, where known. */
  domain?: string | undefined
}>

export type Classified = Readonly<{ type: BounceVerdict; reason: BounceReason }>

/** Whose fault it is. Pure; the words weigh more than the digits, and doubt is never called hard. */
export function classifyReply(facts: ReplyFacts): Classified {
  const reason = reasonByStatus(facts)
  return { type: BOUNCE_REASONS[reason], reason }
}

function reasonByStatus({ enhanced }: ReplyFacts): BounceReason {
  if (enhanced === null || !enhanced.startsWith('5.')) return 'unclear'
  if (/^5\.1\.[0123456]$/.test(enhanced)) return 'unknown-user'
  if (/^5\.1\.[78]$/.test(enhanced)) return 'sender'
  if (enhanced === '5.2.2') return 'mailbox-full'
  if (enhanced === '5.2.1') return 'disabled'
  return enhanced.startsWith('5.7.') ? 'policy' : 'unclear'
}
