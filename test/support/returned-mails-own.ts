import type { ReturnedSample } from './returned-mails.ts'

const ADA = 'ada@far.test'
const NULL_PATH = 'Return-Path: <>'
const GENERIC = 'Final-Recipient: rfc822; ada@far.test\nAction: failed'

/** A report by the standard, whatever stands in its text. */
function report(
  name: string,
  fields: string,
  notice: string,
  expected: ReturnedSample['expected'],
): ReturnedSample {
  return {
    name,
    subject: 'Undeliverable: Number 12',
    header: 'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    text: `--b\nContent-Type: text/plain; charset=utf-8\n\n${notice}\n\n--b\nContent-Type: message/delivery-status\n\n${GENERIC}\n${fields}\n\n--b--`,
    expected,
  }
}

/** Where it matters who says it, of what, and what the reporter makes of it. */
export const OWN_WORD_SAMPLES: readonly ReturnedSample[] = [
  {
    name: 'a system that says who is not on it, in its own words',
    from: 'MAILER-DAEMON@far.test',
    subject: 'failure notice',
    text: 'Your message was undeliverable to the following:\n    ada@far.test (User Unknown)',
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'a gateway that passes on what stands behind it, a filter perhaps',
    from: 'MAILER-DAEMON@far.test',
    subject: 'failure notice',
    text: 'Your message was undeliverable to the following:\n\n<ada@far.test>:\n550 User Unknown',
    expected: [[ADA, 'soft', 'perhaps-unknown', null]],
  },
  {
    name: 'hMailServer, with the command it had sent',
    from: 'mailer-daemon@relay.test',
    subject: 'Message undeliverable: Number 12',
    text: 'The following recipient(s) could not be reached:\n\nada@far.test\n   Error Type: SMTP\n   hMailServer sent: RCPT TO:<ada@far.test>\n   Remote server replied: 550 Unknown user',
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'Persian',
    from: 'postmaster@far.test',
    header: NULL_PATH,
    subject: 'پیام برگشت خورد',
    text: 'پیام شما به گیرنده زیر تحویل نشد:\n\nada@far.test\n\n550 5.1.1 کاربر وجود ندارد',
    expected: [[ADA, 'hard', 'unknown-user', '5.1.1']],
  },
  {
    name: 'Domino in German',
    from: 'Postmaster@far.test',
    subject: 'ZUSTELLUNGSFEHLER: Benutzer ada nicht im Domino-Verzeichnis aufgeführt',
    text: 'Ihre Nachricht\n\n  Betreff: Number 12\n\nkonnte nicht zugestellt werden an:\n\n  ada@far.test\n\nda:\n\n  Benutzer ada (ada@far.test) nicht im Domino-Verzeichnis aufgeführt',
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'a provider that does not know whether it was the address',
    from: 'Postmaster@ezweb.test',
    subject: 'Mail System Error - Returned Mail',
    text: '次のあて先へのメッセージはエラーのため送信できませんでした。\n\n送信先メールアドレスが見つからないか、送信先メールサーバの事由により送信できませんでした。\n\n<ada@ezweb.test>',
    expected: [['ada@ezweb.test', 'soft', 'perhaps-unknown', null]],
  },
  {
    name: 'Sendmail of old, without brackets',
    subject: 'Returned mail: User unknown',
    text: '   ----- Transcript of session follows -----\n550 ada@far.test... User unknown',
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  report(
    'Postfix that tries again in spite of a 5xx (soft_bounce)',
    'Status: 4.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown',
    'It will be retried.',
    [[ADA, 'soft', 'expired', '5.1.1']],
  ),
  report(
    'Microsoft, of an address that its directory lacks',
    'Status: 5.4.1\nDiagnostic-Code: smtp;550 5.4.1 Recipient address rejected: Access denied. For more information see the documentation',
    'Your message could not be delivered.',
    [[ADA, 'hard', 'unknown-user', '5.4.1']],
  ),
  report(
    'a relay that gave up resolving a name',
    'Status: 4.4.3\nDiagnostic-Code: X-Postfix; Host or domain name not found. Name service error for name=far.test type=MX: Host not found, try again',
    'Your message could not be delivered.',
    [[ADA, 'soft', 'network', '4.4.3']],
  ),
]
