import type { Db } from '../../db/client.ts'
import { handOverAgain, noteMessageIds } from '../../db/queries/handovers.ts'
import type { TransportHealth } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import type { Group } from './rejections.ts'

export type HandoverDeps = Readonly<{
  db: Db
  transportId: Id
  health(): TransportHealth | null
}>

/**
 * After outcomes are recorded: what is uncertain is handed over again where the relay would know it, and the ids that a
 * transport gave are kept. Done twice it changes nothing.
 */
export async function settleHandovers(
  { db, transportId, health }: HandoverDeps,
  groups: readonly Group[],
): Promise<void> {
  const knows = health()?.idempotentSeconds != null
  for (const { rows: campaignId, entries } of groups) {
    if (campaignId === null) continue
    const unsure = knows ? entries.filter(({ entry }) => entry.settle.state === 'uncertain') : []
    if (unsure.length > 0) {
      const claimIds = new Set(unsure.map(({ entry }) => entry.held.claim.id))
      await handOverAgain(db, campaignId, transportId, [...claimIds])
    }
    const taken = entries.flatMap(({ entry: { outcome, held } }) =>
      outcome.outcome === 'accepted' && outcome.providerId !== undefined
        ? [{ subscriberId: held.row.key, messageId: outcome.providerId }]
        : [],
    )
    if (taken.length > 0) await noteMessageIds(db, transportId, campaignId, taken)
  }
}
