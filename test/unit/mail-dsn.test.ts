import { expect, test } from 'vitest'
import { readDsn } from '../../src/mail/dsn.ts'

function report(status: string, returned = '', type = 'text/rfc822-headers'): Buffer {
  const lines = `From: MAILER-DAEMON@y.test
To: b-1@x.test
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

It failed.
--b1
Content-Type: message/delivery-status

${status}
--b1
Content-Type: ${type}

${returned}
--b1--
`
  return Buffer.from(lines.replace(/\r?\n/g, '\r\n'))
}

const STATUS = `Reporting-MTA: dns; mx.y.test

Original-Recipient: rfc822;Ada@y.test
Final-Recipient: RFC822; ada@mailbox.y.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ada@mailbox.y.test>:
 user unknown`

test('a report gives each recipient, folded lines joined and types left out', async () => {
  const second = `Final-Recipient: <bob@y.test>
Action: delayed (will retry)
Status: 4.2.2 (full)`
  const dsn = await readDsn(
    report(`${STATUS}\n\n${second}`, 'Subject: Hi\nMessage-ID: <m-1@x.test>'),
  )
  expect(dsn).toEqual({
    recipients: [
      {
        finalRecipient: 'ada@mailbox.y.test',
        originalRecipient: 'Ada@y.test',
        action: 'failed',
        status: '5.1.1',
        diagnostic: '550 5.1.1 <ada@mailbox.y.test>: user unknown',
      },
      {
        finalRecipient: 'bob@y.test',
        originalRecipient: null,
        action: 'delayed (will retry)',
        status: '4.2.2 (full)',
        diagnostic: null,
      },
    ],
    originalMessageId: '<m-1@x.test>',
  })
})

test('the message id is found in a returned mail too, and not in its text', async () => {
  const mail = 'Subject: Hi\nMessage-ID:\n <m-2@x.test>\n\nMessage-ID: <no@x.test>\n'
  expect((await readDsn(report(STATUS, mail, 'message/rfc822')))?.originalMessageId).toBe(
    '<m-2@x.test>',
  )
  expect((await readDsn(report(STATUS, 'Subject: Hi')))?.originalMessageId).toBeNull()
})

test('a status that is base64 is read as well', async () => {
  const encoded = Buffer.from(STATUS).toString('base64')
  const raw = report('STATUS')
    .toString()
    .replace(
      'message/delivery-status\r\n\r\nSTATUS',
      () => `message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}`,
    )
  expect((await readDsn(Buffer.from(raw)))?.recipients).toMatchObject([{ status: '5.1.1' }])
})

test('a mail that is no report is none, though it looks like one inside', async () => {
  expect(await readDsn(Buffer.from('Subject: Hi\r\n\r\nStatus: 5.1.1\r\n'))).toBeNull()
  expect(await readDsn(Buffer.from(''))).toBeNull()
  const forwarded = `Content-Type: multipart/mixed; boundary="f"\r\n\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n${report(STATUS)}\r\n--f--\r\n`
  expect(await readDsn(Buffer.from(forwarded))).toBeNull()
})
