import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from './config.ts'
import { PostriderError } from './errors.ts'

/** What a token opens. Each purpose has a key of its own, so a token of one never opens another. */
export type Purpose = 'unsubscribe' | 'confirm' | 'bounce' | 'unsubscribe-mail' | 'message-id'

/** Octets of a MAC: 128 bits. */
export const MAC_LENGTH = 16

/**
 * A token's octets: key id (1), fields (8 each, unsigned, big-endian), MAC (16). No field says how long it is; the
 * purpose does.
 */
export type Secrets = Readonly<{
  /** New tokens are made with this one. */
  signingKeyId: number
  /** All ids that verify. */
  keyIds: readonly number[]
  /** What tells each key from another of the same id, 16 octets; 0 is the key of address hashes. */
  fingerprints: ReadonlyMap<number, Buffer>
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

type KeyFile = Readonly<{
  address: string
  keys: Readonly<Record<string, string>>
  signing: number
}>

/**
 * Keys from POSTRIDER_KEYS (the JSON itself), POSTRIDER_KEYS_FILE or `<home>/secrets`, which is made if it is not there
 * and `mayMake` says so: fresh keys beside a database that has links of others would break every one of those.
 * `madeFile`: the file, where this call made it.
 * @throws PostriderError bad-configuration
 */
export async function loadSecrets(
  config: Config,
  options: { mayMake: boolean } = { mayMake: true },
): Promise<{ secrets: Secrets; madeFile: string | null }> {
  if (config.keys !== null) {
    return { secrets: createSecrets(parseKeys(config.keys, 'POSTRIDER_KEYS')), madeFile: null }
  }
  const path = config.keysFile ?? join(config.home, 'secrets')
  const made = config.keysFile === null && options.mayMake && (await makeKeyFile(path))
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PostriderError(
      'bad-configuration',
      `cannot read the keys in ${path}: bring back the keys file that belongs to this database, or name it in POSTRIDER_KEYS_FILE`,
      { cause },
    )
  })
  if (((await stat(path)).mode & 0o077) !== 0) {
    throw new PostriderError('bad-configuration', `${path} can be read by others: chmod 600 it`)
  }
  return { secrets: createSecrets(parseKeys(text, path)), madeFile: made ? path : null }
}

/** Fresh keys, for tests and for the first start. */
export function newKeys(): string {
  const key = () => randomBytes(32).toString('base64url')
  const file: KeyFile = { address: key(), keys: { '1': key() }, signing: 1 }
  return `${JSON.stringify(file, null, 2)}\n`
}

/** There with its whole text or not at all: of several first starts one makes it. @returns false where there was one */
async function makeKeyFile(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', 0o600)
    await file.writeFile(newKeys())
    await file.sync()
    await file.close()
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(draft, { force: true })
  }
}

export function parseKeys(text: string, place: string): KeyFile {
  const bad = (what: string) =>
    new PostriderError('bad-configuration', `${place}: ${what}`, { place })
  let file: KeyFile
  try {
    file = JSON.parse(text) as KeyFile
  } catch {
    throw bad('the keys are no JSON')
  }
  const entries = Object.entries(file.keys ?? {})
  const octets = (value: unknown) => Buffer.from(String(value), 'base64url').length
  if (octets(file.address) < 32 || entries.some(([, key]) => octets(key) < 32)) {
    throw bad('every key needs at least 32 octets in base64url')
  }
  if (entries.some(([id]) => !(Number(id) >= 1 && Number(id) <= 255)))
    throw bad('key ids are 1 to 255')
  if (!file.keys?.[file.signing]) throw bad('"signing" names no key of "keys"')
  return file
}

function derive(secret: string, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), 'postrider', info, 32))
}

function mac(key: Buffer, octets: Buffer): Buffer {
  return createHmac('sha256', key).update(octets).digest().subarray(0, MAC_LENGTH)
}

function fingerprintsOf(file: KeyFile): Map<number, Buffer> {
  return new Map([
    [0, mac(derive(file.address, 'address'), FINGERPRINT)],
    ...Object.entries(file.keys).map(([id, secret]): [number, Buffer] => [
      Number(id),
      mac(derive(secret, 'fingerprint'), FINGERPRINT),
    ]),
  ])
}

export function createSecrets(file: KeyFile): Secrets {
  const derived = new Map<string, Buffer>()
  const keyOf = (keyId: number, purpose: Purpose): Buffer | null => {
    const secret = file.keys[keyId]
    if (secret === undefined) return null
    const name = `${keyId}/${purpose}`
    const known = derived.get(name) ?? derive(secret, purpose)
    derived.set(name, known)
    return known
  }
  const addressKeyed = derive(file.address, 'address')

  return Object.freeze({
    signingKeyId: file.signing,
    keyIds: Object.keys(file.keys).map(Number),
    fingerprints: fingerprintsOf(file),
    mint(purpose, fields, keyId = file.signing) {
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
      const fields = Array.from({ length: fieldCount }, (_, index) =>
        head.readBigUInt64BE(1 + 8 * index),
      )
      return { keyId, fields }
    },
    addressHash: (addressKey) => mac(addressKeyed, Buffer.from(addressKey, 'utf8')),
  } satisfies Secrets)
}
