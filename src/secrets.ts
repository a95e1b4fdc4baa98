import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Config } from './config.ts'
import { type Keys, keyFileOf, makeKeyFile, parseKeys, readKeyFile, watched } from './key-file.ts'

/** What a token opens. Each purpose has a key of its own, so a token of one never opens another. */
export type Purpose =
  | 'unsubscribe'
  | 'confirm'
  | 'bounce'
  | 'unsubscribe-mail'
  | 'message-id'
  | 'cfbl'

/** Octets of a MAC: 128 bits. */
export const MAC_LENGTH = 16

/**
 * A token's octets: key id (1), fields (8 each, unsigned, big-endian), MAC (16). No field says how long it is; the
 * purpose does.
 */
export type Secrets = Readonly<{
  /** New tokens are made with this one; it may be another one later. */
  readonly signingKeyId: number
  /** What tells each key from another of the same id, 16 octets; 0 is the key of address hashes. */
  readonly fingerprints: ReadonlyMap<number, Buffer>
  /** `keyId`: a campaign's own; otherwise the signing one. */
  mint(purpose: Purpose, fields: readonly bigint[], keyId?: number): Buffer
  /** The fields, or null if it is no token of that purpose with so many fields. Constant time. */
  open(
    purpose: Purpose,
    fieldCount: number,
    token: Buffer,
  ): { keyId: number; fields: bigint[] } | null
  /** HMAC-SHA256 of an address key under the key that never rotates, 16 octets. */
  addressHash(addressKey: string): Buffer
}>

const FINGERPRINT = Buffer.from('fingerprint')

/**
 * Keys from POSTRIDER_KEYS (the JSON itself), POSTRIDER_KEYS_FILE or `<home>/secrets`, which is made if it is not there
 * and `mayMake` says so: fresh keys beside a database that has links of others would break every one of those.
 * What is changed in a file later is taken up within a second.
 * `madeFile`: the file, where this call made it.
 * @throws PostriderError bad-configuration
 */
export async function loadSecrets(
  config: Config,
  options: { mayMake: boolean } = { mayMake: true },
): Promise<{ secrets: Secrets; madeFile: string | null }> {
  const path = keyFileOf(config)
  if (path === null) {
    return {
      secrets: createSecrets(parseKeys(config.keys ?? '', 'POSTRIDER_KEYS')),
      madeFile: null,
    }
  }
  const made = config.keysFile === null && options.mayMake && (await makeKeyFile(path))
  const keys = await readKeyFile(path)
  return { secrets: createSecrets(keys, watched(path, keys)), madeFile: made ? path : null }
}

function derive(secret: string, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), 'postrider', info, 32))
}

function mac(key: Buffer, octets: Buffer): Buffer {
  return createHmac('sha256', key).update(octets).digest().subarray(0, MAC_LENGTH)
}

export function fingerprintsOf(keys: Keys): Map<number, Buffer> {
  return new Map([
    [0, mac(derive(keys.address, 'address'), FINGERPRINT)],
    ...Object.entries(keys.keys).map(([id, secret]): [number, Buffer] => [
      Number(id),
      mac(derive(secret, 'fingerprint'), FINGERPRINT),
    ]),
  ])
}

/** A link in a mail that somebody kept works for ever; nothing else of a retired key does. */
const worksRetired = (purpose: Purpose) =>
  purpose === 'unsubscribe' || purpose === 'unsubscribe-mail'

/** @param current asked at each use: keys may be added and switched while a process runs */
export function createSecrets(first: Keys, current: () => Keys = () => first): Secrets {
  const keyOf = derivedKeys(current)
  const addressKeyed = derive(first.address, 'address')

  return Object.freeze({
    get signingKeyId() {
      return current().signing
    },
    get fingerprints() {
      return fingerprintsOf(current())
    },
    mint(purpose, fields, keyId = current().signing) {
      const key = keyOf(keyId, purpose)
      if (key === null) throw new Error(`no key ${keyId}`)
      const head = Buffer.alloc(1 + 8 * fields.length)
      head.writeUInt8(keyId)
      fields.forEach((field, index) => {
        head.writeBigUInt64BE(field, 1 + 8 * index)
      })
      return Buffer.concat([head, mac(key, head)])
    },
    open(purpose, fieldCount, token) {
      const length = 1 + 8 * fieldCount
      if (token.length !== length + MAC_LENGTH) return null
      const head = token.subarray(0, length)
      const keyId = head.readUInt8()
      const key = keyOf(keyId, purpose)
      if (key === null || !timingSafeEqual(mac(key, head), token.subarray(length))) return null
      if (current().retired.includes(keyId) && !worksRetired(purpose)) return null
      const fields = Array.from({ length: fieldCount }, (_, index) =>
        head.readBigUInt64BE(1 + 8 * index),
      )
      return { keyId, fields }
    },
    addressHash: (addressKey) => mac(addressKeyed, Buffer.from(addressKey, 'utf8')),
  } satisfies Secrets)
}

/** Deriving one takes longer than a MAC under it: each is derived once, for as long as the keys are the same. */
function derivedKeys(current: () => Keys): (keyId: number, purpose: Purpose) => Buffer | null {
  const derived = new Map<string, Buffer>()
  let of: Keys | null = null
  return (keyId, purpose) => {
    const keys = current()
    if (keys !== of) derived.clear()
    of = keys
    const secret = keys.keys[keyId]
    if (secret === undefined) return null
    const name = `${keyId}/${purpose}`
    const known = derived.get(name) ?? derive(secret, purpose)
    derived.set(name, known)
    return known
  }
}
