import { decodeHeader, field, type HeaderFields } from '../../mail/header-read.ts'
import { type MimePart, readMime } from '../../mail/mime-read.ts'
import { isAutoReply } from './auto-reply.ts'
import { readBounce } from './bounce.ts'
import { readComplaint } from './complaint.ts'
import { weigh } from './evidence.ts'
import { type Letter, readLetter } from './letter.ts'
import type { Original, ReturnedMail } from './returned-mail.ts'
import { readSesNotification } from './ses-notification.ts'

/**
 * Raw octets → what it is. Never throws: a mail that no parser survives is 'other', or it would come back for ever.
 * `sender`: the envelope's, where it came over SMTP; empty, as of bounces, or null, not known.
 * Pure, and bounded whatever the octets: a second and 100 MB at most (docs/feedback.md).
 */
export async function readReturnedMail(
  raw: Buffer,
  sender: string | null = null,
): Promise<ReturnedMail> {
  try {
    return understand(readLetter(readMime(raw), sender))
  } catch {
    return { kind: 'other' }
  }
}

function understand(letter: Letter): ReturnedMail {
  const ses = readSesNotification(letter)
  const complaint = ses !== null && 'complaint' in ses ? ses.complaint : readComplaint(letter)
  if (complaint !== null) {
    const { feedbackType, recipients, cfblFeedbackId, original } = complaint
    return {
      kind: 'complaint',
      feedbackType,
      recipients,
      cfblFeedbackId,
      ...originalOf(original, letter),
    }
  }
  const recipients = ses !== null && 'bounces' in ses ? ses.bounces : readBounce(letter)
  if (recipients !== null)
    return { kind: 'bounce', recipients, ...originalOf(letter.original, letter) }
  const forwarded = forwardedIn(letter)
  if (forwarded !== null) return understand(readLetter(forwarded, null))
  if (isAutoReply(letter)) return { kind: 'auto-reply' }
  return { kind: isReply(letter) ? 'reply' : 'other' }
}

/** A report that a gateway or list put into a mail of its own, with nothing of its own to say. */
function forwardedIn(letter: Letter): MimePart | null {
  const notice = letter.notice.trim()
  const { speaker, isNullPath, isPersonal } = weigh(letter)
  const isSilent = notice === '' || (notice.length < 200 && (speaker !== 'anybody' || isNullPath))
  return isSilent && !isPersonal ? letter.originalPart : null
}

/** RFC 5322 3.6.4: it names the mail that it answers. */
const isReply = ({ fields, subject }: Letter) =>
  field(fields, 'in-reply-to') !== '' || /^\s*(?:re|aw|sv|antw|回复|答复)\s*[:：]/i.test(subject)

function originalOf(fields: HeaderFields, letter: Letter): Original {
  const originalHeaders: Record<string, string> = {}
  for (const [name, value] of fields) originalHeaders[name] ??= decodeHeader(value)
  return { originalMessageId: messageIdOf(fields, letter), originalHeaders }
}

/** Of the returned header; else as the notice or its own header quotes it. */
function messageIdOf(fields: HeaderFields, letter: Letter): string | null {
  const told =
    /^[ \t>]*(?:message[- ]?id(?:entifier)?|x-cm-original-message-id)[ \t]*:[ \t]*(<[^<>\s]+>)/im
  return (
    idIn(field(fields, 'message-id')) ??
    told.exec(letter.notice)?.[1] ??
    idIn(field(letter.fields, 'x-cm-original-message-id')) ??
    idIn(field(letter.fields, 'in-reply-to')) ??
    null
  )
}

const idIn = (value: string) => /<[^<>\s]+>/.exec(value)?.[0] ?? null
