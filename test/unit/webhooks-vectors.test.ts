import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packagePath } from '../../src/config.ts'
import { verifyMailgun } from '../../src/feedback/parse/webhooks/mailgun.ts'
import type { WebhookRequest } from '../../src/feedback/parse/webhooks/request.ts'
import { parseSendgrid, verifySendgrid } from '../../src/feedback/parse/webhooks/sendgrid.ts'
import { verifyStandard } from '../../src/feedback/parse/webhooks/standard.ts'

type Vectors = {
  svix: { secret: string; headers: Record<string, string>; body: string }[]
  sendgrid: { public_key: string; timestamp: string; signature: string; body: string }[]
  mailgun: { signing_key: string; timestamp: string; token: string; signature: string }[]
}

const file = packagePath('../shared/reference/webhooks-vectors.json')
const here = existsSync(file)
const vectors: Vectors = here
  ? JSON.parse(readFileSync(file, 'utf8'))
  : { svix: [], sendgrid: [], mailgun: [] }

function request(body: string, headers: Record<string, string> = {}): WebhookRequest {
  return {
    ...{ raw: Buffer.from(body), url: '', pathSecret: null },
    header: (name) => headers[name] ?? null,
  }
}

const at = (seconds: string) => new Date(Number(seconds) * 1_000)
const hours = (date: Date, count: number) => new Date(date.getTime() + count * 3_600_000)

test.skipIf(!here)('takes the published vectors of Svix, at their time and no other body', () => {
  expect(vectors.svix.length).toBeGreaterThan(0)
  for (const { secret, headers, body } of vectors.svix) {
    const now = at(headers['svix-timestamp'] ?? '')
    expect(verifyStandard(request(body, headers), [secret], now)).toEqual({ ok: true })
    const late = verifyStandard(request(body, headers), [secret], hours(now, 1))
    expect(late).toEqual({ ok: false, why: 'stale' })
    const other = verifyStandard(request(`${body} `, headers), [secret], now)
    expect(other).toEqual({ ok: false, why: 'unproven' })
  }
})

test.skipIf(!here)('takes the published vectors of SendGrid, with every octet of the body', () => {
  expect(vectors.sendgrid.length).toBeGreaterThan(1)
  for (const { public_key, timestamp, signature, body } of vectors.sendgrid) {
    const name = 'x-twilio-email-event-webhook'
    const headers = { [`${name}-signature`]: signature, [`${name}-timestamp`]: timestamp }
    const now = at(timestamp)
    expect(verifySendgrid(request(body, headers), [public_key], now)).toEqual({ ok: true })
    const trimmed = verifySendgrid(request(body.trim(), headers), [public_key], now)
    expect(trimmed).toEqual({ ok: false, why: 'unproven' })
    const late = verifySendgrid(request(body, headers), [public_key], hours(now, 25))
    expect(late).toEqual({ ok: false, why: 'stale' })
    for (const event of parseSendgrid(Buffer.from(body))) expect(event.type).not.toBe('hard')
  }
})

test.skipIf(!here)('takes the vector of Mailgun, for five minutes', () => {
  expect(vectors.mailgun.length).toBeGreaterThan(0)
  for (const { signing_key, ...signature } of vectors.mailgun) {
    const now = at(signature.timestamp)
    const signed = request(JSON.stringify({ signature, 'event-data': {} }))
    expect(verifyMailgun(signed, [signing_key], now)).toMatchObject({ ok: true })
    expect(verifyMailgun(signed, [`${signing_key}0`], now)).toEqual({ ok: false, why: 'unproven' })
    const late = verifyMailgun(signed, [signing_key], new Date(now.getTime() + 301_000))
    expect(late).toEqual({ ok: false, why: 'stale' })
  }
})
