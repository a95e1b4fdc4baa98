import {
  addressesIn,
  decodeHeader,
  field,
  type HeaderFields,
  readHeaders,
} from '../../mail/header-read.ts'
import { htmlToText } from '../../mail/html-text.ts'
import { type MimePart, octetsOf, textOf } from '../../mail/mime-read.ts'
import { splitNotice } from './notice.ts'

/** A mail that came back, laid out: who speaks, what is said, what is returned. */
export type Letter = Readonly<{
  root: MimePart
  fields: HeaderFields
  subject: string
  /** Display name and address as written. */
  from: string
  fromAddress: string
  /** The envelope's sender; empty: none, as a machine has it (RFC 5321 4.5.5); null: not known. */
  returnPath: string | null
  /** Addresses that this mail itself came to: ours. */
  ours: ReadonlySet<string>
  /** What its sender says, without what is returned. */
  notice: string
  /** Texts of message/delivery-status parts. */
  statuses: readonly string[]
  /** Text of a message/feedback-report. */
  feedback: string | null
  /** Header of the returned mail; empty: none was. */
  original: HeaderFields
  /** The returned mail, where it is a part of its own. */
  originalPart: MimePart | null
  /** Something of the mail that failed is in it, be it a cut copy in the text. */
  returnsMail: boolean
}>

const NOTICE_LIMIT = 64 * 1024

type Found = {
  texts: string[]
  statuses: string[]
  feedback: string | null
  headers: string | null
  mail: MimePart | null
}

/** `sender`: the envelope's, where the mail came over SMTP; else the header's that a server wrote of it is asked. */
export function readLetter(root: MimePart, sender: string | null): Letter {
  const found: Found = { texts: [], statuses: [], feedback: null, headers: null, mail: null }
  collect(root, found)
  const { notice, returned } = splitNotice(found.texts.join('\n').slice(0, NOTICE_LIMIT))
  const header = found.headers ?? returned
  const original = found.mail?.fields ?? (header === null ? [] : headerIn(header))
  return {
    root,
    fields: root.fields,
    subject: decodeHeader(field(root.fields, 'subject')),
    from: decodeHeader(field(root.fields, 'from')),
    fromAddress: addressesIn(field(root.fields, 'from'))[0] ?? '',
    returnPath: sender?.toLowerCase() ?? pathIn(root.fields),
    ours: new Set(
      ['to', 'delivered-to', 'x-original-to', 'envelope-to', 'x-rcpt-to'].flatMap((name) =>
        root.fields.filter(([key]) => key === name).flatMap(([, value]) => addressesIn(value)),
      ),
    ),
    notice,
    statuses: found.statuses,
    feedback: found.feedback,
    original,
    originalPart: found.mail,
    returnsMail: found.mail !== null || header !== null,
  }
}

function pathIn(fields: HeaderFields): string | null {
  const written = fields.find(([name]) => name === 'return-path')?.[1]
  if (written === undefined) return null
  if (/^\s*<?\s*>?\s*$/.test(written)) return ''
  return addressesIn(written)[0] ?? written.replace(/[<>\s]/g, '').toLowerCase()
}

function headerIn(text: string): HeaderFields {
  const trimmed = text.replace(/^\s+/, '')
  return readHeaders(trimmed, 0, trimmed.length).fields
}

/** Depth first, in the order of the mail; never into a mail that is enclosed. */
function collect(part: MimePart, found: Found): void {
  switch (part.type) {
    case 'multipart/alternative':
      found.texts.push(bestOf(part))
      // Exchange puts nothing else there; others hide the report in it.
      for (const inner of part.parts) if (!inner.type.startsWith('text/')) collect(inner, found)
      return
    case 'message/delivery-status':
    case 'message/global-delivery-status':
    case 'message/disposition-notification':
      found.statuses.push(textOf(part))
      return
    case 'message/feedback-report':
      found.feedback ??= textOf(part)
      return
    case 'message/rfc822':
    case 'message/global':
      found.mail ??= part.parts[0] ?? null
      return
    case 'text/rfc822-headers':
    case 'text/rfc822-header':
    case 'message/rfc822-headers':
    case 'message/rfc822-header':
    case 'message/global-headers':
    case 'message/partial':
      found.headers ??= octetsOf(part).toString('latin1')
      return
    default:
      if (part.type.startsWith('multipart/')) for (const inner of part.parts) collect(inner, found)
      else if (part.type.startsWith('text/') && part.type !== 'text/calendar')
        collectText(part, found)
  }
}

function collectText(part: MimePart, found: Found): void {
  const text = wordsOf(part)
  const isReturned =
    found.texts.length > 0 && found.headers === null && looksLikeHeader(text.trimStart())
  if (isReturned) found.headers = octetsOf(part).toString('latin1')
  else found.texts.push(text)
}

const looksLikeHeader = (text: string) =>
  /^(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){3}/.test(text) &&
  /^(?:received|return-path|message-id|mime-version):/im.test(text.slice(0, 4_000))

function wordsOf(part: MimePart): string {
  const text = textOf(part)
  return part.type === 'text/html' ? htmlToText(text) : text
}

/** The plain text, unless it only says that there is HTML. */
function bestOf({ parts }: MimePart): string {
  const flat = parts.flatMap((part) => (part.type.startsWith('multipart/') ? part.parts : [part]))
  const plain = flat.find(({ type }) => type === 'text/plain')
  const html = flat.find(({ type }) => type === 'text/html')
  const text = plain ? wordsOf(plain) : ''
  if (html === undefined) return text
  return /@|\d\.\d\.\d/.test(text) && text.trim().length > 40 ? text : `${text}\n${wordsOf(html)}`
}
