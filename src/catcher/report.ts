import { randomUUID } from 'node:crypto'
import type { CaughtMessage } from './store.ts'

const HOST = 'catcher.invalid'

/** A delivery report (RFC 3464) about a caught mail: nobody lives there. The header of the mail comes with it. */
export async function composeReport(mail: CaughtMessage, now: Date): Promise<Buffer> {
  const boundary = `=_${randomUUID()}`
  const raw = await mail.raw()
  const headerEnd = raw.indexOf('\r\n\r\n')
  const header = headerEnd < 0 ? raw : raw.subarray(0, headerEnd + 2)
  const part = (type: string, ...lines: string[]) =>
    [`--${boundary}`, `Content-Type: ${type}`, '', ...lines, ''].join('\r\n')
  const head = [
    `From: Mail Delivery System <mailer-daemon@${HOST}>`,
    `To: <${mail.from}>`,
    'Subject: Undelivered mail returned to sender',
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${randomUUID()}@${HOST}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"`,
    '',
    '',
  ].join('\r\n')
  const words = part(
    'text/plain; charset=us-ascii',
    `Your mail to <${mail.to}> could not be delivered:`,
    'there is no such mailbox.',
  )
  const status = part(
    'message/delivery-status',
    `Reporting-MTA: dns; ${HOST}`,
    `Arrival-Date: ${mail.receivedAt.toUTCString().replace('GMT', '+0000')}`,
    '',
    `Final-Recipient: rfc822; ${mail.to}`,
    'Action: failed',
    'Status: 5.1.1',
    `Diagnostic-Code: smtp; 550 5.1.1 <${mail.to}>: no such mailbox`,
  )
  const returned = part('text/rfc822-headers')
  const close = Buffer.from(`\r\n--${boundary}--\r\n`)
  return Buffer.concat([Buffer.from(head + words + status + returned), header, close])
}
