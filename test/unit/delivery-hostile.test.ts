import { execFileSync } from 'node:child_process'
import { simpleParser } from 'mailparser'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CampaignToSend } from '../../db/queries/deliveries.ts'
import { createComposer } from '../../src/delivery/compose-issue.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createDkimSigner } from '../../src/mail/dkim.ts'
import { makeDkimKey } from '../../src/mail/dkim-keys.ts'
import { wholeOf } from '../../src/mail/message-bytes.ts'
import type { CompiledMessage, Piece } from '../../src/messages/compiled.ts'
import { createFiller, type FilledMessage } from '../../src/messages/fill.ts'
import { createSecrets } from '../../src/secrets.ts'
import { dkimDns, verifyByMailauth, verifyByPython } from '../support/dkim.ts'
import { programPath, programTest } from '../support/programs.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const keys = [
  { selector: 'r', privateKeyPem: makeDkimKey('rsa') },
  { selector: 'e', privateKeyPem: makeDkimKey('ed25519') },
]
const dns = dkimDns('quarry.test', keys)
const site = {
  publicUrl: 'https://news.quarry.test',
  inboundDomain: 'in.quarry.test',
  senderId: 'postrider',
}

const merge = (name: string, place: 'text' | 'attribute' | 'url-path' | 'plain' | 'header') =>
  ({ hole: 'merge', source: `{{ subscriber.${name} }}`, place }) as const
const link = (place: 'attribute' | 'plain') => ({ hole: 'unsubscribe-url', place }) as const

/** Holes at every kind of place: at the ends, side by side, in the middle of a line, of a word and of a character's line. */
function messageOf(words: string): CompiledMessage {
  const long = `${words} `.repeat(40)
  const html: Piece[] = [
    ...[merge('name', 'text'), `<p>${long}\t<b>`, merge('name', 'text'), merge('city', 'text')],
    ...[
      `</b>${words}\n.${long}</p>\n<a title="`,
      merge('city', 'attribute'),
      '" href="https://x.test/',
    ],
    ...[merge('city', 'url-path'), `">${long}</a>`, link('attribute'), `\r\n${long}`],
    ...[merge('name', 'text'), '\nFrom ', merge('name', 'text'), '\n.', merge('name', 'text')],
  ]
  const text: Piece[] = [
    ...[`${words} `, merge('name', 'plain'), `,\n\n${long}\n  `, merge('city', 'plain')],
    ...[`\n-- \n${words}\n`, link('plain'), '\n', merge('name', 'plain')],
  ]
  const subject: Piece[] = [merge('name', 'header'), ` ${words} `, merge('city', 'header'), '!']
  return { version: 1, subject, html, text, language: 'en' }
}

const campaignOf = (words: string): CampaignToSend => ({
  ...{ campaignId: '7', newsletterId: '3', keyId: secrets.signingKeyId },
  ...{
    newsletter: 'quarry',
    newsletterName: 'Das "Steinbruch" 周刊',
    fromName: 'Ed, the',
    replyTo: null,
  },
  ...{ fromAddress: 'ed@quarry.test', issue: 'number-12', issueTitle: 'Number 12' },
  message: messageOf(words) as unknown as Record<string, unknown>,
})

const EVIL = [
  ...[
    '',
    ' ',
    '\t',
    '.',
    '..',
    '=',
    '==',
    'From ',
    'a\r\n.\r\nMAIL FROM:<x@y.test>',
    '\r\n.\r\n',
    '\n.\n',
  ],
  ...[
    'x\r\nBcc: victim@y.test\r\n\r\n<b>body</b>',
    '\u0000\u0007\u001b[31m',
    '"><script>alert(1)</script>',
  ],
  ...[
    "' onload='x",
    '{{ subscriber.email }}',
    '{% include "x" %}',
    '=?utf-8?Q?x?=',
    '--=_boundary--',
  ],
  ...[
    'مرحبا\u202e\u2066 עולם\u200f',
    '👩‍👩‍👧‍👦🏳️‍🌈',
    '\ud800 half',
    'e\u0301'.repeat(40),
    '名'.repeat(500),
  ],
  ...[
    'x'.repeat(500),
    ' '.repeat(60),
    `${' '.repeat(80)}end`,
    'a\u2028b\u2029c',
    '\u0085',
    'é'.repeat(77),
  ],
  ...[
    '%0d%0aX: y',
    '../../..',
    'javascript:alert(1)',
    'ß'.repeat(3),
    '\ufeff',
    '\u00ad-\u200b',
    '🀄'.repeat(19),
  ],
]

type Case = { name: string; city: string; bytes: Buffer; expected: FilledMessage; to: string }

async function casesOf(words: string, count: number, offset: number): Promise<Case[]> {
  const sign = createDkimSigner({ domain: 'quarry.test', keys })
  const campaign = campaignOf(words)
  const compose = createComposer({ secrets, sign, site }, campaign)
  const fill = createFiller(campaign.message as unknown as CompiledMessage)
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const pick = (n: number) => EVIL[n % EVIL.length] as string
      const name = `${pick(i)}${i > EVIL.length ? pick(Math.floor(i / 3)) : ''}`
      const city = i % 2 === 0 ? pick(i * 7 + offset) : `${'z'.repeat(i % 80)}${pick(i + 5)}`
      const to = `reader${i}@y.test`
      const attributes = { name, city }
      const subscriberId = String(i + 1)
      const composed = await compose({ subscriberId, address: to, attributes })
      const bytes = wholeOf(composed.bytes)
      expect(composed.isWireReady).toBe(true)
      const { newsletterName, issueTitle } = campaign
      const links = { unsubscribeUrl: '', webUrl: '' }
      const mail = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true })
      const header = String(
        mail.headers.get('list') &&
          mail.headerLines.find((h) => h.key === 'list-unsubscribe')?.line,
      )
      links.unsubscribeUrl = /<(https:[^>]*)>/.exec(header)?.[1] ?? ''
      const expected = fill({ address: to, attributes, newsletterName, issueTitle, ...links })
      return { name, city, bytes, expected, to }
    }),
  )
}

const lines = (text: string) => text.replace(/\r\n?/g, '\n')

let cases: Case[] = []
beforeAll(async () => {
  // The first is quoted-printable, the second base64.
  cases = [
    ...(await casesOf('The keeper of the light, naïve —', 500, 1)),
    ...(await casesOf('灯塔的看守人一周之内就会回信。', 500, 2)),
  ]
}, 60_000)

describe('1,000 messages filled with hostile values', () => {
  test('are read back by mailparser as filled: subject, parts, text, and no header more', async () => {
    const encodings = new Set<string>()
    for (const { bytes, expected, to } of cases) {
      const mail = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true })
      expect(mail.subject ?? '').toBe(subjectOf(expected))
      expect(lines(mail.text ?? '')).toBe(lines(expected.text))
      expect(lines(mail.html || '')).toBe(lines(expected.html))
      expect(mail.to).toMatchObject({ value: [{ address: to }] })
      expect([...mail.headers.keys()]).not.toEqual(expect.arrayContaining(['bcc', 'x']))
      expect(mail.headerLines).toHaveLength(cases[0] ? headerCount(cases[0].bytes) : 0)
      expect(mail.attachments).toEqual([])
      for (const [, name = ''] of bytes
        .toString('latin1')
        .matchAll(/^Content-Transfer-Encoding: (.*)\r$/gm)) {
        encodings.add(name)
      }
    }
    expect(encodings).toEqual(new Set(['quoted-printable', 'base64']))
  })

  test('stand on the wire as they are: CRLF, short lines, no dot at the start of one, nothing for DKIM to mend', () => {
    for (const { bytes } of cases) {
      const wire = bytes.toString('latin1')
      expect(wire).toMatch(/^[\r\n\x20-\x7e]+$/)
      expect(wire).not.toMatch(/[^\r]\n|\r[^\n]|\r$/)
      expect(wire).not.toMatch(/^\./m)
      expect(wire.endsWith('\r\n')).toBe(true)
      const body = wire.slice(wire.indexOf('\r\n\r\n') + 4)
      expect(body).not.toMatch(/ {2}| \r\n/)
      for (const line of wire.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
      for (const line of body.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
    }
  })

  test('are verified by mailauth, both signatures', async () => {
    for (const { bytes } of cases) {
      const results = (await verifyByMailauth(bytes, dns)).map(({ result }) => result)
      expect(results).toEqual(['pass', 'pass'])
    }
  })

  programTest(
    'dkimverify',
    'are verified by python3-dkim, both signatures',
    () => {
      const verdicts = verifyByPython(
        cases.map(({ bytes }) => bytes),
        dns,
      )
      expect(verdicts).toEqual(cases.map(() => [true, true]))
    },
    60_000,
  )

  programTest(
    'python3',
    'are read back by Python as filled, without a defect',
    () => {
      const read = readByPython(cases.map(({ bytes }) => bytes))
      cases.forEach(({ expected, to }, i) => {
        const mail = read[i]
        expect(mail?.defects).toEqual([])
        expect(mail?.subject).toBe(subjectOf(expected))
        expect(mail?.to).toBe(to)
        expect(mail?.parts.map(([type, text]) => [type, lines(text)])).toEqual([
          ['text/plain', lines(expected.text)],
          ['text/html', lines(expected.html)],
        ])
      })
    },
    60_000,
  )
})

/** What a header keeps of white space: runs at its ends are gone. */
const subjectOf = ({ subject }: FilledMessage) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header holds none
  subject.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ').trim()

const headerCount = (bytes: Buffer) =>
  bytes
    .toString('latin1')
    .split('\r\n\r\n')[0]
    ?.match(/^[A-Za-z]/gm)?.length ?? 0

type PythonMail = { subject: string; to: string; defects: string[]; parts: [string, string][] }

const PYTHON = `
import sys, json, base64, email, email.policy
out = []
for text in json.load(sys.stdin):
    m = email.message_from_bytes(base64.b64decode(text), policy=email.policy.default)
    parts = [p for p in m.walk() if not p.is_multipart()]
    out.append({"subject": m["subject"], "to": m["to"].addresses[0].addr_spec,
      "defects": [str(d) for d in m.defects] + [str(d) for p in parts for d in p.defects],
      "parts": [[p.get_content_type(), p.get_payload(decode=True).decode()] for p in parts]})
print(json.dumps(out))
`

function readByPython(messages: readonly Buffer[]): PythonMail[] {
  const input = JSON.stringify(messages.map((bytes) => bytes.toString('base64')))
  const out = execFileSync(programPath('python3'), ['-c', PYTHON], { input, maxBuffer: 256e6 })
  return JSON.parse(out.toString()) as PythonMail[]
}
