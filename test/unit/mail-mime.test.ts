import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { buildMime, formatAddress, type Headers } from '../../src/mail/mime.ts'
import { programPath, programTest } from '../support/programs.ts'

const SUBJECTS = [
  'Plain, as it is',
  '石场周刊 第 12 期：给灯塔写信',
  '👩‍👩‍👧‍👦 と 🏳️‍🌈 and 🇨🇳 in one line',
  '两百四十个字'.repeat(40),
  `${'🀄🏮'.repeat(60)}x`,
  'A long line of plain English words that has to be folded somewhere before it ends, twice in fact, or thrice',
  'two  spaces and a literal =?utf-8?Q?word?= that nobody encoded',
  'x'.repeat(1200),
  'Straße, naïve café — “quoted”',
]

const PARTS = { text: 'Hello.\n', html: '<p>Hello.</p>' }

function build(subject: string, parts = PARTS, more: Headers = []): Buffer {
  const headers: Headers = [
    ['From', formatAddress('石场周刊', 'editor@quarry.example')],
    ['To', formatAddress(null, 'reader@mail.example')],
    ['Subject', subject],
    ...more,
  ]
  return buildMime(headers, parts)
}

function headerLines(bytes: Buffer): string[] {
  return bytes.toString('latin1').split('\r\n\r\n')[0]?.split('\r\n') ?? []
}

/** What Python's own reader makes of it: headers decoded, parts as text with their encodings. */
const PYTHON = `
import sys, json, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = [p for p in m.walk() if not p.is_multipart()]
print(json.dumps({
  "subject": m["subject"], "from": [(a.display_name, a.addr_spec) for a in m["from"].addresses],
  "defects": [str(d) for d in m.defects] + [str(d) for p in parts for d in p.defects],
  "headers": m.keys(),
  "parts": [[p.get_content_type(), p["content-transfer-encoding"], p.get_content()] for p in parts]}))
`

type PythonMail = {
  subject: string
  from: [string, string][]
  defects: string[]
  headers: string[]
  parts: [string, string, string][]
}

function readByPython(bytes: Buffer): PythonMail {
  const out = execFileSync(programPath('python3'), ['-c', PYTHON], {
    input: bytes,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  })
  return JSON.parse(out.toString('utf8'))
}

describe('a header', () => {
  test.each(SUBJECTS)('reads back as it was written: %s', async (subject) => {
    const bytes = build(subject)
    expect((await simpleParser(bytes)).subject).toBe(subject)
    for (const line of headerLines(bytes)) {
      expect(line.length).toBeLessThanOrEqual(76)
      expect(line).toMatch(/^[\x20-\x7e]+$/)
    }
    for (const word of bytes.toString('latin1').match(/=\?utf-8\?[QB]\?[^?]*\?=/g) ?? []) {
      expect(word.length).toBeLessThanOrEqual(75)
    }
  })

  programTest('python3', 'reads back in Python as it was written', () => {
    for (const subject of SUBJECTS) {
      const mail = readByPython(build(subject))
      expect(mail.subject).toBe(subject)
      expect(mail.defects).toEqual([])
      expect(mail.from).toEqual([['石场周刊', 'editor@quarry.example']])
    }
  })

  test('never splits a character across two encoded words', () => {
    const character = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.constantFrom('🀄', 'é'),
    )
    fc.assert(
      fc.property(
        fc.array(character, { minLength: 1, maxLength: 200 }).map((list) => list.join('')),
        (text) => {
          const subject = `期${text}`.replace(/\p{Cc}/gu, '')
          for (const word of build(subject)
            .toString('latin1')
            .match(/=\?utf-8\?[QB]\?[^?]*\?=/g) ?? []) {
            const [, , encoding, content = ''] = word.split('?')
            const bytes =
              encoding === 'B'
                ? Buffer.from(content, 'base64')
                : Buffer.from(
                    content
                      .replace(/_/g, ' ')
                      .replace(/=([0-9A-F]{2})/g, (_, hex) =>
                        String.fromCharCode(Number.parseInt(hex, 16)),
                      ),
                    'latin1',
                  )
            expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).not.toThrow()
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test.each([
    'Issue\r\nBcc: victim@mail.example\r\n\r\n<b>body</b>',
    'Issue\nBcc: victim@mail.example',
    'Issue\u2028Bcc: victim@mail.example\u0000',
  ])('stays one header whatever its text: %j', async (subject) => {
    const mail = await simpleParser(build(subject))
    expect(mail.bcc).toBeUndefined()
    expect(mail.headers.has('bcc')).toBe(false)
    expect(mail.text).toBe('Hello.\n')
    expect(mail.subject?.startsWith('Issue Bcc: victim@mail.example')).toBe(true)
  })

  test('keeps an address in List-Unsubscribe whole, however long', () => {
    const url = `https://news.example/u/${'a'.repeat(300)}`
    const bytes = build('x', PARTS, [['List-Unsubscribe', `<${url}>, <mailto:u-1@b.example>`]])
    expect(bytes.toString('latin1')).toContain(`<${url}>`)
  })

  test('that has a grammar is refused when it is not ASCII', () => {
    expect(() => build('x', PARTS, [['Message-ID', '<ü@quarry.example>']])).toThrow(/ASCII/)
    expect(() => build('x', PARTS, [['X-A: b\r\nC', 'd']])).toThrow(/name/)
  })
})

describe('a display name', () => {
  test.each([
    ['Ada Lovelace', 'Ada Lovelace <a@x.example>'],
    ['Lovelace, Ada', '"Lovelace, Ada" <a@x.example>'],
    ['The "Quarry"', '"The \\"Quarry\\"" <a@x.example>'],
    ['a@bank.example', '"a@bank.example" <a@x.example>'],
    ['', '<a@x.example>'],
  ])('%s is written so that it is one', (name, written) => {
    expect(formatAddress(name, 'a@x.example')).toBe(written)
  })

  test.each([
    '石场周刊',
    'Ünal, "X" <b@y.example>',
    'a\r\nBcc: c@z.example',
    '=?utf-8?Q?x?=',
    '名'.repeat(90),
  ])('%j comes back with its address', async (name) => {
    const bytes = buildMime([['From', formatAddress(name, 'a@x.example')]], PARTS)
    const mail = await simpleParser(bytes)
    expect(mail.from?.value).toEqual([
      { name: name.replace(/[\r\n]+/g, ' '), address: 'a@x.example' },
    ])
    expect(headerLines(bytes).every((line) => line.length <= 76)).toBe(true)
  })

  test.each(['a@x.example>\r\nBcc: b@y.example', 'a@x.example, b@y.example', 'a b@x.example'])(
    'does not stand before %j',
    (address) => {
      expect(() => formatAddress('Ada', address)).toThrow()
    },
  )
})

describe('a part', () => {
  const encodings = (bytes: Buffer): string[] =>
    [...bytes.toString('latin1').matchAll(/^Content-Transfer-Encoding: (.*)\r$/gm)].map(
      (match) => match[1] ?? '',
    )

  test('of plain ASCII is never base64', () => {
    expect(encodings(build('x'))).toEqual(['7bit', '7bit'])
    const long = `<p>${'word '.repeat(400)}</p>`
    expect(encodings(build('x', { text: `${'a'.repeat(1200)}\n`, html: long }))).toEqual([
      'quoted-printable',
      'quoted-printable',
    ])
    const equals = `${'='.repeat(1200)}\n`
    expect(encodings(build('x', { text: equals, html: equals }))).not.toContain('base64')
    expect(encodings(build('x', { text: 'From here on\n.\nend \n', html: '\u0007' }))).toEqual([
      'quoted-printable',
      'quoted-printable',
    ])
  })

  test('of Chinese is base64, of English with a few accents quoted-printable', () => {
    const chinese = '灯塔的看守人一周之内就会回信。'.repeat(40)
    const english = `${'The keeper writes back within a week. '.repeat(20)}Café.`
    expect(encodings(build('x', { text: chinese, html: english }))).toEqual([
      'base64',
      'quoted-printable',
    ])
  })

  test('comes back as it was, in lines that no relay has to break', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'grapheme', maxLength: 200 }),
            fc.constantFrom('\n', ' \n', 'From x\n', '.\n', '灯塔', '='.repeat(80), 'é'.repeat(90)),
          ),
          { maxLength: 30 },
        ),
        async (bits) => {
          const text = `${bits.join('').replace(/\r/g, '')}\n`
          const bytes = build('x', { text, html: `<p>${text}` })
          expect(
            bytes
              .toString('latin1')
              .split('\r\n')
              .every((line) => line.length <= 998),
          ).toBe(true)
          expect(bytes.toString('latin1')).not.toMatch(/[^\r]\n|\r[^\n]/)
          const mail = await simpleParser(bytes, { skipHtmlToText: true })
          expect(mail.text).toBe(text)
          expect(mail.html).toBe(`<p>${text}`)
        },
      ),
      { numRuns: 200 },
    )
  })

  programTest('python3', 'comes back in Python as it was', () => {
    const text = `${'灯塔'.repeat(300)}\nFrom here\n.\n trailing \n${'é='.repeat(100)}\n`
    const mail = readByPython(build('x', { text, html: `<p>${text}</p>` }))
    expect(mail.defects).toEqual([])
    expect(mail.parts.map(([type]) => type)).toEqual(['text/plain', 'text/html'])
    expect(mail.parts[0]?.[2].replace(/\r\n/g, '\n')).toBe(text)
    expect(mail.parts[1]?.[2].replace(/\r\n/g, '\n')).toBe(`<p>${text}</p>`)
  })
})
