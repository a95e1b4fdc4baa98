import type { Db } from '../../db/client.ts'
import {
  type CampaignToSend,
  campaignToSend,
  claimDeliveries,
  lookAtDeliveries,
  whyNothingIsDue,
} from '../../db/queries/deliveries.ts'
import { RESENDS } from '../../db/queries/held-rows.ts'
import type { Id } from '../../db/types.ts'
import { type ComposeDeps, createComposer } from './compose-issue.ts'
import type { Next, Source } from './held.ts'

export type FillDeps = ComposeDeps & Readonly<{ db: Db }>

/** A campaign's source as long as it is among the last ones used: its message is parsed once. */
const KEPT = 8

/** @returns finds the source of a campaign; null where there is no such campaign, or it goes another way out */
export function createCampaignSources(deps: FillDeps & { transportId: Id }) {
  const kept = new Map<Id, Source>()
  return async (campaignId: Id): Promise<Source | null> => {
    const known = kept.get(campaignId)
    if (known) return known
    const campaign = await campaignToSend(deps.db, campaignId, deps.transportId)
    if (campaign === null) return null
    const source = campaignSource(deps, campaign)
    kept.set(campaignId, source)
    const oldest = kept.keys().next().value
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest)
    return source
  }
}

function campaignSource(deps: FillDeps & { transportId: Id }, campaign: CampaignToSend): Source {
  const { db } = deps
  const { campaignId } = campaign
  const compose = createComposer(deps, campaign)
  return Object.freeze({
    rows: campaignId,
    claim: (trx, order) => claimDeliveries(trx, campaignId, order),
    async look(trx, claimId, only) {
      const { open, addressees } = await lookAtDeliveries(trx, campaignId, claimId, only)
      const rows = addressees.map((to) => ({
        key: to.subscriberId,
        attempts: to.attempts,
        deferredSeconds: to.deferredSeconds,
        providerId: to.providerId,
        provider: to.provider,
        resends: to.resends ? RESENDS : 0,
        compose: () => compose(to),
      }))
      return { open, rows }
    },
    async whatNext(): Promise<Next> {
      const why = await whyNothingIsDue(db, campaignId, deps.transportId)
      if (why === null || why.state !== 'sending' || why.nextDueAt === null) return { next: 'none' }
      return { next: 'at', at: why.restsUntil ?? why.nextDueAt }
    },
  } satisfies Source)
}
