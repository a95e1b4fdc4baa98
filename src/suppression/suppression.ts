import type { Db, Trx } from '../../db/client.ts'
import {
  hasStandingSuppression,
  insertSuppression,
  liftStandingSuppression,
  type SuppressionLine,
  suppressionLines,
} from '../../db/queries/suppressions.ts'
import type { Id, SuppressionReason } from '../../db/types.ts'
import { PostriderError } from '../errors.ts'
import { parseAddress } from '../mail/address.ts'
import type { Secrets } from '../secrets.ts'

export type Suppress = Readonly<{
  addressHash: Buffer
  /** The text, where it is known; the hash decides. */
  address: string | null
  reason: SuppressionReason
  evidenceId?: Id | null
  note?: string
  expiresAt?: Date | null
}>

/** Everywhere, for every newsletter. `already`: one stands that lasts as long. */
export async function suppress(trx: Trx, values: Suppress): Promise<'suppressed' | 'already'> {
  const { addressHash, address, reason, evidenceId = null, note = '', expiresAt = null } = values
  const row = { addressHash, address, reason, evidenceId, note, expiresAt }
  return (await insertSuppression(trx, row)) ? 'suppressed' : 'already'
}

/** Throws when it cannot be asked; a caller that goes on then would mail whom it must not. */
export async function isSuppressed(db: Db, addressHash: Buffer): Promise<boolean> {
  return hasStandingSuppression(db, addressHash)
}

/** The newest 1,000, or those before an id. */
export async function listSuppressions(
  db: Db,
  options: { lifted?: boolean; before?: Id; limit?: number } = {},
): Promise<SuppressionLine[]> {
  return suppressionLines(db, {
    lifted: options.lifted ?? false,
    limit: options.limit ?? 1_000,
    ...(options.before === undefined ? {} : { before: options.before }),
  })
}

/**
 * By hand.
 * @throws PostriderError bad-input
 */
export async function addSuppression(
  db: Db,
  secrets: Secrets,
  input: { address: string; note: string },
): Promise<'suppressed' | 'already'> {
  const { address, key } = requireAddress(input.address)
  const addressHash = secrets.addressHash(key)
  return db
    .transaction()
    .execute((trx) => suppress(trx, { addressHash, address, reason: 'manual', note: input.note }))
}

/**
 * An action with its trace: the row stays, with when and why it stands no more. By address or by the suppression's id.
 * @throws PostriderError bad-input
 */
export async function liftSuppression(
  db: Db,
  secrets: Secrets,
  input: { address: string; note: string } | { id: Id; note: string },
  now: Date = new Date(),
): Promise<'lifted' | 'none'> {
  const by =
    'id' in input
      ? { id: input.id }
      : { addressHash: secrets.addressHash(requireAddress(input.address).key) }
  return (await liftStandingSuppression(db, by, input.note, now)) ? 'lifted' : 'none'
}

function requireAddress(text: string) {
  const parsed = parseAddress(text)
  if (!parsed.ok) {
    throw new PostriderError('bad-input', `"${text}" is no mail address: ${parsed.why}`, {
      place: 'address',
    })
  }
  return parsed.value
}
