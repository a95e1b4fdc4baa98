import { decodeHeader, field, readHeaders } from './header-read.ts'

/** What a message/feedback-report says (RFC 5965 3, RFC 9477). */
export type FeedbackReport = Readonly<{
  /** `abuse`, `fraud` …, in lower case, as written. */
  feedbackType: string
  /** Original-Rcpt-To and Removal-Recipient, in lower case. */
  recipients: readonly string[]
  cfblFeedbackId: string | null
}>

/** null: it says no type, which is the one field that every report must have beside its version. */
export function readFeedbackReport(text: string): FeedbackReport | null {
  // Cut from a part of a mail: octets or characters, decoded by whoever asks.
  const { fields } = readHeaders(text.replace(/^\s+/, ''), 0, text.length)
  const feedbackType = field(fields, 'feedback-type').toLowerCase().trim()
  if (feedbackType === '' && field(fields, 'user-agent') === '') return null
  const recipients = fields
    .filter(([name]) => /^(original-rcpt-to|removal-recipient|x-original-to)$/.test(name))
    .map(([, value]) =>
      value
        .toLowerCase()
        .replace(/^rfc822;/, '')
        .replace(/[<>\s]/g, ''),
    )
  return {
    feedbackType: feedbackType || 'abuse',
    recipients: [...new Set(recipients.filter((address) => address.includes('@')))],
    cfblFeedbackId: decodeHeader(field(fields, 'cfbl-feedback-id')) || null,
  }
}
