import { messageOf } from '../errors.ts'
import { type Reply, replyOfNobody } from './reply.ts'
import type { SendResult } from './smtp.ts'
import { notBegun } from './smtp-result.ts'

/** What the SDK throws: a service's answer has a name and an HTTP status. */
type SesError = Readonly<{
  name?: string
  code?: string
  message?: string
  $metadata?: { httpStatusCode?: number }
}>

/** The account, its keys or its set-up: no other message fares better, and no reader is to blame. */
const OURS =
  /^(AccountSuspended|SendingPaused|MailFromDomainNotVerified|NotFound|AccessDenied|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|InvalidClientTokenId|ExpiredToken|MissingAuthenticationToken|IncompleteSignature|CredentialsProvider|Credentials)/
/** By the rate and by the day; SES's SMTP interface says 454 to both. */
const THROTTLED = /^(TooManyRequests|Throttling|LimitExceeded)/
/** The request was never on its way. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** What became of a message whose request failed. Without an answer nobody knows, unless there was no connection. */
export function readSesError(error: unknown): { result: SendResult } {
  const { name = '', code = '', $metadata } = error as SesError
  const text = `SES: ${messageOf(error)}`
  const status = $metadata?.httpStatusCode
  if (OURS.test(name)) return { result: notBegun('refused', said(554, text)) }
  if (THROTTLED.test(name) || status === 429) {
    return { result: { outcome: 'deferred', reply: said(454, `Throttling failure: ${text}`) } }
  }
  if (status === undefined) {
    if (NOT_CONNECTED.has(code)) return { result: notBegun('unavailable', replyOfNobody(text)) }
    return { result: { outcome: 'uncertain', why: text } }
  }
  if (status >= 500) return { result: { outcome: 'deferred', reply: said(451, text) } }
  // An address or a domain of ours that was never proven to SES.
  if (/not verified/i.test(text)) return { result: notBegun('refused', said(554, text)) }
  return { result: { outcome: 'rejected', reply: said(554, text) } }
}

function said(code: number, text: string): Reply {
  return { ...replyOfNobody(text), code }
}
