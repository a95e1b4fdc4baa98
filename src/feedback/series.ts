import type { Trx } from '../../db/client.ts'
import { lastSuccesses, type SoftFailure, softFailures } from '../../db/queries/feedback-facts.ts'
import { lockAddressHistories } from '../../db/queries/suppressions.ts'
import type { Id } from '../../db/types.ts'
import type { PolicyConfig } from '../config-policy.ts'
import { isSeries, softExpiry } from '../suppression/policy.ts'
import type { Suppress } from '../suppression/suppression.ts'
import type { Conclusion } from './judge.ts'

/**
 * Addresses whose soft bounces have become a series by these events, which must be settled already: at most three
 * statements, and one where nobody has had enough of them.
 */
export async function seriesOf(
  trx: Trx,
  conclusions: readonly Conclusion[],
  soft: PolicyConfig['soft'],
  now: Date,
): Promise<(Suppress & { eventId: Id })[]> {
  const counted = conclusions.flatMap(({ settled, mailed }) =>
    settled.action === 'counted' && settled.type === 'soft' && settled.addressHash !== null
      ? [{ ...settled, ...mailed, addressHash: settled.addressHash }]
      : [],
  )
  const hashes = counted.map(({ addressHash }) => addressHash)
  const failures = groupByHash(await softFailures(trx, hashes, soft.count))
  if (failures.size === 0) return []
  const since = await countSince(trx, failures, now)
  return [...failures].flatMap(([hash, theirs]) => {
    const times = theirs.map(({ at }) => at)
    const last = counted.findLast(({ addressHash }) => addressHash.toString('hex') === hash)
    if (last === undefined || !isSeries(times, since.get(hash) ?? null, soft)) return []
    const words = `${last.status ?? ''} ${last.diagnostic ?? last.reason ?? ''}`.trim()
    return [
      {
        ...{ addressHash: last.addressHash, address: last.address, reason: 'soft-bounce' as const },
        ...{ eventId: last.id, evidenceId: last.evidenceId, expiresAt: softExpiry(now, soft) },
        note: `${times.length} soft bounces since ${times[0]?.toISOString().slice(0, 10)}, the last: ${words}`,
      },
    ]
  })
}

function groupByHash(failures: readonly SoftFailure[]): Map<string, SoftFailure[]> {
  const groups = new Map<string, SoftFailure[]>()
  for (const failure of failures) {
    const hash = failure.addressHash.toString('hex')
    groups.set(hash, [...(groups.get(hash) ?? []), failure])
  }
  return groups
}

/** By hash: when the count last began anew. */
async function countSince(
  trx: Trx,
  failures: ReadonlyMap<string, readonly SoftFailure[]>,
  now: Date,
): Promise<Map<string, Date>> {
  const hashes = [...failures.keys()].map((hash) => Buffer.from(hash, 'hex'))
  const campaigns = [...failures.values()].flat().map(({ campaignId }) => BigInt(campaignId))
  const oldest = campaigns.reduce((a, b) => (a < b ? a : b))
  const successes = await lastSuccesses(trx, hashes, String(oldest), now)
  const histories = await lockAddressHistories(trx, hashes)
  const since = new Map<string, Date>()
  const note = (hash: Buffer, at: Date | null) => {
    const known = since.get(hash.toString('hex'))
    if (at !== null && (known === undefined || at > known)) since.set(hash.toString('hex'), at)
  }
  for (const { addressHash, at } of successes) note(addressHash, at)
  for (const { addressHash, liftedAt, suppressedAt } of histories) {
    note(addressHash, liftedAt)
    note(addressHash, suppressedAt)
  }
  return since
}
