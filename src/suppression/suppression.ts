import type { Db, Trx } from '../../db/client.ts'
import {
  hasStandingSuppression,
  insertSuppressions,
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
  /** The report that it follows from. */
  eventId?: Id | null
  note?: string
  expiresAt?: Date | null
}>

/** Everywhere, for every newsletter. `already`: one stands that is as strong and lasts as long. */
export async function suppress(trx: Trx, values: Suppress): Promise<'suppressed' | 'already'> {
  const made = await suppressAll(trx, [values])
  return made.size > 0 ? 'suppressed' : 'already'
}

/** Of one address given twice the first counts. @returns the hashes, in hex, that are suppressed by these now */
export async function suppressAll(trx: Trx, all: readonly Suppress[]): Promise<Set<string>> {
  const rows = new Map<string, Suppress>()
  for (const one of all) {
    const hash = one.addressHash.toString('hex')
    if (!rows.has(hash)) rows.set(hash, one)
  }
  return insertSuppressions(
    trx,
    [...rows.values()].map(
      ({ evidenceId = null, eventId = null, note = '', expiresAt = null, ...one }) => ({
        ...one,
        ...{ evidenceId, eventId, note, expiresAt },
      }),
    ),
  )
}

/** Throws when it cannot be asked; a caller that goes on then would mail whom it must not. */
export async function isSuppressed(db: Db, addressHash: Buffer): Promise<boolean> {
  return hasStandingSuppression(db, addressHash)
}

/** The newest 1,000, or those before an id. */
export async function listSuppressions(
  db: Db,
  options: { lifted?: boolean; reason?: SuppressionReason; before?: Id; limit?: number } = {},
): Promise<SuppressionLine[]> {
  const { lifted = false, limit = 1_000, reason, before } = options
  return suppressionLines(db, {
    ...{ lifted, limit },
    ...(reason === undefined ? {} : { reason }),
    ...(before === undefined ? {} : { before }),
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
  const lifting = { by: 'editor', note: input.note, at: now } as const
  return (await liftStandingSuppression(db, by, lifting)) ? 'lifted' : 'none'
}

/** @throws PostriderError bad-input */
function requireAddress(text: string) {
  const parsed = parseAddress(text)
  if (!parsed.ok) {
    throw new PostriderError('bad-input', `"${text}" is no mail address: ${parsed.why}`, {
      place: 'address',
    })
  }
  return parsed.value
}
