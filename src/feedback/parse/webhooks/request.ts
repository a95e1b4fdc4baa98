import { createHmac, timingSafeEqual } from 'node:crypto'

/** A provider's POST, as it came. */
export type WebhookRequest = Readonly<{
  /** By name, in any case. */
  header(name: string): string | null
  raw: Buffer
  /** As the provider was told it, with query. */
  url: string
  /** What stands behind the provider's name in the path. */
  pathSecret: string | null
}>

export type WebhookVerdict =
  /** `once`: what proves it serves once. */
  | Readonly<{ ok: true; once?: string }>
  /** unproven: no proof, or a wrong one; stale: too old, or of the future; foreign: proven, but not for us. */
  | Readonly<{ ok: false; why: 'unproven' | 'stale' | 'foreign' }>

export const PROVEN: WebhookVerdict = { ok: true }
export const UNPROVEN: WebhookVerdict = { ok: false, why: 'unproven' }
export const STALE: WebhookVerdict = { ok: false, why: 'stale' }
export const FOREIGN: WebhookVerdict = { ok: false, why: 'foreign' }

/** Equal, in a time that tells nothing of where they differ. */
export function isSame(given: string, wanted: string): boolean {
  // Of one length whatever was given.
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}

/** All are looked at, so that the time tells nothing of which. */
export function isOneOf(given: string, wanted: readonly string[]): boolean {
  return wanted.map((each) => isSame(given, each)).some(Boolean)
}

/** Either way: clocks differ. */
export function isFresh(at: Date, now: Date, windowMs: number): boolean {
  return Math.abs(now.getTime() - at.getTime()) <= windowMs
}

/**
 * For providers that sign nothing: what they were told. In the path, as the password of Basic auth, as a bearer token,
 * or in X-Postrider-Secret.
 */
export function verifySecret(request: WebhookRequest, secrets: readonly string[]): WebhookVerdict {
  const [, scheme = '', value = ''] =
    /^(basic|bearer)\s+(\S+)$/i.exec(request.header('authorization') ?? '') ?? []
  const basic = Buffer.from(value, 'base64').toString('utf8')
  const given = [
    request.pathSecret,
    request.header('x-postrider-secret'),
    scheme.toLowerCase() === 'bearer' ? value : null,
    scheme.toLowerCase() === 'basic' ? basic.slice(basic.indexOf(':') + 1) : null,
  ]
  return given.some((each) => each !== null && isOneOf(each, secrets)) ? PROVEN : UNPROVEN
}
