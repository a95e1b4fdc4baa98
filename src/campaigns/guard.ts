import type { Db, Trx } from '../../db/client.ts'
import { dueCampaigns, lockStaleCampaigns, noteAlive } from '../../db/queries/campaign-guards.ts'
import {
  type CampaignRow,
  type Move,
  moveCampaign,
  startCampaigns,
} from '../../db/queries/campaigns.ts'
import { insertTrip, tripsOf } from '../../db/queries/guard-trips.ts'
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

/** The guard that stands against all sending, while too much comes back. */
export const STOPS = 'installation-stops'

/**
 * Starts whose time has come: all of them, or the one of that id. While all sending is stopped they are paused before
 * their first message instead, however few these are; whoever resumes them answers for that.
 * @param teller null: the one who asks sees it
 * @returns those that began
 */
export async function startOrHold(trx: Trx, teller: Teller | null, id?: Id): Promise<Id[]> {
  const started = await startCampaigns(trx, MOVES.start, STOPS, id)
  const words = await wordsOfStop(trx)
  if (words === null) return started
  for (const due of await dueCampaigns(trx, id)) await stop(trx, due, MOVES.hold, words, teller)
  return started
}

/** What is sending again is paused while all sending is stopped, unless somebody resumed it in spite of that. */
export async function pauseIfStopped(trx: Trx, id: Id): Promise<void> {
  const words = await wordsOfStop(trx)
  if (words !== null) await stop(trx, id, MOVES.pause, words, null)
}

/** null: nothing stands against sending. */
export async function wordsOfStop(db: Db): Promise<string | null> {
  const trip = (await tripsOf(db, null)).find(({ guard }) => guard === STOPS)
  return trip === undefined ? null : `all sending is stopped: ${trip.words}`
}

async function stop(
  trx: Trx,
  id: Id,
  move: Move,
  words: string,
  teller: Teller | null,
): Promise<void> {
  if (!(await insertTrip(trx, { campaignId: id, guard: STOPS, words }))) return
  const moved = await moveCampaign(trx, id, move, { reason: words })
  if (moved !== null && teller !== null) await tellPaused(trx, teller, moved)
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
