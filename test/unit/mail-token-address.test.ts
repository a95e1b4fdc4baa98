import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import {
  bounceLocalPart,
  cfblId,
  messageIdOf,
  openBounceLocalPart,
  openCfblId,
  openMessageId,
  openUnsubscribeLocalPart,
  unsubscribeLocalPart,
} from '../../src/mail/token-address.ts'
import { createSecrets } from '../../src/secrets.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const id = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }).map(String)
const campaign = fc.bigInt({ min: 0n, max: (1n << 48n) - 1n }).map(String)
const day = fc.integer({ min: 0, max: 65_535 })
const mixCase = (text: string) => [...text].map((c, i) => (i % 2 ? c.toUpperCase() : c)).join('')

test('a return path holds its delivery in at most 64 octets of [a-z0-9-] and survives case folding', () => {
  fc.assert(
    fc.property(campaign, id, day, (campaignId, subscriberId, day) => {
      const fields = { campaignId, subscriberId, day }
      const local = bounceLocalPart(secrets, fields)
      expect(local).toMatch(/^[a-z0-9-]{1,64}$/)
      expect(openBounceLocalPart(secrets, local)).toEqual(fields)
      expect(openBounceLocalPart(secrets, mixCase(local))).toEqual(fields)
    }),
  )
})

test('an unsubscribe address and a message id open to what they were made of', () => {
  fc.assert(
    fc.property(id, id, (a, b) => {
      const local = unsubscribeLocalPart(secrets, { newsletterId: a, subscriberId: b })
      expect(local).toMatch(/^[a-z0-9-]{1,64}$/)
      expect(openUnsubscribeLocalPart(secrets, mixCase(local))).toEqual({
        newsletterId: a,
        subscriberId: b,
      })
      const fields = { campaignId: a, subscriberId: b }
      const messageId = messageIdOf(secrets, fields, secrets.signingKeyId, 'x.example')
      expect(messageIdOf(secrets, fields, secrets.signingKeyId, 'x.example')).toBe(messageId)
      expect(openMessageId(secrets, ` ${messageId} `)).toEqual(fields)
      expect(openMessageId(secrets, messageId.slice(1, -1))).toEqual(fields)
    }),
  )
})

test('CFBL-Feedback-ID tells which delivery it was, and nobody else can make one', () => {
  const fields = { campaignId: '7', subscriberId: '8' }
  const id = cfblId(secrets, fields)
  expect(id).toMatch(/^c-[a-z2-7]{53}$/)
  expect(openCfblId(secrets, ` ${id.toUpperCase()}\r\n`)).toEqual(fields)
  const messageId = messageIdOf(secrets, fields, secrets.signingKeyId, 'x.example')
  expect(openCfblId(secrets, `c-${messageId.slice(3, -11)}`)).toBeNull()
  expect(openCfblId(secrets, '7:8')).toBeNull()
})

test('a token opens its own purpose and nothing else', () => {
  const bounce = bounceLocalPart(secrets, { campaignId: '1', subscriberId: '2', day: 3 })
  const unsubscribe = unsubscribeLocalPart(secrets, { newsletterId: '1', subscriberId: '2' })
  expect(openUnsubscribeLocalPart(secrets, `u-${bounce.slice(2)}`)).toBeNull()
  expect(openBounceLocalPart(secrets, `b-${unsubscribe.slice(2)}`)).toBeNull()
  expect(openMessageId(secrets, `<m-${bounce.slice(2)}@x.example>`)).toBeNull()
})

test('no changed letter, no other length and no other key opens', () => {
  const local = bounceLocalPart(secrets, { campaignId: '7', subscriberId: '8', day: 9 })
  for (let at = 2; at < local.length; at++) {
    const other = local[at] === 'a' ? 'b' : 'a'
    expect(
      openBounceLocalPart(secrets, local.slice(0, at) + other + local.slice(at + 1)),
    ).toBeNull()
  }
  for (const wrong of ['', 'b-', local.slice(0, -1), `${local}a`, `${local}1`, local.slice(1)]) {
    expect(openBounceLocalPart(secrets, wrong)).toBeNull()
  }
  const others = createSecrets(parseKeys(newKeys(), 'test'))
  expect(openBounceLocalPart(others, local)).toBeNull()
})

test('a campaign id or day that does not fit is a bug, not another delivery', () => {
  const make = (campaignId: string, day: number) => () =>
    bounceLocalPart(secrets, { campaignId, subscriberId: '1', day })
  expect(make(String(1n << 48n), 1)).toThrow()
  expect(make('1', 65_536)).toThrow()
  expect(make('1', -1)).toThrow()
})
