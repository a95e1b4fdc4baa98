import { readFeedbackReport } from '../../mail/arf.ts'
import { addressesIn, field, type HeaderFields } from '../../mail/header-read.ts'
import type { Letter } from './letter.ts'
import type { FeedbackType } from './returned-mail.ts'

export type Complaint = Readonly<{
  feedbackType: FeedbackType
  recipients: readonly string[]
  cfblFeedbackId: string | null
  /** Header of the mail that is complained about. */
  original: HeaderFields
}>

const TYPES: ReadonlySet<string> = new Set([
  'abuse',
  'fraud',
  'virus',
  'not-spam',
  'opt-out',
  'auth-failure',
] satisfies FeedbackType[])

/** Loops that send no report: the mail itself comes back, from an address made for it. */
const LOOP_SENDER =
  /^(?:scomp|fbl|feedback-?loop|feedback|complaints?|abuse-?reports?|spam-?(?:report|feedback|complaints?)|junk-?reports?|fbl-no-reply|arf|staff)@/i
const LOOP_SUBJECT =
  /^(?:\s*(?:fwd?|fw):)?\s*[[(]?(?:complaint (?:about|from|report)|e-?mail feedback report|(?:abuse|spam|junk|feedback(?: loop)?|fbl) (?:report|complaint|notification)|feedback report|spam feedback)/i
const SAYS_COMPLAINT =
  /(?:abuse|spam|junk|complaint|feedback(?:[- ]loop)?|opt-?out|unsolicited).{0,40}(?:report|complaint|notification)|(?:marked|reported|flagged|classified) (?:\w+ ){0,4}as (?:spam|junk|unwanted)|complain/i

/** null: nobody complains. */
export function readComplaint(letter: Letter): Complaint | null {
  return fromReport(letter) ?? fromHotmail(letter) ?? fromApple(letter) ?? fromLoop(letter)
}

/** RFC 5965, be its own part or, where a list or gateway flattened it, lines of the text. */
function fromReport(letter: Letter): Complaint | null {
  const isInline =
    /^feedback-type:[ \t]*\S/im.test(letter.notice) &&
    /^(?:user-agent|version|source-ip|original-rcpt-to|original-mail-from):/im.test(letter.notice)
  const text =
    letter.feedback ??
    (isInline
      ? letter.notice.slice(letter.notice.search(/^(?:feedback-type|user-agent|version):/im))
      : null)
  const report = text === null ? null : readFeedbackReport(text)
  if (report === null) return null
  const named = report.recipients.length > 0 ? report.recipients : whoComplains(letter.original)
  return {
    feedbackType: TYPES.has(report.feedbackType) ? (report.feedbackType as FeedbackType) : 'other',
    recipients: named,
    cfblFeedbackId: report.cfblFeedbackId,
    original: letter.original,
  }
}

/** Microsoft's junk mail reports: the mail itself, or an attachment, with who complains in a header of their own. */
function fromHotmail(letter: Letter): Complaint | null {
  const name = 'x-hmxmroriginalrecipient'
  const original = [letter.fields, letter.original].find((fields) => field(fields, name) !== '')
  if (original === undefined) return null
  const recipients = addressesIn(field(original, name))
  return { feedbackType: 'abuse', recipients, cfblFeedbackId: null, original }
}

/** Apple's Mail asks for its reader to be taken off. */
function fromApple({ fields, fromAddress, original }: Letter): Complaint | null {
  if (!/^\s*true/i.test(field(fields, 'x-apple-unsubscribe'))) return null
  return { feedbackType: 'opt-out', recipients: [fromAddress], cfblFeedbackId: null, original }
}

/** A mail returned by a loop's address that says what it is. */
function fromLoop(letter: Letter): Complaint | null {
  if (!letter.returnsMail) return null
  const isLoop =
    LOOP_SENDER.test(letter.fromAddress) || /scomp/i.test(field(letter.fields, 'x-loop'))
  const says = LOOP_SUBJECT.test(letter.subject)
  const tells = SAYS_COMPLAINT.test(letter.notice.slice(0, 1_000))
  if (!(isLoop ? says || tells : says && tells)) return null
  return {
    feedbackType: 'abuse',
    recipients: whoComplains(letter.original),
    cfblFeedbackId: null,
    original: letter.original,
  }
}

/** Whom our mail went to, where one person did. */
function whoComplains(original: HeaderFields): string[] {
  for (const name of ['x-original-to', 'delivered-to', 'x-rcpt-to', 'to']) {
    const addresses = addressesIn(field(original, name))
    if (addresses.length === 1) return addresses
  }
  return []
}
