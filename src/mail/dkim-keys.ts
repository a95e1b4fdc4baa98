import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { PostriderError } from '../errors.ts'

export const DKIM_KEY_TYPES = ['rsa', 'ed25519'] as const
export type DkimKeyType = (typeof DKIM_KEY_TYPES)[number]

/** 2048 bits: more does not fit into one UDP answer with its neighbours, less is refused by large providers. */
const RSA_BITS = 2048
/** RFC 8301, 3.2: signatures of shorter keys are not to be made, and not taken as valid. */
const SHORTEST_RSA_BITS = 1024
/** A TXT record is made of strings of at most 255 octets (RFC 1035, 3.3.14). */
const TXT_OCTETS = 255

/** @returns the private key as PKCS #8 in PEM */
export function makeDkimKey(type: DkimKeyType): string {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: RSA_BITS })
      : generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** @throws PostriderError bad-configuration for what cannot sign: better than unsigned mail */
export function readDkimKey(pem: string): { key: KeyObject; type: DkimKeyType } {
  const bad = (what: string, cause?: unknown) =>
    new PostriderError('bad-configuration', `the DKIM key is ${what}`, { cause })
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw bad('no private key in PEM', cause)
  }
  const type = DKIM_KEY_TYPES.find((each) => each === key.asymmetricKeyType)
  if (type === undefined) throw bad('neither an RSA nor an Ed25519 key')
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (type === 'rsa' && bits < SHORTEST_RSA_BITS)
    throw bad(`of ${bits} bits: make one of ${RSA_BITS}`)
  return { key, type }
}

/**
 * The TXT record of a key (RFC 6376, 3.6.1; RFC 8463, 4). `strings`: the value as a zone file wants it, in quoted parts.
 * @throws PostriderError bad-configuration
 */
export function dkimRecord(
  domain: string,
  selector: string,
  privateKeyPem: string,
): { name: string; value: string; strings: string } {
  const { key, type } = readDkimKey(privateKeyPem)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  // For Ed25519 the bare 32 octets, which are the last of the SPKI; RSA keys are published as SPKI in practice.
  const p = (type === 'ed25519' ? spki.subarray(-32) : spki).toString('base64')
  const value = `v=DKIM1; k=${type}; p=${p}`
  return { name: `${selector}._domainkey.${domain}`, value, strings: zoneStrings(value) }
}

function zoneStrings(value: string): string {
  const parts = value.match(new RegExp(`.{1,${TXT_OCTETS}}`, 'g')) ?? []
  return parts.map((part) => `"${part}"`).join(' ')
}
