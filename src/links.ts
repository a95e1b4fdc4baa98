import type { Id } from '../db/types.ts'
import type { Secrets } from './secrets.ts'

export type Subscriptions = Readonly<{ newsletterId: Id; subscriberId: Id }>
export type Confirmation = Subscriptions & Readonly<{ confirmId: Id }>

/** Works for ever: it names the newsletter and the subscriber, and nothing that could be cleaned away. */
export function unsubscribeUrl(
  secrets: Secrets,
  publicUrl: string,
  fields: Subscriptions,
  keyId?: number,
): string {
  const token = [BigInt(fields.newsletterId), BigInt(fields.subscriberId)]
  return `${publicUrl}/u/${secrets.mint('unsubscribe', token, keyId).toString('base64url')}`
}

export function openUnsubscribeToken(secrets: Secrets, token: string): Subscriptions | null {
  const [newsletterId, subscriberId] = open(secrets, 'unsubscribe', 2, token)
  if (newsletterId === undefined || subscriberId === undefined) return null
  return { newsletterId, subscriberId }
}

/** Until when it works, and whether it was used, stands with the subscription. */
export function confirmUrl(
  secrets: Secrets,
  publicUrl: string,
  fields: Confirmation,
  keyId?: number,
): string {
  const token = [fields.newsletterId, fields.subscriberId, fields.confirmId].map(BigInt)
  return `${publicUrl}/confirm/${secrets.mint('confirm', token, keyId).toString('base64url')}`
}

export function openConfirmToken(secrets: Secrets, token: string): Confirmation | null {
  const [newsletterId, subscriberId, confirmId] = open(secrets, 'confirm', 3, token)
  if (newsletterId === undefined || subscriberId === undefined || confirmId === undefined) {
    return null
  }
  return { newsletterId, subscriberId, confirmId }
}

function open(
  secrets: Secrets,
  purpose: 'unsubscribe' | 'confirm',
  fieldCount: number,
  token: string,
): string[] {
  const octets = Buffer.from(token, 'base64url')
  // Node's decoder skips what is no base64url: one token has one spelling.
  if (octets.toString('base64url') !== token) return []
  return secrets.open(purpose, fieldCount, octets)?.fields.map(String) ?? []
}
