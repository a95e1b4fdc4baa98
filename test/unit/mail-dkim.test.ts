import { generateKeyPairSync } from 'node:crypto'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { describe, expect, test } from 'vitest'
import { createDkimSigner, dkimRecord, makeDkimKey } from '../../src/mail/dkim.ts'
import { createSmtpSender } from '../../src/mail/smtp.ts'
import { startSink } from '../support/sink.ts'

const key = makeDkimKey()
const record = dkimRecord('news.test', 'one', key.publicKeyBase64)
const sign = createDkimSigner({
  domain: 'news.test',
  selector: 'one',
  privateKeyPem: key.privateKeyPem,
})
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
  'MIME-Version': '1.0',
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Transfer-Encoding': '8bit',
}
const header = Object.entries(FIELDS).map(([name, value]) => `${name}: ${value}\r\n`)
const message = Buffer.from(`${header.join('')}\r\n.Hello  \r\n你好\r\n\r\n`)

async function verify(bytes: Buffer) {
  const result = await dkimVerify(bytes, {
    resolver: async (name: string, type: string) => {
      expect([name, type]).toEqual([record.name, 'TXT'])
      return [record.value.match(/.{1,255}/g) ?? []]
    },
  })
  return result.results[0]
}

describe('a signed message', () => {
  test('verifies, with every header that a reader or provider acts on in h=, and without l=', async () => {
    const signed = await sign(message)
    expect((await verify(signed))?.status.result).toBe('pass')
    expect(signed.subarray(-message.length).equals(message)).toBe(true)
    const signature = signed.subarray(0, -message.length).toString().replace(/\s+/g, ' ')
    const h = /[; ]h=([^;]*)/.exec(signature)?.[1]?.replaceAll(' ', '').split(':')
    expect(h?.toSorted()).toEqual(
      Object.keys(FIELDS)
        .map((name) => name.toLowerCase())
        .toSorted(),
    )
    expect(signature).not.toMatch(/[; ]l=/)
    expect(signature).toContain('d=news.test')
  })

  test.each(Object.keys(FIELDS))('no longer verifies once its %s is changed', async (name) => {
    const signed = (await sign(message)).toString('latin1')
    const changed = signed.replace(`\r\n${name}: `, `\r\n${name}: x`)
    expect(changed).not.toBe(signed)
    expect((await verify(Buffer.from(changed, 'latin1')))?.status.result).not.toBe('pass')
  })

  test('no longer verifies once something is added to its text', async () => {
    const signed = Buffer.concat([await sign(message), Buffer.from('more\r\n')])
    expect((await verify(signed))?.status.result).not.toBe('pass')
  })

  test('verifies after the wire has stuffed its dots and mended its line ends', async () => {
    const sink = await startSink({ keepData: true })
    const config = { name: 't', kind: 'smtp', host: '127.0.0.1', port: sink.port } as const
    const rest = { implicitTls: false, user: null, password: null, ratePerSecond: null }
    const sender = createSmtpSender({ ...config, ...rest, connections: 1 })
    const odd = Buffer.from(message.toString().replace('Hello  \r\n', 'Hello\n.\nagain\r'))
    await sender.send({ from: 'b@news.test', to: 'ada@y.test' }, await sign(odd))
    await sender.close()
    const [entry] = await sink.entries()
    await sink.close()
    const received = entry?.data?.replace(/\r\n\./g, '\r\n') ?? ''
    expect((await verify(Buffer.from(received, 'latin1')))?.status.result).toBe('pass')
  })
})

test('a key that cannot sign is refused when the signer is made, not by unsigned mail', () => {
  const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  for (const privateKeyPem of ['', 'rubbish', String(ed25519)]) {
    expect(() => createDkimSigner({ domain: 'x.test', selector: 's', privateKeyPem })).toThrow(
      /DKIM key/,
    )
  }
})
