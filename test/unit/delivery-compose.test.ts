import { expect, test } from 'vitest'
import type { CampaignToSend } from '../../db/queries/deliveries.ts'
import { type ComposeDeps, createComposer } from '../../src/delivery/compose-issue.ts'
import { readPost } from '../../src/feedback/parse/webhooks/providers.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createDkimSigner } from '../../src/mail/dkim.ts'
import { makeDkimKey } from '../../src/mail/dkim-keys.ts'
import { wholeOf } from '../../src/mail/message-bytes.ts'
import { openCfblId, openMessageId } from '../../src/mail/token-address.ts'
import { createSecrets } from '../../src/secrets.ts'
import { dkimDns, verifyByMailauth } from '../support/dkim.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const keys = [{ selector: 'a', privateKeyPem: makeDkimKey('rsa') }]
const dns = dkimDns('quarry.test', keys)
const message = {
  version: 1,
  subject: ['Number 12'],
  html: ['<p>Hello, ', { hole: 'merge', source: '{{ subscriber.name }}', place: 'text' }, '</p>'],
  text: ['Hello\n', { hole: 'unsubscribe-url', place: 'plain' }],
  language: 'en',
}
const campaign: CampaignToSend = {
  ...{ campaignId: '7', newsletterId: '3', keyId: secrets.signingKeyId },
  ...{ newsletter: 'quarry', newsletterName: 'Quarry', fromName: 'Ed', replyTo: null },
  ...{ fromAddress: 'ed@quarry.test', issue: 'n12', issueTitle: 'Number 12', message },
}
const reader = { subscriberId: '9', address: 'ada@y.test', attributes: { name: 'Ada' } }

async function headersOf(
  more: Partial<ComposeDeps> = {},
  inboundDomain: string | null = 'in.test',
) {
  const site = { publicUrl: 'https://x.test', inboundDomain, senderId: 'postrider' }
  const sign = createDkimSigner({ domain: 'quarry.test', keys })
  const compose = createComposer({ secrets, sign, site, ...more }, campaign)
  const bytes = wholeOf((await compose(reader)).bytes)
  const [header = ''] = bytes
    .toString()
    .replace(/\r\n[ \t]/g, ' ')
    .split('\r\n\r\n')
  const fields = new Map(
    header.split('\r\n').map((line): [string, string] => {
      const at = line.indexOf(':')
      return [line.slice(0, at), line.slice(at + 1).trim()]
    }),
  )
  const signed = /h=([^;]*)/.exec(fields.get('DKIM-Signature') ?? '')?.[1]?.replace(/\s/g, '') ?? ''
  return { bytes, fields, signed: signed.toLowerCase().split(':') }
}

test('complaints come back to our door with what tells which delivery it was, signed; without a door nothing says so', async () => {
  const { bytes, fields, signed } = await headersOf()
  expect(fields.get('CFBL-Address')).toBe('fbl@in.test; report=arf')
  expect(openCfblId(secrets, fields.get('CFBL-Feedback-ID') ?? '')).toEqual({
    ...{ campaignId: '7', subscriberId: '9' },
  })
  expect(signed).toEqual(expect.arrayContaining(['cfbl-address', 'cfbl-feedback-id']))
  expect(await verifyByMailauth(bytes, dns)).toMatchObject([{ result: 'pass' }])
  const without = await headersOf({}, null)
  expect([...without.fields.keys()].filter((name) => name.startsWith('CFBL'))).toEqual([])
})

test('a relay that remembers is told the same name each time, and another for each reader', async () => {
  const sender = { idempotencyHeader: 'X-Once' }
  const [first, again, plain] = await Promise.all([
    headersOf({ sender }),
    headersOf({ sender }),
    headersOf(),
  ])
  const name = first.fields.get('X-Once') ?? ''
  expect(name).toBe(again.fields.get('X-Once'))
  expect(openMessageId(secrets, `<${name}@quarry.test>`)).toEqual({
    campaignId: '7',
    subscriberId: '9',
  })
  expect(first.signed).not.toContain('x-once')
  expect(plain.fields.has('X-Once')).toBe(false)
})

test('what the provider writes anew is not signed', async () => {
  const { bytes, signed } = await headersOf({ sender: { replaces: ['Date', 'Message-ID'] } })
  expect(signed).toContain('from')
  expect(signed).not.toEqual(expect.arrayContaining(['date']))
  const replaced = bytes
    .toString('latin1')
    .replace(/^Date: .*$/m, 'Date: later')
    .replace(/^Message-ID: .*$/m, 'Message-ID: <x@y>')
  expect(await verifyByMailauth(Buffer.from(replaced, 'latin1'), dns)).toMatchObject([
    { result: 'pass' },
  ])
})

test.each([
  [
    'postmark',
    'X-PM-Metadata-postrider',
    (token: string) => ({ RecordType: 'Bounce', Metadata: { postrider: token } }),
  ],
  ['mailjet', 'X-MJ-CustomID', (token: string) => ({ event: 'bounce', CustomID: token })],
  [
    'tencent',
    'X-Tencentcloudses-Cb-Custom',
    (token: string) => ({ event: 'bounce', 'X-Tencentcloudses-Cb-Custom': token }),
  ],
  [
    'sparkpost',
    'X-MSYS-API',
    (given: string) => [
      { msys: { message_event: { type: 'bounce', rcpt_meta: JSON.parse(given).metadata } } },
    ],
  ],
] as const)(
  '%s hands back in its events what names the delivery',
  async (provider, header, posts) => {
    const { fields, bytes, signed } = await headersOf({ sender: { eventProvider: provider } })
    const given = fields.get(header) ?? ''
    const [event] = readPost(provider, Buffer.from(JSON.stringify(posts(given)))) ?? []
    const token = event?.tokens.find((text) => text.startsWith('m-'))
    expect(openMessageId(secrets, `<${token}@x.test>`)).toEqual({
      ...{ campaignId: '7', subscriberId: '9' },
    })
    // The provider takes it off the mail: a signature over it would not hold.
    expect(signed).not.toContain(header.toLowerCase())
    expect(await verifyByMailauth(bytes, dns)).toMatchObject([{ result: 'pass' }])
    expect((await headersOf()).fields.has(header)).toBe(false)
  },
)
