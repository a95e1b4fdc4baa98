import { describe, expect, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'

const kindOf = async (header: string, text: string) =>
  (await readReturnedMail(Buffer.from(`${header}\nTo: weekly@weekly.test\n\n${text}\n`))).kind

const REPLY = 'bob@far.test\n\n550 5.1.1 no such user'
const FAILED = `Your message to the following recipient failed:\n\n${REPLY}`
const LIST = 'List-Unsubscribe: <https://acme.test/u>\nList-Id: <news.acme.test>\nPrecedence: bulk'

describe('who quotes a failure has not failed:', () => {
  test.each([
    [
      'a colleague who asks',
      'From: Anna <anna@acme.test>\nReturn-Path: <anna@acme.test>\nSubject: Mail delivery failed: returning message to sender',
      'Hi Tom,\n\ncan you look at this one?\n\nThe following address(es) failed:\n\n  bob@far.test\n    550 5.1.1 no such user\n\nThanks\nAnna',
    ],
    [
      'a newsletter',
      `From: Acme <hello@acme.test>\nReturn-Path: <b-1@acme.test>\n${LIST}\nSubject: Undeliverable`,
      FAILED,
    ],
    [
      'a newsletter from the address of a mail system',
      `From: Deliverability Weekly <postmaster@deliv.test>\nReturn-Path: <b-1@deliv.test>\n${LIST}\nSubject: Undelivered Mail Returned to Sender: what it means`,
      FAILED,
    ],
    [
      'one that says no more than that it is sent in numbers',
      'From: mailer-daemon@deliv.test\nReturn-Path: <b-1@deliv.test>\nPrecedence: bulk\nSubject: Undelivered mail',
      FAILED,
    ],
    [
      'a newsletter with an empty return path',
      `From: postmaster@deliv.test\nReturn-Path: <>\n${LIST}\nSubject: Undelivered mail`,
      FAILED,
    ],
    [
      'a bank, with an empty return path',
      'From: Bank <noreply@bank.test>\nReturn-Path: <>\nSubject: Payment failed',
      'Recipient unknown: your transfer to bob@far.test could not be delivered. Error 550 5.1.1',
    ],
    [
      'somebody who quotes a notice, with an empty return path',
      'From: Anna <anna@far.test>\nReturn-Path: <>\nSubject: Delivery Status Notification (Failure)',
      "FYI this bounced.\n\n> Your message wasn't delivered to bob@far.test because the address couldn't be found",
    ],
    [
      'a parcel service, with an empty return path',
      'From: Parcel <noreply@parcel.test>\nReturn-Path: <>\nSubject: Delivery failed: your parcel could not be delivered',
      'Your parcel could not be delivered to the recipient.\n\nAddress unknown. Write to bob@far.test',
    ],
    [
      'a mail system that counts what failed in a day',
      'From: MAILER-DAEMON@far.test\nReturn-Path: <>\nSubject: Postmaster daily report',
      'Top errors:\n550 5.1.1 user unknown: bob@far.test (2)',
    ],
    [
      'a mail system that lists what it holds back',
      'From: postmaster@far.test\nReturn-Path: <>\nSubject: Quarantine digest',
      'You have 1 quarantined message:\n\nbob@far.test  Re: mail delivery failed: user unknown',
    ],
    [
      'a newsletter named like a mail system',
      `From: Mail Delivery Weekly <news@maildelivery.test>\nReturn-Path: <b-1@maildelivery.test>\n${LIST}\nSubject: Undeliverable`,
      FAILED,
    ],
    [
      'a sender named like a mail system, with an address to answer to',
      'From: Mail Delivery Weekly <news@maildelivery.test>\nReturn-Path: <news@maildelivery.test>\nSubject: Undeliverable',
      FAILED,
    ],
    [
      'a reader who asks what happened',
      'From: bob@far.test\nSubject: delivery failed',
      'delivery to the following recipient failed permanently:\n\n eve@far.test\n\nthat is what gmail told me, do you know why? 550 5.1.1 user unknown',
    ],
    [
      'a person whose work is mail',
      'From: Mail Admin Kate <kate@far.test>\nSubject: Bounced mail',
      'Dear News team,\n\nplease stop mailing\n\nbob@far.test\n\n550 5.1.1 user unknown is what we answer since May\n\nKate',
    ],
    [
      'one of that name',
      'From: Postmaster Pat <pat@far.test>\nReturn-Path: <pat@far.test>\nSubject: returned mail',
      `Dear editor,\n\n${REPLY}\n\nPat`,
    ],
    [
      'an administrator who announces an update',
      'From: 邮件系统管理员 <it@far.test>\nSubject: 系统升级通知',
      `升级期间可能无法投递邮件，您可能收到：\n\n${REPLY}`,
    ],
    [
      'a service for mailings',
      'From: メール配信 <news@far.test>\nSubject: 配信エラーについて',
      `いつもご利用ありがとうございます。配信エラーの例:\n\n${REPLY}`,
    ],
    [
      'a forum that posts one',
      'From: Questions <do-not-reply@forum.test>\nSubject: Mail delivery failed: returning message to sender',
      `A new answer:\n\nThis message was created automatically by mail delivery software. The following address(es) failed:\n\n  ${REPLY}\n\nCheck your router.`,
    ],
    [
      'who brings parcels',
      'From: Delivery Service <info@parcel.test>\nSubject: Your delivery failed',
      'Your parcel could not be delivered.\n\nbob@far.test',
    ],
    [
      'an administrator who warns of a quota',
      'From: System Administrator <help@far.test>\nSubject: Mailbox quota warning',
      'Your mailbox is full. Your mail could not be delivered.\n\nbob@far.test',
    ],
    [
      'a colleague who jests',
      'From: Steve <steve@far.test>\nSubject: Undeliverable: Lunch',
      `${REPLY}\n\nSteve`,
    ],
    [
      'a post room',
      'From: Mailer <mailer@far.test>\nSubject: returned mail',
      'We got returned mail this week.\n\nbob@far.test',
    ],
    [
      'a postmaster by name who replies',
      'From: Postmaster Bob <bob@far.test>\nIn-Reply-To: <m-a@weekly.test>\nSubject: your mail was rejected',
      FAILED,
    ],
    [
      'a postmaster by address who writes himself',
      'From: Kate <postmaster@far.test>\nReturn-Path: <postmaster@far.test>\nSubject: undeliverable',
      `Dear editor,\n\n${FAILED}\n\nRegards\nKate`,
    ],
  ])('%s', async (_, header, text) => {
    expect(await kindOf(header, text)).not.toBe('bounce')
  })
})

const INNER = `From: MAILER-DAEMON@relay.test
Subject: Undelivered mail
Content-Type: multipart/report; report-type=delivery-status; boundary=c

--c
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; bob@far.test
Action: failed
Status: 5.1.1

--c--`

const forwarded = (words: string) =>
  `--b\nContent-Type: text/plain\n\n${words}\n--b\nContent-Type: message/rfc822\n\n${INNER}\n\n--b--`
const FORWARD =
  'From: Tom <tom@acme.test>\nSubject: Fwd: Undelivered mail\nContent-Type: multipart/mixed; boundary=b'

test('a report that somebody passes on with words of his own is none, without them it is one', async () => {
  expect(await kindOf(FORWARD, forwarded('Look what I got, any idea?'))).not.toBe('bounce')
  expect(await kindOf(FORWARD, forwarded(''))).toBe('bounce')
})

test('a mail system that is polite is none the less a mail system', async () => {
  const header = 'From: Mail Delivery System <mailer-daemon@far.test>\nSubject: Undeliverable'
  expect(await kindOf(header, `Hello,\n\n${FAILED}\n\nRegards\nYour mail team`)).toBe('bounce')
})

test('the sender of the envelope says who speaks, where the mail has no line for it', async () => {
  const mail = Buffer.from(
    `From: Notices <notices@far.test>\nSubject: Undeliverable\n\n${FAILED}\n`,
  )
  expect((await readReturnedMail(mail, '')).kind).toBe('bounce')
  expect((await readReturnedMail(mail, 'notices@far.test')).kind).not.toBe('bounce')
  expect((await readReturnedMail(mail)).kind).not.toBe('bounce')
})
