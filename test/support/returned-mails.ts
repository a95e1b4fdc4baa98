/** Mails that came back, written by us in the shapes that the mail systems of the world give them. */
export type ReturnedSample = Readonly<{
  name: string
  from?: string
  subject: string
  /** Further header lines. */
  header?: string
  text: string
  /** address, type, reason, status */
  expected: readonly (readonly [string | null, string, string, (string | null)?])[]
}>

/** A mail as it comes: UTF-8, CRLF. */
export function returnedMail({
  from = 'Mail Delivery System <mailer-daemon@relay.test>',
  subject,
  header = '',
  text,
}: Pick<ReturnedSample, 'from' | 'subject' | 'header' | 'text'>): Buffer {
  const lines = [
    `From: ${from}`,
    'To: b-token@bounces.weekly.test',
    `Subject: ${subject}`,
    'Date: Tue, 24 Nov 2026 08:00:00 +0000',
    ...header.split('\n').filter(Boolean),
    ...(/^content-type:/im.test(header) ? [] : ['Content-Type: text/plain; charset=utf-8']),
    '',
    text.replace(/^\n/, ''),
  ]
  return Buffer.from(lines.join('\n').replace(/\r?\n/g, '\r\n'))
}

const ADA = 'ada@far.test'
const COPY = `Received: from app.weekly.test by relay.test; Tue, 24 Nov 2026 07:59:00 +0000
Message-ID: <m-token@weekly.test>
From: Weekly <weekly@weekly.test>
To: ada@far.test
Subject: Number 12`

export const ENGLISH_SAMPLES: readonly ReturnedSample[] = [
  {
    name: 'Exim, refused at RCPT',
    subject: 'Mail delivery failed: returning message to sender',
    text: `
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@far.test
    host mx.far.test [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ada@far.test>:
    550 5.1.1 <ada@far.test>: no such person at this address

------ This is a copy of the message, including all the headers. ------

${COPY}`,
    expected: [[ADA, 'hard', 'unknown-user', '5.1.1']],
  },
  {
    name: 'Exim, of its own domain',
    subject: 'Mail delivery failed: returning message to sender',
    text: `
The following address(es) failed:

  ada@far.test:
    Unrouteable address
  eve@far.test:
    unknown local-part "eve" in domain "far.test"

------ This is a copy of the message, including all the headers. ------

${COPY}`,
    expected: [
      [ADA, 'hard', 'unknown-host', null],
      ['eve@far.test', 'hard', 'unknown-user', null],
    ],
  },
  {
    name: 'Exim, still trying',
    subject: 'Warning: message 1abc-0001-XY delayed 24 hours',
    text: `
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on relay.test.

The address to which the message has not yet been delivered is:

  ada@far.test
    host mx.far.test [192.0.2.1]
    Delay reason: SMTP error from remote mail server after RCPT TO:<ada@far.test>:
    451 4.7.1 Greylisted, please come back in 300 seconds

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals.`,
    expected: [[ADA, 'soft', 'greylisted', '4.7.1']],
  },
  {
    name: 'qmail',
    subject: 'failure notice',
    text: `
Hi. This is the qmail-send program at relay.test.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@far.test>:
192.0.2.1 does not like recipient.
Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)
Giving up on 192.0.2.1.

<bob@far.test>:
Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)
I'm not going to try again; this message has been in the queue too long.

--- Below this line is a copy of the message.

Return-Path: <weekly@weekly.test>
${COPY}`,
    expected: [
      [ADA, 'hard', 'unknown-user', '5.1.1'],
      ['bob@far.test', 'soft', 'expired', '4.4.1'],
    ],
  },
  {
    name: 'qmail-ldap, over quota',
    subject: 'failure notice',
    text: `
Hi. This is the qmail-send program at relay.test.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ada@far.test>:
The users mailfolder is over the allowed quota (size). (#5.2.2)

--- Below this line is a copy of the message.

Return-Path: <weekly@weekly.test>
${COPY}`,
    expected: [[ADA, 'soft', 'mailbox-full', '5.2.2']],
  },
  {
    name: 'Postfix, blocked by a list',
    subject: 'Undelivered Mail Returned to Sender',
    text: `
This is the mail system at host relay.test.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<ada@far.test>: host mx.far.test[192.0.2.1] said: 554 5.7.1 Service
    unavailable; Client host [198.51.100.7] blocked using zen.dnsbl.test; see
    https://dnsbl.test/query (in reply to RCPT TO command)`,
    expected: [[ADA, 'block', 'reputation', '5.7.1']],
  },
  {
    name: 'Postfix, no such domain',
    subject: 'Undelivered Mail Returned to Sender',
    text: `
                   The mail system

<ada@far.test>: Host or domain name not found. Name service error for
    name=far.test type=A: Host not found`,
    expected: [[ADA, 'hard', 'unknown-host', null]],
  },
  {
    name: 'Postfix, a name server that is silent',
    subject: 'Delayed Mail (still being retried)',
    text: `
<ada@far.test>: Host or domain name not found. Name service error for
    name=far.test type=MX: Host not found, try again`,
    expected: [[ADA, 'soft', 'network', null]],
  },
  {
    name: 'Sendmail, mailbox full',
    subject: 'Returned mail: see transcript for details',
    text: `
The original message was received at Tue, 24 Nov 2026 08:00:00 GMT
from app.weekly.test [198.51.100.7]

   ----- The following addresses had permanent fatal errors -----
<ada@far.test>
    (reason: 552 5.2.2 <ada@far.test>... Mailbox full)

   ----- Transcript of session follows -----
... while talking to mx.far.test.:
>>> DATA
<<< 552 5.2.2 <ada@far.test>... Mailbox full
554 5.0.0 Service unavailable`,
    expected: [[ADA, 'soft', 'mailbox-full', '5.2.2']],
  },
  {
    name: 'Courier',
    subject: 'NOTICE: mail delivery status.',
    text: `
This is a delivery status notification from relay.test,
running the Courier mail server, version 1.0.

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<ada@far.test>:
    mx.far.test [192.0.2.1]:
>>> RCPT TO:<ada@far.test>
<<< 550 User unknown.

---------------------------------------------------------------------------`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'Domino',
    from: 'Postmaster@far.test',
    subject: 'DELIVERY FAILURE: User ada (ada@far.test) not listed in Domino Directory',
    text: `
Your message

  Subject: Number 12

was not delivered to:

  ada@far.test

because:

  User ada (ada@far.test) not listed in Domino Directory`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'GroupWise',
    from: 'Mail System Administrator <postmaster@far.test>',
    subject: 'Message status - undeliverable',
    text: `
The message that you sent was undeliverable to the following:
\tada@far.test (user not found)

Possibly truncated original message follows:`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'GroupWise, disk full',
    from: 'postmaster@far.test',
    subject: 'Message status - undeliverable',
    text: `
The message that you sent was undeliverable to the following:
\tada@far.test (mailbox is full)`,
    expected: [[ADA, 'soft', 'mailbox-full', null]],
  },
  {
    name: 'Exchange 5.5',
    from: 'System Administrator <postmaster@far.test>',
    subject: 'Undeliverable: Number 12',
    text: `
Your message

  To:      ada@far.test
  Subject: Number 12
  Sent:    Tue, 24 Nov 2026 08:00:00 -0000

did not reach the following recipient(s):

ada@far.test on Tue, 24 Nov 2026 08:00:05 -0000
    The recipient name is not recognized
\tThe MTS-ID of the original message is: c=us;a= ;p=far;l=EX0001
    MSEXCH:IMS:FAR:SITE:EX 0 (000C05A6) Unknown Recipient`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'Microsoft 365',
    from: 'Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@far.test>',
    subject: 'Undeliverable: Number 12',
    text: `
Your message to ada@far.test couldn't be delivered.

ada wasn't found at far.test.

Original Message Details
Created Date: 11/24/2026 8:00:00 AM

Error Details
Reported error: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@far.test not found by SMTP address lookup`,
    expected: [[ADA, 'hard', 'unknown-user', '5.1.10']],
  },
  {
    name: 'Gmail',
    from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
    subject: 'Delivery Status Notification (Failure)',
    header: 'X-Failed-Recipients: ada@far.test',
    text: `
Delivery to the following recipient failed permanently:

     ada@far.test

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the recipient domain far.test by mx.far.test. [192.0.2.1].

The error that the other server returned was:
550 5.7.1 Message rejected due to content restrictions

----- Original message -----

${COPY}`,
    expected: [[ADA, 'block', 'content', '5.7.1']],
  },
  {
    name: 'PMDF and the Sun and Oracle servers after it',
    from: 'postmaster@far.test',
    subject: 'Delivery Notification: Delivery has failed',
    text: `
This report relates to a message you sent with the following header fields:

  Message-id: <m-token@weekly.test>
  Date: Tue, 24 Nov 2026 08:00:00 +0000
  From: Weekly <weekly@weekly.test>
  To: ada@far.test
  Subject: Number 12

Your message cannot be delivered to the following recipients:

  Recipient address: ada@far.test
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 unknown or illegal alias: ada@far.test
  Remote system: dns;mx.far.test (TCP|198.51.100.7|3|192.0.2.1|25)`,
    expected: [[ADA, 'hard', 'unknown-user', '5.1.1']],
  },
  {
    name: 'MDaemon',
    from: 'MDaemon at far.test <MDaemon@far.test>',
    subject: 'Permanent Delivery Failure',
    text: `
The attached message had PERMANENT fatal delivery errors!

After one or more unsuccessful delivery attempts the attached message has
been removed from the mail queue on this server.

Failed address: ada@far.test

--- Session Transcript ---
 Tue 2026-11-24 08:00:00: --> RCPT To:<ada@far.test>
 Tue 2026-11-24 08:00:00: <-- 550 ada@far.test unknown user account
--- End Transcript ---`,
    expected: [[ADA, 'hard', 'unknown-user', null]],
  },
  {
    name: 'MailEnable',
    from: 'Postmaster <postmaster@relay.test>',
    subject: 'Message Delivery Failure',
    text: `
MailEnable: Message could not be delivered to some recipients.
The following recipient(s) could not be reached:

  Recipient: [SMTP:ada@far.test]
  Reason: Remote SMTP Server Returned: 550 5.2.1 The mailbox is disabled`,
    expected: [[ADA, 'soft', 'disabled', '5.2.1']],
  },
  {
    name: 'hMailServer',
    from: 'mailer-daemon@relay.test',
    subject: 'Message undeliverable: Number 12',
    text: `
Your message did not reach some or all of the intended recipients.

   Sent: Tue, 24 Nov 2026 08:00:00 +0000
   Subject: Number 12

The following recipient(s) could not be reached:

ada@far.test
   Error Type: SMTP
   Remote server (192.0.2.1) issued an error.
   hMailServer sent: RCPT TO:<ada@far.test>
   Remote server replied: 550 5.1.1 The email account that you tried to reach does not exist.

hMailServer`,
    expected: [[ADA, 'hard', 'unknown-user', '5.1.1']],
  },
  {
    name: 'Kerio',
    from: 'Mail Delivery Subsystem <postmaster@relay.test>',
    subject: 'Your message could not be delivered (Number 12)',
    text: `
This is an automatically generated message from the mail server at relay.test.

Your message has encountered delivery problems to the following recipient(s):

Delivery failed
ada@far.test
550 5.7.1 Your message was considered as spam`,
    expected: [[ADA, 'block', 'spam', '5.7.1']],
  },
  {
    name: 'IMail',
    from: 'Postmaster <postmaster@relay.test>',
    subject: 'Undeliverable Mail',
    header: 'X-Mailer: <SMTP32 v8.00>',
    text: `
User mailbox exceeds allowed size: ada@far.test

Original message follows.

${COPY}`,
    expected: [[ADA, 'soft', 'mailbox-full', null]],
  },
  {
    name: 'MessageLabs',
    subject: 'Mail Delivery Failure',
    text: `
This is the mail delivery agent at Symantec Email Security.cloud.
I was unable to deliver your message to the following addresses:

ada@far.test

Reason: 550 Requested action aborted: local policy error

The message subject was: Number 12
The message identifier was: 12/AB-34`,
    expected: [[ADA, 'block', 'policy', null]],
  },
  {
    name: 'Mimecast',
    from: 'postmaster <postmaster@relay.test>',
    subject: '[Postmaster] Email Delivery Failure',
    text: `
This is an automated alert notification. Please do not reply.

An email that you attempted to send to the following address could not be delivered:

  ada@far.test

The problem appears to be :
-- Recipient email address is possibly incorrect

Additional information follows :
-- 5.1.1 Invalid recipient

This condition occurred after 1 attempt(s) to deliver over a period of 0 hour(s).`,
    expected: [[ADA, 'hard', 'unknown-user', '5.1.1']],
  },
  {
    name: 'Yahoo',
    from: 'MAILER-DAEMON@yahoo.com',
    subject: 'Failure Notice',
    text: `
Sorry, we were unable to deliver your message to the following address.

<ada@far.test>:
552: 5.2.2 The recipient's mailbox is over its quota

--- Below this line is a copy of the message.

${COPY}`,
    expected: [[ADA, 'soft', 'mailbox-full', '5.2.2']],
  },
  {
    name: 'Smail and T-Online',
    subject: 'mail failed, returning to sender',
    text: `
|------------------------- Message log follows: -------------------------|
 no valid recipients were found for this message
|------------------------- Failed addresses follow: ---------------------|
 <ada@far.test> ... unknown host
|------------------------- Message text follows: ------------------------|
${COPY}`,
    expected: [[ADA, 'hard', 'unknown-host', null]],
  },
  {
    name: 'OpenSMTPD',
    from: 'Mailer Daemon <MAILER-DAEMON@relay.test>',
    subject: 'Delivery status notification: error',
    text: `
    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

ada@far.test: 550 5.1.1 <ada@far.test>: Recipient address rejected: User unknown

    Below is a copy of the original message:

${COPY}`,
    expected: [[ADA, 'hard', 'unknown-user', '5.1.1']],
  },
  {
    name: 'Google, too much for its reader',
    subject: 'Undelivered Mail Returned to Sender',
    text: `
<ada@far.test>: host mx.far.test[192.0.2.1] said: 550-5.2.1 The user you are
    trying to contact is receiving mail at a rate that 550-5.2.1 prevents
    additional messages from being delivered. (in reply to RCPT TO command)`,
    expected: [[ADA, 'soft', 'recipient-rate', '5.2.1']],
  },
  {
    name: 'Microsoft, no authentication',
    subject: 'Undelivered Mail Returned to Sender',
    text: `
<ada@far.test>: host mx.far.test[192.0.2.1] said: 550 5.7.515 Access denied,
    sending domain WEEKLY.TEST doesn't meet the required authentication level.
    (in reply to end of DATA command)`,
    expected: [[ADA, 'block', 'authentication', '5.7.515']],
  },
  {
    name: 'a virus wall',
    from: 'virus-wall@far.test',
    subject: 'Mail could not be delivered',
    header: 'Return-Path: <>',
    text: `
The following mail could not be delivered to ada@far.test.
Reason: a virus was found in it.`,
    expected: [[ADA, 'block', 'virus', null]],
  },
]
