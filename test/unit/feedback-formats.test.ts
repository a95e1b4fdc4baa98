import { describe, expect, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'
import type { ReturnedMail } from '../../src/feedback/parse/returned-mail.ts'
import { ENGLISH_SAMPLES, type ReturnedSample, returnedMail } from '../support/returned-mails.ts'
import { OWN_WORD_SAMPLES } from '../support/returned-mails-own.ts'
import { EXCHANGE_SAMPLES, WORLD_SAMPLES } from '../support/returned-mails-world.ts'

function seen(read: ReturnedMail, withStatus: boolean): unknown {
  if (read.kind !== 'bounce') return read.kind
  return read.recipients.map(({ finalRecipient, type, reason, status }) =>
    withStatus ? [finalRecipient, type, reason, status] : [finalRecipient, type, reason],
  )
}

async function expectSample(sample: ReturnedSample, raw: Buffer): Promise<void> {
  const withStatus = sample.expected.every((line) => line.length === 4)
  expect(seen(await readReturnedMail(raw), withStatus)).toEqual(sample.expected)
}

describe('a notice without a machine-readable report says who failed, why and whose fault it is', () => {
  test.each([...ENGLISH_SAMPLES])('of $name', async (sample) => {
    await expectSample(sample, returnedMail(sample))
  })

  test.each([...EXCHANGE_SAMPLES, ...WORLD_SAMPLES, ...OWN_WORD_SAMPLES])(
    'of $name',
    async (sample) => {
      await expectSample(sample, returnedMail(sample))
    },
  )

  test.each([...ENGLISH_SAMPLES])('with LF alone, of $name', async (sample) => {
    const raw = returnedMail(sample).toString().replace(/\r\n/g, '\n')
    await expectSample(sample, Buffer.from(raw))
  })
})

describe('what a person writes is no bounce', () => {
  const from = 'Ada <ada@far.test>'
  test.each([
    ['an answer', 'Re: Number 12', 'I loved it.', 'reply'],
    ['a question', 'A question', 'Last week your mail could not be delivered to me. Why?', 'other'],
    [
      'a question about a bounce, with its words in it',
      'Re: Undelivered Mail Returned to Sender',
      'What is this?\n\n> <eve@far.test>: 550 5.1.1 user unknown\n',
      'reply',
    ],
    [
      'a notice forwarded by hand',
      'Fwd: failure notice',
      'See below.\n\n<eve@far.test>:\nno mailbox here by that name (#5.1.1)\n',
      'other',
    ],
    ['a late parcel', 'Your delivery has been delayed', 'It did not reach us: 550 items.', 'other'],
  ])('%s', async (_, subject, text, kind) => {
    expect(await readReturnedMail(returnedMail({ from, subject, text }))).toEqual({ kind })
  })
})

describe('what a machine writes of other failures is no bounce of ours', () => {
  test.each([
    [
      'Cron Daemon <root@host.test>',
      'Cron <root@host> backup',
      'could not be sent to a@host.test: 550',
    ],
    [
      'postmaster@far.test',
      'Your mailbox is almost full',
      'You will not be able to send new mail.',
    ],
    ['postmaster@far.test', 'Scheduled maintenance', 'On Sunday mail delivery will be delayed.'],
    [
      'mailer-daemon@far.test',
      'Delivery Status Notification (Success)',
      'Delivered to ada@far.test.',
    ],
    [
      'postmaster@far.test',
      'Quarantined messages report',
      '3 messages from eve@far.test are held.',
    ],
    [
      'Shop <noreply@shop.test>',
      'Delivery failed',
      'We could not deliver your parcel. help@shop.test',
    ],
    [
      'Eve <eve@far.test>',
      'Undelivered mail',
      'Your mail to bob@far.test failed: 550 5.1.1 user unknown',
    ],
    [
      'Forge <forge@code.test>',
      'Mail delivery failed (#12)',
      'We saw `550 5.1.1 <a@b.test> user unknown`',
    ],
    [
      'Mail Admin <admin@far.test>',
      'Message delivery failure',
      '7 messages wait. Click to release.',
    ],
  ])('%s: %s', async (from, subject, text) => {
    expect((await readReturnedMail(returnedMail({ from, subject, text }))).kind).not.toBe('bounce')
  })
})

test('several recipients of one notice each get their own words', async () => {
  const text = `
<ada@far.test>: host mx.far.test[192.0.2.1] said: 550 5.1.1 <ada@far.test>:
    Recipient address rejected: User unknown (in reply to RCPT TO command)

<bob@near.test>: host mx.near.test[192.0.2.2] said: 452 4.2.2 Mailbox full (in
    reply to RCPT TO command)

<eve@near.test>: connect to mx.near.test[192.0.2.2]:25: Connection refused`
  const subject = 'Undelivered Mail Returned to Sender'
  const read = await readReturnedMail(returnedMail({ subject, text }))
  expect(seen(read, true)).toEqual([
    ['ada@far.test', 'hard', 'unknown-user', '5.1.1'],
    ['bob@near.test', 'soft', 'mailbox-full', '4.2.2'],
    ['eve@near.test', 'soft', 'network', null],
  ])
})

test('our Message-ID is found in whatever came back', async () => {
  const [sample] = ENGLISH_SAMPLES
  if (sample === undefined) throw new Error('no sample')
  expect(await readReturnedMail(returnedMail(sample))).toMatchObject({
    originalMessageId: '<m-token@weekly.test>',
    originalHeaders: { subject: 'Number 12', 'message-id': '<m-token@weekly.test>' },
  })
})

/** "Nobody there", in the octets of its charset. */
const NOBODY = [
  ['gb2312', 'd3c3bba7b2bbb4e6d4da'],
  ['GB18030', 'd3c3bba7b2bbb4e6d4da'],
  ['big5', 'a8cfa5ceaacca4a3a673a662'],
  ['iso-2022-jp', '1b24423038406849544c401b2842'],
  ['shift_jis', '88b690e6957396be'],
  ['euc-jp', 'b0b8c0e8c9d4ccc0'],
  ['euc-kr', 'c1b8c0e7c7cfc1f620beca'],
  ['koi8-r', 'd0cfccd8dacfd7c1d4c5ccd820cec520cec1cac4c5ce'],
  ['windows-1251', 'efeeebfce7eee2e0f2e5ebfc20ede520ede0e9e4e5ed'],
  ['iso-8859-2', '6e69657a6e616e792075bf79746b6f776e696b'],
  ['utf-7', Buffer.from('+dShiN04NW1hXKA-').toString('hex')],
] as const

function octetNotice(type: string, hex: string): Buffer {
  const head = `From: postmaster@far.test\r\nSubject: Undeliverable mail\r\n${type}\r\nada@far.test\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(hex, 'hex')])
}

const HARD = { kind: 'bounce', recipients: [{ type: 'hard', reason: 'unknown-user' }] }

test.each(NOBODY)('a notice in %s is read', async (charset, hex) => {
  const type = `Content-Type: text/plain; charset="${charset}"\r\n`
  expect(await readReturnedMail(octetNotice(type, hex))).toMatchObject(HARD)
})

test.each(NOBODY.filter(([charset]) => !/^(?:utf-7|iso-8859-2)$/.test(charset)))(
  'a notice in %s is read where nothing says so',
  async (_, hex) => {
    // As much text as a notice has: one word alone may be anything.
    const much = hex.startsWith('1b') ? hex : hex.repeat(3)
    expect(await readReturnedMail(octetNotice('', much))).toMatchObject({ kind: 'bounce' })
  },
)
