import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'
import { classifyReply, type ReplyStage } from '../../src/mail/classify-reply.ts'

/** The table's letters, and how Postfix says it. */
const STAGES: Readonly<Record<string, readonly [ReplyStage | undefined, string]>> = {
  c: ['connect', ' (in reply to EHLO command)'],
  m: ['mail', ' (in reply to MAIL FROM command)'],
  r: ['rcpt', ' (in reply to RCPT TO command)'],
  d: ['data', ' (in reply to end of DATA command)'],
  '-': [undefined, ''],
}

type Line = Readonly<{ type: string; stage: string; reply: string }>

const LINES: readonly Line[] = readFileSync(
  join(import.meta.dirname, '../fixtures/replies.txt'),
  'utf8',
)
  .split('\n')
  .flatMap((line) => {
    const [, type, stage, reply] = /^(\w+) +(\S) (.+)$/.exec(line) ?? []
    return type && stage && reply ? [{ type, stage, reply }] : []
  })

const of = (type: string) => LINES.filter((line) => line.type === type)

function classified({ stage, reply }: Line): string {
  const [, code, enhanced, text = ''] =
    /^(?:([45]\d\d)[ -])?#?([45]\.\d{1,3}\.\d{1,3}(?![\d.]))? ?(.*)$/.exec(reply) ?? []
  return classifyReply({
    ...{ code: code === undefined ? null : Number(code), enhanced: enhanced ?? null, text },
    ...{ domain: 'far.test', stage: STAGES[stage]?.[0] },
  }).type
}

/** As Postfix reports it. */
async function reported({ stage, reply }: Line): Promise<string | null | undefined> {
  const status = /[45]\.\d{1,3}\.\d{1,3}/.exec(reply)?.[0] ?? `${/^4/.test(reply) ? 4 : 5}.0.0`
  const mail = await readReturnedMail(
    Buffer.from(`From: MAILER-DAEMON@relay.test
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain; charset=utf-8

This is the mail system at host relay.test.

<ada@far.test>: host mx.far.test[192.0.2.9] said: ${reply}${STAGES[stage]?.[1]}

--b
Content-Type: message/delivery-status

Final-Recipient: rfc822; ada@far.test
Action: failed
Status: ${status}
Diagnostic-Code: smtp; ${reply}

--b--
`),
  )
  return mail.kind === 'bounce' ? mail.recipients[0]?.type : mail.kind
}

/** Lines that come out as none of these; empty: the promise holds. */
async function wrong(lines: readonly Line[], ...types: string[]): Promise<string[]> {
  const found: string[] = []
  for (const line of lines) {
    const got = [classified(line), await reported(line)]
    if (got.some((type) => !types.includes(type ?? ''))) found.push(`${got} ← ${line.reply}`)
  }
  return found
}

describe('what hundreds of servers say is read by whose fault it is:', () => {
  test('the table holds what it should', () => {
    expect(['hard', 'soft', 'block', 'kept'].map((type) => of(type).length)).toEqual([
      expect.toSatisfy((n: number) => n > 100),
      expect.toSatisfy((n: number) => n > 120),
      expect.toSatisfy((n: number) => n > 200),
      expect.toSatisfy((n: number) => n > 200),
    ])
  })

  test('a dead address', async () => {
    expect(await wrong(of('hard'), 'hard')).toEqual([])
  })

  test('what may pass', async () => {
    expect(await wrong(of('soft'), 'soft')).toEqual([])
  })

  test('what is our own fault', async () => {
    expect(await wrong(of('block'), 'block')).toEqual([])
  })

  test('and whatever leaves a doubt costs no reader', async () => {
    expect(await wrong(of('kept'), 'soft', 'block')).toEqual([])
  })
})
