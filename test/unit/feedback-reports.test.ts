import { expect, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'

/** A report in parts, as RFC 3464 draws it but for what a test changes. */
function report(status: string, type = 'message/delivery-status', notice = 'It failed.'): Buffer {
  const text = `Return-Path: <>
From: Mail Delivery System <mailer-daemon@relay.test>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain; charset=utf-8

${notice}
--cut
Content-Type: ${type}

${status}
--cut--
`
  return Buffer.from(text.replace(/\n/g, '\r\n'))
}

const read = async (...args: Parameters<typeof report>) => {
  const mail = await readReturnedMail(report(...args))
  return mail.kind === 'bounce' ? mail.recipients : mail.kind
}

test('a report with no group of its own and no empty line before its end loses nobody', async () => {
  const status = `Final-Recipient: rfc822; ada@far.test
Action: failed
Status: 5.0.0
Diagnostic-Code: SMTP; 550 5.1.1 User unknown`
  expect(await read(status)).toMatchObject([{ finalRecipient: 'ada@far.test', type: 'hard' }])
})

test('an address in its reader’s script is read (RFC 6533)', async () => {
  const status = `Reporting-MTA: dns; relay.test

Original-Recipient: utf-8; \\x{6D4B}\\x{8BD5}@far.test
Final-Recipient: utf-8; 测试@far.test
Action: failed
Status: 5.2.2`
  expect(await read(status, 'message/global-delivery-status')).toMatchObject([
    {
      finalRecipient: '测试@far.test',
      originalRecipient: '测试@far.test',
      reason: 'mailbox-full',
    },
  ])
})

test("the server's own status comes before what the reporter made of it", async () => {
  const status = `Final-Recipient: rfc822; ada@far.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.7.1 Your address is blacklisted`
  expect(await read(status)).toMatchObject([{ status: '5.7.1', type: 'block' }])
})

test('a status that says nothing is filled from the words', async () => {
  const status = 'Final-Recipient: rfc822; ada@far.test\nAction: failed\nStatus: 5.0.0'
  const notice = 'ada@far.test: 550 5.7.25 no reverse DNS for your address'
  expect(await read(status, undefined, notice)).toMatchObject([
    {
      status: '5.7.25',
      reason: 'sender-dns',
      diagnostic: '550 5.7.25 no reverse DNS for your address',
    },
  ])
})

test('of several, each is as its own group says, and who was reached has not failed', async () => {
  const status = `Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; ada@far.test
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; bob@far.test
Action: delayed
Status: 4.4.1

Final-Recipient: rfc822; eve@far.test
Action: delivered
Status: 2.0.0`
  expect(await read(status)).toMatchObject([
    { finalRecipient: 'ada@far.test', type: 'hard' },
    { finalRecipient: 'bob@far.test', type: 'soft', action: 'delayed' },
    { finalRecipient: 'eve@far.test', type: null, reason: null },
  ])
})

test('a warning never ends an address, whatever it says', async () => {
  const status = `Final-Recipient: rfc822; ada@far.test
Action: delayed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown`
  expect(await read(status)).toMatchObject([{ type: 'soft' }])
})

test('a report that also says "full" proves no death', async () => {
  const status = `Final-Recipient: rfc822; ada@far.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown`
  const notice = 'Your message to <ada@far.test> was rejected: not enough disk space'
  expect(await read(status, undefined, notice)).toMatchObject([{ type: 'soft' }])
})

test('a report flattened into text by a gateway is read; quoted by a person it is not', async () => {
  const text = `An error occurred while trying to deliver the mail to the following recipients:
ada@far.test

Technical report:

Reporting-MTA: dns; relay.test

Action: failed
Final-Recipient: rfc822; ada@far.test
Diagnostic-Code: smtp; 550 5.1.1 no such user
Status: 5.1.1`
  const from = (sender: string, subject: string) =>
    readReturnedMail(Buffer.from(`From: ${sender}\nSubject: ${subject}\n\n${text}\n`))
  expect(await from('mailer-daemon@relay.test', 'Delivery Status Notification')).toMatchObject({
    kind: 'bounce',
    recipients: [{ finalRecipient: 'ada@far.test', type: 'hard', status: '5.1.1' }],
  })
  expect(await from('Eve <eve@far.test>', 'Re: what is this?')).toEqual({ kind: 'reply' })
})

test('what Amazon SES mails as JSON is read', async () => {
  const notice = {
    notificationType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bouncedRecipients: [
        {
          emailAddress: 'Ada@far.test',
          status: '5.1.1',
          diagnosticCode: 'smtp; 550 5.1.1 user unknown',
        },
      ],
    },
  }
  const head = 'From: no-reply@sns.amazonaws.test\nSubject: AWS Notification Message'
  const mail = (body: unknown) =>
    readReturnedMail(Buffer.from(`${head}\n\n${JSON.stringify(body)}\n`))
  expect(await mail(notice)).toMatchObject({
    kind: 'bounce',
    recipients: [{ finalRecipient: 'ada@far.test', type: 'hard', status: '5.1.1' }],
  })
  const transient = { ...notice, bounce: { ...notice.bounce, bounceType: 'Transient' } }
  expect(await mail(transient)).toMatchObject({ recipients: [{ type: 'soft' }] })
  expect(await mail({ notificationType: 'Delivery' })).toEqual({ kind: 'other' })
})

test('an answering machine with the empty return path that RFC 3834 wants is no bounce', async () => {
  const text = `Return-Path: <>
From: Ada <ada@far.test>
Subject: Automatic reply: Number 12

I cannot be reached until Monday. Your message was not delivered to anybody else.

----- Original message -----
Received: from x by y
Message-ID: <m-token@weekly.test>
From: Weekly <weekly@weekly.test>
`
  expect(await readReturnedMail(Buffer.from(text))).toEqual({ kind: 'auto-reply' })
})

test.each([
  ['550 Access denied', 'block'],
  ['550 Blocked', 'block'],
  ['550 System busy', 'soft'],
  ['550 Requested action not taken', 'soft'],
  ['553 sorry, administratively denied', 'block'],
  ['550 no such user', 'hard'],
  ['550 5.1.1 rejected', 'hard'],
])('the 5.1.1 that a reporter makes of %s is no word of the server', async (reply, type) => {
  const status = `Final-Recipient: rfc822; ada@far.test
Action: failed
Status: 5.1.1
Diagnostic-Code: SMTP; ${reply}`
  expect(await read(status)).toMatchObject([{ type }])
})
