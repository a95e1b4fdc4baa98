import { generateKeyPairSync } from 'node:crypto'
import { dkimSign } from 'mailauth'
import { expect, it } from 'vitest'
import { type AskDns, createAuthenticate } from '../../src/feedback/authenticate.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const privateKey = String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** A zone of our own: SPF for one address, one DKIM key. */
function zone(asked: string[] = []): AskDns {
  const records: Record<string, string> = {
    'reader.example': 'v=spf1 ip4:198.51.100.7 ip4:8.8.4.4 -all',
    's1._domainkey.reader.example': `v=DKIM1; k=rsa; p=${publicKey}`,
  }
  return async (name, type) => {
    asked.push(name)
    const text = records[name]
    if (type === 'TXT' && text !== undefined) return [[text]]
    throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  }
}

const mail = [
  'From: Ada <ada@reader.example>',
  'To: subscribe@letters.example',
  'Subject: subscribe',
  'Date: Tue, 24 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@reader.example>',
  '',
  'Please.',
  '',
].join('\r\n')

async function signed(text: string): Promise<Buffer> {
  const { signatures } = await dkimSign(text, {
    ...{ canonicalization: 'relaxed/relaxed', signTime: new Date() },
    signatureData: [{ signingDomain: 'reader.example', selector: 's1', privateKey }],
  } as never)
  return Buffer.from(signatures + text)
}

const from = (peer: string, sender = 'ada@reader.example') => ({
  ...{ peer, helo: 'mx.reader.example', from: sender },
})

it('says what SPF and DKIM prove of a mail from outside', async () => {
  const auth = await createAuthenticate(zone())(await signed(mail), from('8.8.4.4'))
  expect(auth).toEqual({
    spf: { result: 'pass', domain: 'reader.example' },
    dkim: [{ result: 'pass', domain: 'reader.example' }],
  })
})

it('says that a mail was changed on its way, and that another server sent it', async () => {
  const changed = Buffer.from((await signed(mail)).toString().replace('Please.', 'Pleas?.'))
  const auth = await createAuthenticate(zone())(changed, from('8.8.8.8'))
  expect(auth.spf).toEqual({ result: 'fail', domain: 'reader.example' })
  expect(auth.dkim).toMatchObject([{ domain: 'reader.example' }])
  expect(auth.dkim[0]?.result).not.toBe('pass')
})

it('says nothing by SPF of what a relay of ours or a mailbox brings', async () => {
  const raw = await signed(mail)
  const authenticate = createAuthenticate(zone())
  for (const envelope of [from('127.0.0.1'), from('10.0.0.5'), from('fd00::1'), null]) {
    const auth = await authenticate(raw, envelope)
    expect(auth).toEqual({ spf: null, dkim: [{ result: 'pass', domain: 'reader.example' }] })
  }
})

it('asks DNS nothing for a mail that bears a thousand signatures', async () => {
  const asked: string[] = []
  const header = 'DKIM-Signature: v=1; a=rsa-sha256; d=reader.example; s=s1; b=x\r\n'
  const auth = await createAuthenticate(zone(asked))(
    Buffer.from(header.repeat(1_000) + mail),
    from('8.8.4.4'),
  )
  expect(auth).toEqual({ spf: null, dkim: [] })
  expect(asked).toEqual([])
})
