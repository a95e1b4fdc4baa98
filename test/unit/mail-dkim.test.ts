import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDkimSigner, type Signer, signBytes } from '../../src/mail/dkim.ts'
import { dkimRecord, makeDkimKey } from '../../src/mail/dkim-keys.ts'
import { createSmtpSender } from '../../src/mail/smtp.ts'
import { dkimDns, verifyByMailauth, verifyByPython } from '../support/dkim.ts'
import { programTest } from '../support/programs.ts'
import { startSink } from '../support/sink.ts'

const DOMAIN = 'news.test'
const ENVELOPE = { from: 'b@news.test', to: 'ada@y.test' }
const RSA = { selector: 'one', privateKeyPem: makeDkimKey('rsa') }
const ED25519 = { selector: 'two', privateKeyPem: makeDkimKey('ed25519') }
const dns = dkimDns(DOMAIN, [RSA, ED25519])
const signer = createDkimSigner({ domain: DOMAIN, keys: [RSA] })
const both = createDkimSigner({ domain: DOMAIN, keys: [RSA, ED25519] })
const sign = (bytes: Buffer, by: Signer = signer) => signBytes(by, bytes, ENVELOPE)

const FIELDS = {
  From: 'Weekly <weekly@news.test>',
  'Reply-To': 'ed@news.test',
  To: 'ada@y.test',
  Subject: '=?utf-8?B?56ysIDEyIOacnw==?=',
  Date: 'Tue, 24 Nov 2026 08:00:00 +0000',
  'Message-ID': '<m-1@news.test>',
  'List-Id': 'Weekly <weekly.news.test>',
  'List-Unsubscribe': '<https://news.test/u/abc>',
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  'Feedback-ID': '1:weekly:12:postrider',
  'CFBL-Address': 'fbl@bounce.news.test; report=arf',
  'CFBL-Feedback-ID': 'c-abc',
  'MIME-Version': '1.0',
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Transfer-Encoding': '8bit',
}
const header = Object.entries(FIELDS).map(([name, value]) => `${name}: ${value}\r\n`)
const message = Buffer.from(`${header.join('')}\r\n.Hello  \r\n你好\r\n\r\n`)

const verify = async (bytes: Buffer) => (await verifyByMailauth(bytes, dns)).map((r) => r.result)

function signedNames(signed: Buffer): string[] {
  const unfolded = signed.toString('latin1').replace(/\r\n[ \t]/g, ' ')
  const h = /^DKIM-Signature:.*?[; ]h=([^;]*)/m.exec(unfolded)?.[1] ?? ''
  return h.replaceAll(' ', '').toLowerCase().split(':')
}

describe('a signed message', () => {
  test('verifies, with every header that a reader or provider acts on in h=, and without l=', async () => {
    const signed = await sign(message)
    expect(await verify(signed)).toEqual(['pass'])
    expect(signed.subarray(-message.length).equals(message)).toBe(true)
    const names = signedNames(signed)
    expect(new Set(names)).toEqual(
      new Set(['cc', ...Object.keys(FIELDS).map((name) => name.toLowerCase())]),
    )
    const signature = signed.subarray(0, -message.length).toString()
    expect(signature).not.toMatch(/[; ]l=/)
    expect(signature).toContain('d=news.test')
    expect(signature.split('\r\n').every((line) => line.length <= 76)).toBe(true)
  })

  test.each(Object.keys(FIELDS))('no longer verifies once its %s is changed', async (name) => {
    const signed = (await sign(message)).toString('latin1')
    const changed = signed.replace(`\r\n${name}: `, `\r\n${name}: x`)
    expect(changed).not.toBe(signed)
    expect(await verify(Buffer.from(changed, 'latin1'))).not.toEqual(['pass'])
  })

  test.each(['From', 'To', 'Cc', 'Subject', 'Reply-To'])(
    'no longer verifies once another %s is put before it',
    async (name) => {
      const signed = await sign(message)
      const more = Buffer.concat([Buffer.from(`${name}: evil@x.test\r\n`), signed])
      expect(await verify(more)).not.toEqual(['pass'])
    },
  )

  test('no longer verifies once something is added to its text', async () => {
    const signed = Buffer.concat([await sign(message), Buffer.from('more\r\n')])
    expect(await verify(signed)).not.toEqual(['pass'])
  })

  test('bears two signatures where two keys are configured, and both verify', async () => {
    const results = await verifyByMailauth(await sign(message, both), dns)
    expect(results).toMatchObject([
      { result: 'pass', selector: 'one', algo: 'rsa-sha256' },
      { result: 'pass', selector: 'two', algo: 'ed25519-sha256' },
    ])
  })

  test('leaves to a provider what it replaces', async () => {
    const signed = await signBytes(signer, message, ENVELOPE, ['Date', 'Message-ID'])
    expect(signedNames(signed)).not.toEqual(expect.arrayContaining(['date']))
    const replaced = signed
      .toString('latin1')
      .replace(/^Date: .*$/m, 'Date: Wed, 25 Nov 2026 00:00:00 +0000')
      .replace('<m-1@news.test>', '<0100@ses.test>')
    expect(await verify(Buffer.from(replaced, 'latin1'))).toEqual(['pass'])
  })

  test('verifies after the wire has stuffed its dots and mended its line ends', async () => {
    const sink = await startSink({ keepData: true })
    const config = { name: 't', kind: 'smtp', host: '127.0.0.1', port: sink.port } as const
    const rest = { implicitTls: false, user: null, password: null, ratePerSecond: null }
    const sender = createSmtpSender({ ...config, ...rest, connections: 1 })
    const odd = Buffer.from(message.toString().replace('Hello  \r\n', 'Hello\n.\nagain\r'))
    await sender.send(ENVELOPE, await sign(odd))
    await sender.close()
    const [entry] = await sink.entries()
    await sink.close()
    const received = entry?.data?.replace(/\r\n\./g, '\r\n') ?? ''
    expect(await verify(Buffer.from(received, 'latin1'))).toEqual(['pass'])
  })
})

/** White space wherever it may stand, repeated headers, no body at all. */
const oddMessages = fc
  .record({
    subject: fc.array(fc.constantFrom('a', ' ', '  ', '\t', '\r\n ', '\r\n\t', 'é', ':'), {
      maxLength: 20,
    }),
    body: fc.array(fc.constantFrom('x', ' ', '\t', '\r\n', '.', '\r\n\r\n', '=\r\n', 'é'), {
      maxLength: 30,
    }),
    more: fc.constantFrom('', 'To: b@y.test\r\n', 'Subject: again\r\n', 'X-A:1\r\n'),
  })
  .map(({ subject, body, more }) =>
    Buffer.from(
      `From: a@news.test\r\n${more}To: ada@y.test\r\nSubject: s${subject.join('')}.\r\n\r\n${body.join('')}`,
      'latin1',
    ),
  )

test('whatever white space it holds, mailauth verifies it', async () => {
  await fc.assert(
    fc.asyncProperty(oddMessages, async (odd) => {
      expect(await verify(await sign(odd, both))).toEqual(['pass', 'pass'])
    }),
    { numRuns: 200 },
  )
})

programTest('dkimverify', 'whatever white space it holds, python3-dkim verifies it', async () => {
  const signed = await Promise.all(fc.sample(oddMessages, 200).map((odd) => sign(odd, both)))
  signed.push(await sign(message, both))
  const verdicts = verifyByPython(signed, dns)
  expect(verdicts.filter((each) => each.length !== 2 || each.some((v) => v !== true))).toEqual([])
  const broken = Buffer.concat([signed[0] as Buffer, Buffer.from('more')])
  expect(verifyByPython([broken], dns)).not.toEqual([[true, true]])
})

test('a record says which kind of key it is, and comes in strings that DNS takes', () => {
  const record = dkimRecord(DOMAIN, 'one', RSA.privateKeyPem)
  expect(record.name).toBe('one._domainkey.news.test')
  expect(record.value).toMatch(/^v=DKIM1; k=rsa; p=MIIBI/)
  const strings = [...record.strings.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '')
  expect(strings.join('')).toBe(record.value)
  expect(strings.map((each) => each.length)).toEqual([255, record.value.length - 255])
  const short = dkimRecord(DOMAIN, 'two', ED25519.privateKeyPem)
  expect(Buffer.from(short.value.replace(/.*p=/, ''), 'base64')).toHaveLength(32)
})

test('a key that cannot sign is refused when the signer is made, not by unsigned mail', () => {
  const pem = { type: 'pkcs8', format: 'pem' } as const
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem)
  const short = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export(pem)
  for (const privateKeyPem of ['', 'rubbish', String(ec), String(short)]) {
    expect(() =>
      createDkimSigner({ domain: 'x.test', keys: [{ selector: 's', privateKeyPem }] }),
    ).toThrow(/DKIM key/)
  }
})
