import PostalMime, { type Attachment, type Email } from 'postal-mime'

/** What a delivery report says of one recipient (RFC 3464 2.3), in its own words. */
export type DsnRecipient = {
  /** Without their type: `rfc822;ada@x.example` is `ada@x.example`. */
  finalRecipient: string | null
  originalRecipient: string | null
  action: string | null
  status: string | null
  /** Without its type: `smtp; 550 5.1.1 …` is `550 5.1.1 …`. */
  diagnostic: string | null
}

export type Dsn = {
  recipients: DsnRecipient[]
  /** Of the mail that the report is about, with its angle brackets, where the report returns its header. */
  originalMessageId: string | null
}

/** Reads a delivery report. null: it is none (no message/delivery-status in it). */
export async function readDsn(raw: Buffer): Promise<Dsn | null> {
  const mail = await PostalMime.parse(raw, {
    attachmentEncoding: 'arraybuffer',
    // The mail that is returned in a report is evidence, not text of the report.
    forceRfc822Attachments: true,
  })
  const report = partOf(mail, 'message/delivery-status', 'message/global-delivery-status')
  if (report === null) return null
  const [, ...groups] = fieldGroups(report)
  return {
    recipients: groups.filter((group) => group.size > 0).map(toRecipient),
    originalMessageId: messageIdIn(mail),
  }
}

function messageIdIn(mail: Email): string | null {
  const header = partOf(
    mail,
    'text/rfc822-headers',
    'message/rfc822',
    'message/rfc822-headers',
    'message/global',
    'message/global-headers',
  )
  const [fields] = header === null ? [] : fieldGroups(header.trimStart())
  return /<[^<>\s]+>/.exec(fields?.get('message-id') ?? '')?.[0] ?? null
}

function partOf(mail: Email, ...types: string[]): string | null {
  const part = mail.attachments.find((attachment) => types.includes(attachment.mimeType))
  return part ? textOf(part) : null
}

function textOf({ content }: Attachment): string {
  return typeof content === 'string'
    ? content
    : Buffer.from(content as ArrayBuffer).toString('utf8')
}

/** Groups of header-like fields, parted by blank lines; names in lower case, folded lines joined, the first of a name. */
function fieldGroups(text: string): Map<string, string>[] {
  return text.split(/\r?\n[ \t]*\r?\n/).map((group) => {
    const fields = new Map<string, string>()
    for (const line of group.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
      const [, name, value] = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line) ?? []
      const key = name?.toLowerCase()
      if (key !== undefined && !fields.has(key)) fields.set(key, (value ?? '').trim())
    }
    return fields
  })
}

function toRecipient(fields: Map<string, string>): DsnRecipient {
  return {
    finalRecipient: untyped(fields.get('final-recipient')),
    originalRecipient: untyped(fields.get('original-recipient')),
    action: fields.get('action') || null,
    status: fields.get('status') || null,
    diagnostic: untyped(fields.get('diagnostic-code')),
  }
}

/** `rfc822; <ada@x.example>`: some servers leave the type out, some add angle brackets. */
function untyped(value: string | undefined): string | null {
  const bare = value?.replace(/^[a-z0-9-]+[ \t]*;[ \t]*/i, '').trim()
  return bare?.replace(/^<([^<>]*)>$/, '$1') || null
}
