import { z } from 'zod'
import { maskAddresses } from '../../log.ts'
import { BOUNCE_REASONS } from '../../mail/bounce-reason.ts'
import { classifyReply } from '../../mail/classify-reply.ts'
import type { Complaint } from './complaint.ts'
import type { Letter } from './letter.ts'
import type { BounceEvent } from './returned-mail.ts'
import { readReplyIn } from './words.ts'

/** What Amazon SES writes as JSON into a mail where its notices are sent by SNS to an address. Proven by nothing. */
const notification = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  mail: z.object({ messageId: z.string().optional() }).optional(),
  bounce: z
    .object({
      bounceType: z.string(),
      bounceSubType: z.string().optional(),
      bouncedRecipients: z.array(
        z.object({
          emailAddress: z.string(),
          action: z.string().optional(),
          status: z.string().optional(),
          diagnosticCode: z.string().optional(),
        }),
      ),
    })
    .optional(),
  complaint: z
    .object({
      complainedRecipients: z.array(z.object({ emailAddress: z.string() })),
      complaintFeedbackType: z.string().nullish(),
    })
    .optional(),
})

type Notification = z.infer<typeof notification>
type Bounced = NonNullable<Notification['bounce']>

/** null: no such notice, or one of a delivery. */
export function readSesNotification(
  letter: Letter,
): { bounces: readonly BounceEvent[] } | { complaint: Complaint } | null {
  const said = jsonIn(letter.notice)
  if (said === null) return null
  const kind = said.notificationType ?? said.eventType
  if (kind === 'Bounce' && said.bounce) {
    const { bounce } = said
    return { bounces: bounce.bouncedRecipients.map((recipient) => toEvent(recipient, bounce)) }
  }
  if (kind !== 'Complaint' || !said.complaint) return null
  const recipients = said.complaint.complainedRecipients.map((one) =>
    one.emailAddress.toLowerCase(),
  )
  return {
    complaint: {
      feedbackType: said.complaint.complaintFeedbackType === 'not-spam' ? 'not-spam' : 'abuse',
      recipients,
      cfblFeedbackId: null,
      original: [],
    },
  }
}

function jsonIn(notice: string): Notification | null {
  // Some mail systems fold the one long line.
  const text = /^\s*\{.*?"(?:notification|event)Type".*\}/s.exec(notice)?.[0]
  if (text === undefined) return null
  try {
    const parsed = notification.safeParse(JSON.parse(text.replace(/\r?\n/g, '')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function toEvent(recipient: Bounced['bouncedRecipients'][number], bounce: Bounced): BounceEvent {
  const diagnostic = (recipient.diagnosticCode ?? '').replace(/^smtp;\s*/i, '')
  const { code, enhanced, stage } = readReplyIn(diagnostic)
  const status = enhanced ?? /[245]\.\d{1,3}\.\d{1,3}/.exec(recipient.status ?? '')?.[0] ?? null
  const domain = recipient.emailAddress.split('@')[1]?.toLowerCase()
  const said = classifyReply({ code, enhanced: status, text: diagnostic, domain, stage })
  const isPermanent = bounce.bounceType === 'Permanent'
  const reason = !isPermanent && BOUNCE_REASONS[said.reason] === 'hard' ? 'unclear' : said.reason
  return {
    finalRecipient: recipient.emailAddress.toLowerCase(),
    originalRecipient: null,
    action: recipient.action?.toLowerCase() ?? 'failed',
    status,
    type: BOUNCE_REASONS[reason],
    reason,
    diagnostic: maskAddresses(diagnostic).slice(0, 500) || null,
  }
}
