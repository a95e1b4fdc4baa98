import { expect, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'

const REPORT = `From: MAILER-DAEMON@relay.test
Subject: Undelivered mail
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Final-Recipient: rfc822; ada@far.test, bob@far.test
Action: failed
Status: 5.1.1

--b--
`

test.each([
  ['a byte order mark', Buffer.from(`\ufeff${REPORT}`)],
  ['UTF-16', Buffer.from(`\ufeff${REPORT}`, 'utf16le')],
  ['line ends of CR alone', Buffer.from(REPORT.replaceAll('\n', '\r'))],
])('a report saved with %s is read, and all of a list of recipients', async (_, raw) => {
  expect(await readReturnedMail(raw)).toMatchObject({
    kind: 'bounce',
    recipients: [{ finalRecipient: 'ada@far.test' }, { finalRecipient: 'bob@far.test' }],
  })
})
