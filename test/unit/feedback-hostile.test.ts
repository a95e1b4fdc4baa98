import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { readReturnedMail } from '../../src/feedback/parse/mail.ts'
import { cpuMsOf } from '../support/cpu-time.ts'
import { ENGLISH_SAMPLES, returnedMail } from '../support/returned-mails.ts'
import { WORLD_SAMPLES } from '../support/returned-mails-world.ts'

const SIZE = 20 * 1024 * 1024
const HEAD =
  'From: MAILER-DAEMON <mailer-daemon@far.test>\r\nReturn-Path: <>\r\nSubject: Undelivered mail\r\n'
const cut = (type: string) => `${HEAD}Content-Type: ${type}; boundary=b\r\n\r\n--b\r\n`

const REPORT = `${cut('multipart/report')}Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: a@b.test\r\nDiagnostic-Code: smtp; 550 `

/** 20 MB each: a beginning, and what is repeated behind it. */
const HOSTILE: Readonly<Record<string, readonly [string, string]>> = {
  'zero octets': ['', '\0'],
  'high octets': [`${HEAD}\r\n`, '\xe3'],
  'one line of spaces': [`${HEAD}\r\n`, ' '],
  'empty lines': [`${HEAD}\r\n`, '\n'],
  'one word': [`${HEAD}\r\n`, 'a'],
  'half addresses': [`${HEAD}\r\n`, 'a@'],
  addresses: [`${HEAD}\r\n`, '<ada@far.test>: 550 5.1.1 no such user\r\n'],
  'links of Exchange': [`${HEAD}\r\n`, 'ada@far.test<mailto:ada@far.test> '],
  codes: [`${HEAD}\r\n`, '550 '],
  transcripts: [`${HEAD}\r\n`, '>>> RCPT TO:<a@b.test>\n<<< 550 x\n550 <'],
  'words of many reasons': [`${HEAD}\r\n`, 'recipient user account mailbox address host '],
  'header lines in the text': [`${HEAD}\r\n`, 'Received: x\r\n'],
  separators: [`${HEAD}\r\n`, 'Original message\n\n\n\n\n\n\n'],
  'parts of parts': [cut('multipart/mixed'), '--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n'],
  'boundaries alone': [cut('multipart/mixed'), '--b\r\n'],
  'boundaries that are none': [cut('multipart/mixed'), '\n--bx'],
  'mails in mails': ['', 'Content-Type: message/rfc822\r\n\r\n'],
  'header fields': ['', 'X-A: b\r\n'],
  folds: ['Subject: a\r\n', ' b\r\n'],
  'a header without an end': ['Subject: ', 'x'],
  'encoded words': ['Subject: ', '=?utf-8?B?YWJj?= '],
  'half encoded words': ['Subject: ', '=?'],
  parameters: ['Content-Type: multipart/mixed; ', 'a="b";'],
  'quotes without an end': ['Content-Type: multipart/mixed; ', '"\\'],
  'opening tags': [`${HEAD}Content-Type: text/html\r\n\r\n`, '<p'],
  'scripts without an end': [`${HEAD}Content-Type: text/html\r\n\r\n`, '<script>'],
  comments: [`${HEAD}Content-Type: text/html\r\n\r\n`, '<!--'],
  entities: [`${HEAD}Content-Type: text/html\r\n\r\n`, '&#x41;&'],
  base64: [`${HEAD}Content-Transfer-Encoding: base64\r\n\r\n`, 'QUFBQUFB\r\n'],
  'quoted-printable': [`${HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n`, '=41=\r\n'],
  'spaces in quoted-printable': [`${HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n`, ' '],
  'UTF-7': [`${HEAD}Content-Type: text/plain; charset=utf-7\r\n\r\n`, '+'],
  'recipients of a report': [
    `${cut('multipart/report')}Content-Type: message/delivery-status\r\n\r\n`,
    'Final-Recipient: rfc822; ada@far.test\r\nAction: failed\r\n\r\n',
  ],
  'a diagnostic without an end': [REPORT, 'user mailbox '],
  'one word of a diagnostic': [REPORT, 'x'],
  'one host of a diagnostic': [REPORT, 'a.'],
  'one name of a diagnostic': [REPORT, 'a-'],
  'empty lines of a report': [
    `${cut('multipart/report')}Content-Type: message/delivery-status\r\n\r\n`,
    '\n',
  ],
  JSON: ['From: a@b.test\r\n\r\n{"notificationType":', '{"notificationType"}'],
  'who failed, in the header': [
    'From: mailer-daemon@far.test\r\nX-Failed-Recipients: ',
    'a@b.test,',
  ],
}

function hostile([beginning, repeated]: readonly [string, string]): Buffer {
  const raw = Buffer.alloc(SIZE, repeated, 'latin1')
  raw.write(beginning, 'latin1')
  return raw
}

it('reads one word of 160 KB in a moment, which no size limit cuts', async () => {
  for (const word of ['x', 'a.', 'a-', '\xe3']) {
    const raw = Buffer.from(`${REPORT}${word.repeat(160_000 / word.length)}\r\n\r\n--b--\r\n`)
    expect(await cpuMsOf(() => readReturnedMail(raw))).toBeLessThan(2_000)
  }
})

describe('20 MB of it are read in less than 2 seconds of a processor', () => {
  it.each(Object.entries(HOSTILE))('%s', async (_, shape) => {
    const raw = hostile(shape)
    // 0.3 s at most on the machine this was written on.
    expect(await cpuMsOf(() => readReturnedMail(raw))).toBeLessThan(2_000)
  })

  it('10,000 multiparts, each in the one before', async () => {
    const levels = Array.from(
      { length: 10_000 },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
    )
    const used = await cpuMsOf(async () => {
      expect(await readReturnedMail(Buffer.from(levels.join('')))).toMatchObject({ kind: 'other' })
    })
    expect(used).toBeLessThan(2_000)
  })
})

test('a mail of 20 MB takes less than 200 MB', () => {
  const script = `
    const { readReturnedMail } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/feedback/parse/mail.ts'))})
    const before = process.memoryUsage().rss
    for (const line of ['--b\\r\\nContent-Type: text/plain\\r\\n\\r\\nhi\\r\\n', '<a@b.test>: 550 5.1.1 no\\r\\n', 'X-A: b\\r\\n']) {
      const raw = Buffer.alloc(${SIZE}, line)
      raw.write('From: mailer-daemon@x.test\\r\\nContent-Type: multipart/mixed; boundary=b\\r\\n\\r\\n')
      await readReturnedMail(raw)
    }
    console.log(Math.round(process.resourceUsage().maxRSS / 1024 - before / 1024 / 1024))`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(Number(stdout)).toBeGreaterThan(0)
  expect(Number(stdout)).toBeLessThan(200)
})

const SAMPLES = [...ENGLISH_SAMPLES, ...WORLD_SAMPLES].map(returnedMail)
const KINDS = ['bounce', 'complaint', 'auto-reply', 'reply', 'other']

test('no octets make it throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (octets) => {
      expect(KINDS).toContain((await readReturnedMail(Buffer.from(octets))).kind)
    }),
    { numRuns: 200 },
  )
})

test('no cut, turn or noise in a notice makes it throw, or give what cannot be stored', async () => {
  const cuts = fc.record({
    sample: fc.nat(SAMPLES.length - 1),
    at: fc.nat(3_000),
    length: fc.nat(200),
    noise: fc.uint8Array({ maxLength: 60 }),
  })
  await fc.assert(
    fc.asyncProperty(cuts, async ({ sample, at, length, noise }) => {
      const raw = SAMPLES[sample] ?? Buffer.alloc(0)
      const read = await readReturnedMail(
        Buffer.concat([raw.subarray(0, at), noise, raw.subarray(at + length)]),
      )
      expect(KINDS).toContain(read.kind)
      if (read.kind !== 'bounce') return
      for (const { diagnostic, finalRecipient } of read.recipients) {
        expect(diagnostic ?? '').not.toMatch(/\p{Cc}/u)
        expect(finalRecipient ?? '').not.toMatch(/[\p{Cc}\s]/u)
        expect((diagnostic ?? '').length).toBeLessThanOrEqual(1_000)
      }
    }),
    { numRuns: 500 },
  )
})

test('500 mails a second are read on one core', async () => {
  // Compiled first; then the fastest of some rounds, as others share the machine.
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 8; round++) {
    const used = await cpuMsOf(async () => {
      for (const raw of SAMPLES) await readReturnedMail(raw)
    })
    best = Math.min(best, used / SAMPLES.length)
  }
  // Measured: 0.3 ms; the corpus's own, larger and with their returned mail, 0.7 ms.
  expect(best).toBeLessThan(2)
})
