import type { Secrets } from '../secrets.ts'

/** As db/types.ts has it; this room knows no database. */
type Id = string

export type BounceFields = Readonly<{
  campaignId: Id
  subscriberId: Id
  /** Days since 1970-01-01 UTC on which it was mailed. */
  day: number
}>
export type UnsubscribeFields = Readonly<{ newsletterId: Id; subscriberId: Id }>
export type MessageIdFields = Readonly<{ campaignId: Id; subscriberId: Id }>

const DAY_BITS = 16n
const DAY_LIMIT = 1 << 16
const CAMPAIGN_LIMIT = 1n << 48n
/** Two fields of 8 octets: with key id and MAC 33 octets, which are 53 letters. Three would be 66, over the 64 allowed. */
const FIELDS = 2

/** The return path of one delivery: `b-…`, 55 octets of `[a-z0-9-]`. */
export function bounceLocalPart(secrets: Secrets, fields: BounceFields, keyId?: number): string {
  const campaign = BigInt(fields.campaignId)
  if (campaign < 0n || campaign >= CAMPAIGN_LIMIT) throw new Error('a campaign id over 48 bits')
  if (!Number.isInteger(fields.day) || fields.day < 0 || fields.day >= DAY_LIMIT) {
    throw new Error('a day outside 1970 to 2149')
  }
  const packed = (campaign << DAY_BITS) | BigInt(fields.day)
  return `b-${encode(secrets.mint('bounce', [packed, BigInt(fields.subscriberId)], keyId))}`
}

/** How old a token may be is the caller's to judge by `day`. */
export function openBounceLocalPart(secrets: Secrets, localPart: string): BounceFields | null {
  const opened = open(secrets, 'bounce', 'b-', localPart)
  if (opened === null) return null
  const [packed, subscriber] = opened
  return {
    campaignId: String(packed >> DAY_BITS),
    subscriberId: String(subscriber),
    day: Number(packed & BigInt(DAY_LIMIT - 1)),
  }
}

/** Where the mailto of List-Unsubscribe leads: `u-…`. */
export function unsubscribeLocalPart(
  secrets: Secrets,
  fields: UnsubscribeFields,
  keyId?: number,
): string {
  const token = [BigInt(fields.newsletterId), BigInt(fields.subscriberId)]
  return `u-${encode(secrets.mint('unsubscribe-mail', token, keyId))}`
}

export function openUnsubscribeLocalPart(
  secrets: Secrets,
  localPart: string,
): UnsubscribeFields | null {
  const opened = open(secrets, 'unsubscribe-mail', 'u-', localPart)
  return opened && { newsletterId: String(opened[0]), subscriberId: String(opened[1]) }
}

/** `<m-….@domain>`: the same for a delivery under a key, each time, and not to be guessed. */
export function messageIdOf(
  secrets: Secrets,
  fields: MessageIdFields,
  keyId: number,
  domain: string,
): string {
  const token = [BigInt(fields.campaignId), BigInt(fields.subscriberId)]
  return `<m-${encode(secrets.mint('message-id', token, keyId))}@${domain}>`
}

/** With or without its angle brackets. */
export function openMessageId(secrets: Secrets, messageId: string): MessageIdFields | null {
  const localPart = /^\s*<?([^<>@\s]+)@[^<>@\s]+>?\s*$/.exec(messageId)?.[1]
  const opened = localPart === undefined ? null : open(secrets, 'message-id', 'm-', localPart)
  return opened && { campaignId: String(opened[0]), subscriberId: String(opened[1]) }
}

/** CFBL-Feedback-ID (RFC 9477, 3.2): `c-…`, which only we can make, and which a report of a complaint brings back. */
export function cfblId(secrets: Secrets, fields: MessageIdFields, keyId?: number): string {
  const token = [BigInt(fields.campaignId), BigInt(fields.subscriberId)]
  return `c-${encode(secrets.mint('cfbl', token, keyId))}`
}

export function openCfblId(secrets: Secrets, feedbackId: string): MessageIdFields | null {
  const opened = open(secrets, 'cfbl', 'c-', feedbackId.trim())
  return opened && { campaignId: String(opened[0]), subscriberId: String(opened[1]) }
}

function open(
  secrets: Secrets,
  purpose: 'bounce' | 'unsubscribe-mail' | 'message-id' | 'cfbl',
  prefix: string,
  localPart: string,
): readonly [bigint, bigint] | null {
  const folded = localPart.toLowerCase()
  if (!folded.startsWith(prefix)) return null
  const token = decode(folded.slice(prefix.length))
  const [first, second] = (token && secrets.open(purpose, FIELDS, token)?.fields) ?? []
  return first === undefined || second === undefined ? null : [first, second]
}

// RFC 4648 base32 in lower case without padding: what survives mail systems that fold case.
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

function encode(octets: Buffer): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const octet of octets) {
    value = (value << 8) | octet
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31]
}

/** null unless it is the one text that `encode` makes of some octets. */
function decode(text: string): Buffer | null {
  const octets: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter)
    if (digit < 0) return null
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      octets.push((value >> bits) & 0xff)
    }
  }
  const buffer = Buffer.from(octets)
  return encode(buffer) === text ? buffer : null
}
