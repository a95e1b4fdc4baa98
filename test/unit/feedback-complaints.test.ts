import { describe, expect, it, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'

const ORIGINAL = `From: Weekly <weekly@weekly.test>
To: ada@far.test
Message-ID: <m-token@weekly.test>
Subject: Number 12
CFBL-Feedback-ID: token-of-ours

Hello Ada`

type Report = { fields?: string; original?: string; type?: string; header?: string }

/** RFC 5965 as it is drawn. */
function report({
  fields = 'Feedback-Type: abuse',
  original = ORIGINAL,
  type = 'message/rfc822',
  header = '',
}: Report = {}): Buffer {
  const text = `From: <loop@provider.test>
To: <fbl@weekly.test>
Subject: FW: Number 12
${header}MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="cut"

--cut
Content-Type: text/plain; charset=us-ascii

This is an email abuse report for an email message received on Tue, 24 Nov 2026.

--cut
Content-Type: message/feedback-report

${fields}
User-Agent: Loop/1.0
Version: 1

--cut
Content-Type: ${type}

${original}

--cut--
`
  return Buffer.from(text.replace(/\n/g, '\r\n'))
}

const plain = (header: string, text: string) =>
  readReturnedMail(Buffer.from(`${header}\n\n${text}\n`.replace(/\n/g, '\r\n')))

describe('a complaint', () => {
  it('says who complains, about which mail of ours', async () => {
    const fields = 'Feedback-Type: abuse\nOriginal-Rcpt-To: rfc822;Ada@Far.test'
    expect(await readReturnedMail(report({ fields }))).toMatchObject({
      kind: 'complaint',
      feedbackType: 'abuse',
      recipients: ['ada@far.test'],
      originalMessageId: '<m-token@weekly.test>',
      originalHeaders: { 'cfbl-feedback-id': 'token-of-ours' },
    })
  })

  it.each(['abuse', 'fraud', 'virus', 'other', 'not-spam', 'opt-out', 'auth-failure'])(
    'is of type %s, since not all of them are about the mail',
    async (feedbackType) => {
      const fields = `Feedback-Type: ${feedbackType}`
      expect(await readReturnedMail(report({ fields }))).toMatchObject({ feedbackType })
    },
  )

  it('of a type that nobody registered is of type other', async () => {
    expect(await readReturnedMail(report({ fields: 'Feedback-Type: dislike' }))).toMatchObject({
      feedbackType: 'other',
    })
  })

  it('is by whom our mail went to, where the report hides it', async () => {
    expect(await readReturnedMail(report())).toMatchObject({ recipients: ['ada@far.test'] })
  })

  it('is by nobody we know, where all of it is hidden', async () => {
    const original = ORIGINAL.replace('ada@far.test', 'undisclosed')
    expect(await readReturnedMail(report({ original }))).toMatchObject({
      kind: 'complaint',
      recipients: [],
    })
  })

  it.each(['text/rfc822-headers', 'text/rfc822-header', 'message/rfc822-headers'])(
    'may return our header alone, as %s',
    async (type) => {
      expect(await readReturnedMail(report({ type }))).toMatchObject({
        originalMessageId: '<m-token@weekly.test>',
      })
    },
  )

  it('by RFC 9477 carries our own id in its report', async () => {
    const fields = 'Feedback-Type: abuse\nCFBL-Feedback-ID: token-of-ours'
    expect(await readReturnedMail(report({ fields }))).toMatchObject({
      cfblFeedbackId: 'token-of-ours',
    })
  })
})

describe('a complaint without a report', () => {
  test("Microsoft's junk mail reports name who complains in a header of the mail itself", async () => {
    const header = `X-HmXmrOriginalRecipient: ada@far.test\n${ORIGINAL.split('\n\n')[0]}`
    expect(await plain(header, 'Hello')).toMatchObject({
      kind: 'complaint',
      feedbackType: 'abuse',
      recipients: ['ada@far.test'],
      originalMessageId: '<m-token@weekly.test>',
    })
  })

  test('a loop that forwards our mail as an attachment', async () => {
    const header = `From: <feedbackloop@provider.test>
Subject: Complaint about a message from 198.51.100.7
Content-Type: multipart/mixed; boundary="cut"`
    const text = `--cut
Content-Type: text/plain

A user reported this message as spam.
--cut
Content-Type: message/rfc822

${ORIGINAL}
--cut--`
    expect(await plain(header, text)).toMatchObject({
      kind: 'complaint',
      recipients: ['ada@far.test'],
      originalMessageId: '<m-token@weekly.test>',
    })
  })

  test('Mail of Apple, asking to be taken off', async () => {
    const header = 'From: Ada <ada@far.test>\nSubject: unsubscribe\nX-Apple-Unsubscribe: true'
    expect(await plain(header, 'Apple Mail sent this.')).toMatchObject({
      kind: 'complaint',
      feedbackType: 'opt-out',
      recipients: ['ada@far.test'],
    })
  })

  test('a notice that Amazon SES mails as JSON', async () => {
    const complaint = {
      notificationType: 'Complaint',
      complaint: { complainedRecipients: [{ emailAddress: 'Ada@far.test' }] },
    }
    const header = 'From: no-reply@sns.amazonaws.test\nSubject: AWS Notification Message'
    expect(await plain(header, JSON.stringify(complaint))).toMatchObject({
      kind: 'complaint',
      recipients: ['ada@far.test'],
    })
  })

  test('a person who only speaks of spam does not complain so', async () => {
    const header = 'From: Ada <ada@far.test>\nSubject: Complaint'
    expect(await plain(header, 'I get too much spam. Please report abuse!')).toEqual({
      kind: 'other',
    })
  })
})
