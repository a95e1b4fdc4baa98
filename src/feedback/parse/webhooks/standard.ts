import { createHmac } from 'node:crypto'
import {
  isFresh,
  isOneOf,
  PROVEN,
  STALE,
  UNPROVEN,
  type WebhookRequest,
  type WebhookVerdict,
} from './request.ts'

const WINDOW_MS = 300_000

/**
 * Standard Webhooks, which Svix and so Resend speak: HMAC over id, time and the body's octets as they came (the library
 * decodes them as text first, and knows no other clock than the machine's).
 * @param secrets `whsec_…`
 */
export function verifyStandard(
  request: WebhookRequest,
  secrets: readonly string[],
  now: Date,
): WebhookVerdict {
  const header = (name: string) =>
    request.header(`webhook-${name}`) ?? request.header(`svix-${name}`) ?? ''
  const [id, timestamp] = [header('id'), header('timestamp')]
  if (id === '' || !/^\d{1,12}$/.test(timestamp)) return UNPROVEN
  const wanted = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(request.raw)
    return `v1,${hmac.digest('base64')}`
  })
  const isSigned = header('signature')
    .split(' ')
    .map((given) => isOneOf(given, wanted))
    .some(Boolean)
  if (!isSigned) return UNPROVEN
  return isFresh(new Date(Number(timestamp) * 1_000), now, WINDOW_MS) ? PROVEN : STALE
}
