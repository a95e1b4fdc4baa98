import type { Db } from '../../db/client.ts'
import { lockStaleCampaigns, noteAlive } from '../../db/queries/campaign-guards.ts'
import { type CampaignRow, moveCampaign } from '../../db/queries/campaigns.ts'
import type { Id } from '../../db/types.ts'
import { MOVES } from './moves.ts'
import { type Teller, tellPaused } from './tell.ts'

/**
 * Campaigns that nobody expects to be sent now any more ask instead: due for longer than their grace (no worker ran,
 * or the database is an old copy), or left in mid-send for so long. They are paused, and whoever resumes them says yes.
 * Before anything else that a sweep starts.
 * @returns those that were paused now
 */
export async function holdStaleCampaigns(db: Db, teller: Teller): Promise<Id[]> {
  const held = await db.transaction().execute(async (trx) => {
    const stale = await lockStaleCampaigns(trx)
    for (const campaign of stale) {
      const reason = whyStale(campaign)
      const moved = await moveCampaign(trx, campaign.id, MOVES.hold, { reason })
      if (moved !== null) await tellPaused(trx, teller, moved)
    }
    return stale.map((campaign) => campaign.id)
  })
  await noteAlive(db)
  return held
}

function whyStale({ state, starts_at, alive_at, grace_seconds }: CampaignRow): string {
  const grace = hours(grace_seconds)
  return state === 'scheduled'
    ? `it was due at ${minute(starts_at)} and nothing started it within ${grace}: is it still to be sent?`
    : `no worker was at it from ${minute(alive_at ?? starts_at)} for longer than ${grace}: is the rest still to be sent?`
}

/** 2026-11-24 08:00 UTC */
function minute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function hours(seconds: number): string {
  return seconds >= 3600 ? `${Math.round(seconds / 360) / 10} h` : `${seconds} s`
}
