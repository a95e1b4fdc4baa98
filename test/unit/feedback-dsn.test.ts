import { describe, expect, it } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'
import { report } from '../support/reports.ts'

describe('a mail that came back', () => {
  it('is a bounce with what the report says of each recipient, addresses masked in its words', async () => {
    const raw = report([
      {
        finalRecipient: 'Ada@Far.test',
        originalRecipient: 'ada@near.test',
        action: 'Failed',
        status: '5.1.1 (bad destination mailbox address)',
        diagnostic: 'smtp; 550 5.1.1 <ada@far.test>: user unknown',
      },
      { finalRecipient: 'bob@far.test', action: 'delayed', status: '4.4.1' },
    ])
    expect(await readReturnedMail(raw)).toMatchObject({
      kind: 'bounce',
      recipients: [
        {
          finalRecipient: 'ada@far.test',
          originalRecipient: 'ada@near.test',
          action: 'failed',
          status: '5.1.1',
          type: 'hard',
          diagnostic: '550 5.1.1 <a***@far.test>: user unknown',
        },
        {
          finalRecipient: 'bob@far.test',
          originalRecipient: null,
          action: 'delayed',
          status: '4.4.1',
          type: 'soft',
          diagnostic: null,
        },
      ],
    })
  })

  it.each(['5', '5.1', '5.1.x', 'x5.1.1', '5.1.1234', '3.1.1', ''])(
    'has no status where the report says %j',
    async (status) => {
      const read = await readReturnedMail(report([{ action: 'failed', status }]))
      expect(read).toMatchObject({ kind: 'bounce', recipients: [{ status: null }] })
    },
  )

  it('is an auto-reply where it says so, and anything else where it does not', async () => {
    const mail = (header: string) =>
      readReturnedMail(Buffer.from(`From: a@b.test\r\n${header}Subject: Out\r\n\r\nBack soon.\r\n`))
    expect(await mail('Auto-Submitted: auto-replied\r\n')).toEqual({ kind: 'auto-reply' })
    expect(await mail('Auto-Submitted: no\r\n')).toEqual({ kind: 'other' })
    expect(await mail('')).toEqual({ kind: 'other' })
  })

  it('is nothing in particular where only its text speaks of a failure', async () => {
    const text =
      'Subject: Undelivered\r\n\r\nFinal-Recipient: rfc822; a@b.test\r\nStatus: 5.1.1\r\n'
    expect(await readReturnedMail(Buffer.from(text))).toEqual({ kind: 'other' })
  })

  it('is understood where a gateway wraps it, and left alone where a person forwards it with words', async () => {
    const inner = report([{ finalRecipient: 'a@b.test', action: 'failed', status: '5.1.1' }])
    const wrap = (text: string) =>
      Buffer.from(
        `Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\n${text}\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--o--\r\n`,
      )
    expect(await readReturnedMail(wrap(''))).toMatchObject({ kind: 'bounce' })
    const words =
      'Dear friends, what does this mail mean that I got from your server today? '.repeat(4)
    expect(await readReturnedMail(wrap(words))).toEqual({ kind: 'other' })
  })

  it('is never an error, whatever the octets', async () => {
    for (const octets of [
      '',
      '\0\xff\xfe',
      '--\r\n--\r\n',
      'Content-Type: multipart/report\r\n\r\n',
    ]) {
      expect(await readReturnedMail(Buffer.from(octets, 'latin1'))).toEqual({ kind: 'other' })
    }
  })
})
