import { formatAddress, type Headers } from '../mail/mime.ts'

export type IssueHeadersInput = {
  from: { name: string | null; address: string }
  replyTo: string | null
  to: string
  subject: string
  date: Date
  /** With its angle brackets. */
  messageId: string
  /** `id` is the list's name below a domain of the sender: `weekly.example.org`. */
  listId: { name: string; id: string }
  /** https wherever real addresses may be mailed. */
  unsubscribeUrl: string
  /** `mailto:…`, or the address alone. */
  unsubscribeMailto: string | null
  /** campaign:newsletter:issue:SENDERID; nothing per reader, or the feedback loop cannot count. */
  feedbackId: string
  /** Where complaints may be reported, and what tells us which delivery it was (RFC 9477). */
  cfbl?: { address: string; feedbackId: string } | null
}

/** The headers of one issue to one reader; values are Unicode, buildMime encodes them. */
export function issueHeaders(input: IssueHeadersInput): Headers {
  const ways = [`<${input.unsubscribeUrl}>`]
  if (input.unsubscribeMailto !== null) {
    ways.push(`<mailto:${input.unsubscribeMailto.replace(/^mailto:/i, '')}>`)
  }
  return [
    ['From', formatAddress(input.from.name, input.from.address)],
    ['To', formatAddress(null, input.to)],
    ...(input.replyTo === null
      ? []
      : ([['Reply-To', formatAddress(null, input.replyTo)]] satisfies Headers)),
    ['Subject', input.subject],
    ['Date', input.date.toUTCString().replace(/GMT$/, '+0000')],
    ['Message-ID', input.messageId],
    ['List-Id', formatAddress(input.listId.name, input.listId.id)],
    ['List-Unsubscribe', ways.join(', ')],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
    ['Feedback-ID', input.feedbackId],
    ...(input.cfbl
      ? ([
          ['CFBL-Address', `${input.cfbl.address}; report=arf`],
          ['CFBL-Feedback-ID', input.cfbl.feedbackId],
        ] satisfies Headers)
      : []),
    ['Precedence', 'bulk'],
    ['X-Auto-Response-Suppress', 'OOF, AutoReply'],
    ['MIME-Version', '1.0'],
  ]
}
