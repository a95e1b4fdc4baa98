import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import PostalMime from 'postal-mime'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CampaignToSend } from '../../db/queries/deliveries.ts'
import { createComposer } from '../../src/delivery/compose-issue.ts'
import { parseIssue } from '../../src/issues/parse.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { wholeOf } from '../../src/mail/message-bytes.ts'
import { compileIssue } from '../../src/messages/compile.tsx'
import { createSecrets } from '../../src/secrets.ts'
import { programPath, programTest } from '../support/programs.ts'

const HOW_MANY = 1_000
const secrets = createSecrets(parseKeys(newKeys(), 'test'))

/** A hole at every kind of place, each between marks that no value holds. */
const ISSUE = `---
title: Number 12
subject: 'To ⟦{{ subscriber.value }}⟧ from 采石场'
preheader: 'Pre ⟦{{ subscriber.value }}⟧ header'
date: 2026-11-24
language: en
---

Dear ⟦{{ subscriber.value }}⟧, **bold ⟦{{ subscriber.value }}⟧**, and \`code\` 周刊.

[your page ⟦{{ subscriber.value }}⟧](https://shop.example/for/(({{ subscriber.value }}))/?q=(({{ subscriber.value }}))&x=1)

![a map ⟦{{ subscriber.value }}⟧](https://img.example/map.png?city=(({{ subscriber.value }})))

## Section ⟦{{ subscriber.value }}⟧

| a | b |
|---|---|
| ⟦{{ subscriber.value }}⟧ | 2 |

- [ ] ⟦{{ subscriber.value }}⟧ ${'and a long line that has to be encoded and folded somewhere '.repeat(4)}
`

const BY_HAND = [
  ...[
    '',
    '.',
    '..',
    ' ',
    '=',
    '=3D',
    '==',
    '--',
    '-- ',
    'From ',
    '>From',
    '&',
    '&amp;',
    '&lt;b&gt;',
  ],
  ...[
    'x\r\nBcc: victim@y.test\r\n\r\n<b>body</b>',
    'a\r\n.\r\nMAIL FROM:<x@y.test>',
    '\n.\n',
    '\u0000',
  ],
  ...[
    '"><script>alert(1)</script>',
    "' onload='x",
    '--></style></title>',
    ']]>',
    '<!--',
    '</td></table>',
  ],
  ...[
    '{{ subscriber.email }}',
    '{% include "x" %}',
    '{{',
    '}}',
    '$&',
    '$1',
    '$`',
    '\\',
    '\\u0041',
    '%s',
  ],
  ...[
    '=?utf-8?Q?x?=',
    '=?utf-8?B?eA==?= =?utf-8?B?eA==?=',
    '--=_boundary--',
    'multipart/mixed; boundary=x',
  ],
  ...[
    'مرحبا\u202e\u2066 עולם\u200f',
    '👩‍👩‍👧‍👦🏳️‍🌈',
    'e\u0301'.repeat(40),
    '名'.repeat(500),
    'x'.repeat(2000),
  ],
  ...[
    'a\u2028b\u2029c',
    '\u0085',
    '\ufeff',
    '\u00ad-\u200b',
    '\ud800',
    '\udfff half',
    '🀄'.repeat(19),
  ],
  ...[
    '%0d%0aX: y',
    '%',
    '%zz',
    '../../..',
    '#fragment',
    '?a=b&c=d',
    'javascript:alert(1)',
    '@evil.example/',
  ],
  ...[
    '**bold**',
    '[x](https://evil.example)',
    '`code`',
    '# h',
    '| a | b |',
    '~~~',
    'https://evil.example/',
  ],
]

const VALUES = [
  ...BY_HAND,
  ...fc.sample(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 120 }),
      fc.array(fc.constantFrom(...BY_HAND), { maxLength: 4 }).map((parts) => parts.join('')),
      fc.string({
        unit: fc.constantFrom(
          '\r',
          '\n',
          '\t',
          ' ',
          '.',
          '=',
          '?',
          '_',
          '"',
          '<',
          '&',
          '周',
          '\u202e',
        ),
        maxLength: 80,
      }),
    ),
    { numRuns: HOW_MANY - BY_HAND.length, seed: 20_261_124 },
  ),
].map((value) => value.replace(/[⟦⟧]|\(\(|\)\)/g, ''))

/**
 * What a reader may have called themselves, as far as one line of a mail can hold it: no line ends or other controls,
 * nothing that turns the text around it, no half of a character.
 */
const asOneLine = (value: string) =>
  value
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')

type Read = { subject: string; html: string; text: string; headers: string[] }

const messages: Buffer[] = []

async function composeAll(): Promise<void> {
  const parsed = parseIssue(ISSUE, { file: 'number-12.md' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings))
  const compiled = await compileIssue(parsed.issue, {
    newsletterName: 'Das "Steinbruch", 周刊',
    language: 'en',
    timeZone: 'UTC',
    brandColor: '#0b6e4f',
    postalAddress: '1 Mill Lane',
  })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings))
  const campaign: CampaignToSend = {
    ...{ campaignId: '7', newsletterId: '3', keyId: secrets.signingKeyId, replyTo: null },
    ...{ newsletter: 'quarry', newsletterName: 'Das "Steinbruch", 周刊', fromName: 'Ed, the' },
    ...{ fromAddress: 'ed@quarry.test', issue: 'number-12', issueTitle: 'Number 12' },
    // As it comes back out of the database.
    message: JSON.parse(JSON.stringify(compiled.message)) as Record<string, unknown>,
  }
  const site = {
    publicUrl: 'https://news.quarry.test',
    inboundDomain: 'in.quarry.test',
    senderId: 'postrider',
  }
  const compose = createComposer({ secrets, sign: null, site }, campaign)
  for (const value of VALUES) {
    const to = { subscriberId: '5', address: 'reader@y.test', attributes: { value } }
    messages.push(wholeOf((await compose(to)).bytes))
  }
}

beforeAll(composeAll, 60_000)

const plainOf = (html: string) =>
  html.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? '',
  )

type Holes = { values: string[]; rest: string }
/** The values between marks, and the rest with nothing between them. */
function holesOf(text: string): Holes {
  const values: string[] = []
  const rest = text.replace(/⟦([^⟦⟧]*)⟧/g, (_, value: string) => {
    values.push(value)
    return '⟦⟧'
  })
  return { values, rest }
}

/** Marks of parts of addresses: brackets stand in a URL as they are, and are escaped within a value. */
function urlHolesOf(text: string): Holes {
  const values: string[] = []
  const rest = text.replace(/(?:\(\(|%28%28)(.*?)(?:\)\)|%29%29)/g, (_, value: string) => {
    values.push(value)
    return '(())'
  })
  return { values, rest }
}

const lines = (text: string) => text.replace(/\r\n?/g, '\n').replace(/\n+$/, '\n')
/** What differs per message whatever the value is. */
const VARYING = /^(?:date|message-id|subject|content-type):?/i

function check(read: readonly Read[]): void {
  expect(read).toHaveLength(VALUES.length)
  let first: string | null = null
  const wrong = read.flatMap((mail, i) => {
    const value = asOneLine(VALUES[i] ?? '')
    // A segment of an address that is dots alone would climb.
    const inUrl = /^\.+$/.test(value) ? '' : value
    const [subject, html, text] = [mail.subject, mail.html, mail.text].map(holesOf) as Holes[]
    const urls = [html, text].map((part) => urlHolesOf(part?.rest ?? '')) as Holes[]
    const outside = [
      subject?.rest,
      ...urls.map(({ rest }) => lines(rest)),
      ...mail.headers.filter((line) => !VARYING.test(line)),
    ].join('\n')
    first ??= outside
    const found = {
      subject: subject?.values,
      html: [...new Set(html?.values.map(plainOf))],
      text: [...new Set(text?.values)],
      urls: [...new Set(urls.flatMap(({ values }) => values.map(plainOf).map(decodeURIComponent)))],
      isSameOutside: outside === first,
      // Nothing of it could end an attribute or begin a tag.
      isInert: html?.values.every((raw) => !/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/.test(raw)),
    }
    const right = {
      ...{ subject: [value], html: [value], text: [value], urls: [inUrl] },
      isSameOutside: true,
      isInert: true,
    }
    return JSON.stringify(found) === JSON.stringify(right) ? [] : [{ found, right }]
  })
  expect(wrong).toEqual([])
  // The subject, seven places in each part, and three in addresses; how often a part repeats one is its own affair.
  expect(String(first).match(/⟦⟧/g)?.length).toBeGreaterThanOrEqual(1 + 7 + 7)
  expect(String(first).match(/\(\(\)\)/g)?.length).toBeGreaterThanOrEqual(3 + 2)
}

const rawHeaders = (bytes: Buffer): string[] =>
  (bytes.toString('latin1').split('\r\n\r\n', 1)[0] ?? '').replace(/\r\n[ \t]/g, ' ').split('\r\n')

describe(`${HOW_MANY} hostile values, each where a reader's value may stand`, () => {
  test('are what they were to mailparser, and nothing outside their holes changed', async () => {
    const read = await Promise.all(
      messages.map(async (bytes) => {
        const mail = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true })
        expect(mail.attachments).toEqual([])
        return {
          subject: mail.subject ?? '',
          html: mail.html || '',
          text: mail.text ?? '',
          headers: mail.headerLines.map(({ line }) => line.replace(/\r\n[ \t]/g, ' ')),
        }
      }),
    )
    check(read)
  }, 60_000)

  test('are what they were to postal-mime, and nothing outside their holes changed', async () => {
    const read = await Promise.all(
      messages.map(async (bytes) => {
        const mail = await PostalMime.parse(bytes)
        expect(mail.attachments).toEqual([])
        return {
          subject: mail.subject ?? '',
          html: mail.html ?? '',
          text: mail.text ?? '',
          headers: mail.headers.map(({ key, value }) => `${key}: ${value}`),
        }
      }),
    )
    check(read)
  }, 60_000)

  programTest(
    'python3',
    "are what they were to Python's email, and nothing outside their holes changed",
    () =>
      check(
        readByPython(messages).map((mail, i) => ({
          ...mail,
          headers: rawHeaders(messages[i] as Buffer),
        })),
      ),
    60_000,
  )
})

const PYTHON = `
import sys, json, base64, email, email.policy
out = []
for text in json.load(sys.stdin):
    m = email.message_from_bytes(base64.b64decode(text), policy=email.policy.default)
    parts = {p.get_content_type(): p for p in m.walk() if not p.is_multipart()}
    assert len(parts) == 2 and not m.defects and not any(p.defects for p in parts.values())
    out.append({"subject": m["subject"], "html": parts["text/html"].get_payload(decode=True).decode(),
      "text": parts["text/plain"].get_payload(decode=True).decode()})
print(json.dumps(out))
`

function readByPython(all: readonly Buffer[]): Omit<Read, 'headers'>[] {
  const input = JSON.stringify(all.map((bytes) => bytes.toString('base64')))
  const out = execFileSync(programPath('python3'), ['-c', PYTHON], { input, maxBuffer: 512e6 })
  return JSON.parse(out.toString()) as Omit<Read, 'headers'>[]
}
