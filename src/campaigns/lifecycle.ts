import type { Db, Trx } from '../../db/client.ts'
import { sqlState } from '../../db/client.ts'
import {
  campaignsAtTheirEnd,
  campaignsOfIssue,
  endCancelledCampaign,
  endingCampaigns,
  finishLockedCampaigns,
  lockCampaigns,
  moveCampaign,
  stateOfCampaign,
} from '../../db/queries/campaigns.ts'
import {
  cancelWaitingRows,
  countRowsInFlight,
  type ResendStates,
  requeueRows,
} from '../../db/queries/deliveries-ledger.ts'
import { lockPreparing } from '../../db/queries/deliveries-prepare.ts'
import type { CampaignState, Id } from '../../db/types.ts'
import { PostriderError } from '../errors.ts'
import { openCampaignRefusal } from './campaign.ts'
import { pauseIfStopped, startOrHold } from './guard.ts'
import { MOVES, move, requireCampaign } from './moves.ts'
import { type Teller, tellFinished, tellPaused } from './tell.ts'

/** Rows that a cancel settles in one statement: about 1 s. */
const CANCEL_SIZE = 50_000

/** What a worker asks before it begins more; null: there is no such campaign. */
export async function campaignState(db: Db, id: Id): Promise<CampaignState | null> {
  return stateOfCampaign(db, id)
}

/** Scheduled campaigns whose time has come begin, or are paused while all sending is stopped. @returns their ids: ring `prepare` */
export async function startDueCampaigns(db: Db, teller: Teller | null = null): Promise<Id[]> {
  return db.transaction().execute((trx) => startOrHold(trx, teller))
}

/**
 * An editor's pause. Messages on their way end; rows that were not begun are given back by their worker.
 * @throws PostriderError not-found, wrong-state
 */
export async function pauseCampaign(db: Db, id: Id, reason = 'paused by hand'): Promise<void> {
  await db.transaction().execute((trx) => move(trx, id, 'pause', { reason }))
}

/**
 * A worker's pause, with the reason in one line. `tell`: mail the notify address, for where mail can still get out;
 * null: status and log say it.
 * @returns whether it was sending until now
 */
export async function pauseSending(
  trx: Trx,
  id: Id,
  reason: string,
  options: { tell: Teller | null; rejectionsStand?: boolean },
): Promise<boolean> {
  const values = { reason, ...(options.rejectionsStand ? { rejections_stand: true } : {}) }
  const campaign = await moveCampaign(trx, id, MOVES.pause, values)
  if (campaign !== null && options.tell) await tellPaused(trx, options.tell, campaign)
  return campaign !== null
}

/** @throws PostriderError not-found, wrong-state */
export async function resumeCampaign(db: Db, id: Id): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await move(trx, id, 'resume', { reason: null })
  })
}

/**
 * Nothing begins after it; rows that wait become `cancelled`, those in a window are their worker's to settle. The
 * campaign has ended when none is open: until then the issue takes no new one.
 * @returns rows that are on their way still
 * @throws PostriderError not-found, wrong-state
 */
export async function cancelCampaign(db: Db, id: Id): Promise<{ inFlight: number }> {
  await requireCampaign(db, id)
  await db.transaction().execute(async (trx) => {
    await lockPreparing(trx, id)
    await move(trx, id, 'cancel', { reason: null })
  })
  await endCancelled(db, id)
  return { inFlight: await countRowsInFlight(db, id) }
}

/**
 * Rows of these outcomes are sent again, under the Message-ID that they had. Who has the issue from a later campaign
 * stays as they are (`held`). The campaign is `sending` again.
 * @throws PostriderError not-found, bad-input, wrong-state, refused: another campaign of the issue is open, or no row
 */
export async function resendCampaign(
  db: Db,
  id: Id,
  only: ResendStates,
): Promise<{ queued: number; held: number }> {
  if (only.length === 0 || only.some((state) => !RESENDABLE.includes(state))) {
    throw new PostriderError('bad-input', `only ${RESENDABLE.join(', ')} can be sent again`, {
      place: 'only',
    })
  }
  const { issue_id } = await requireCampaign(db, id)
  try {
    return await db.transaction().execute((trx) => resend(trx, id, only))
  } catch (error) {
    // campaigns_open: the index on what has not ended
    if (sqlState(error) === '23505') throw await openCampaignRefusal(db, issue_id)
    throw error
  }
}

/** Outcomes that an editor may have sent again. */
export const RESENDABLE = ['failed', 'rejected', 'uncertain'] as const satisfies ResendStates

async function resend(
  trx: Trx,
  id: Id,
  only: ResendStates,
): Promise<{ queued: number; held: number }> {
  const campaign = await move(trx, id, 'resend', {
    reason: null,
    ended_at: null,
    rejections_stand: false,
  })
  const campaigns = campaign.again ? [] : await campaignsOfIssue(trx, campaign.issue_id)
  const others = campaigns.map((row) => row.id).filter((other) => other !== id)
  const result = await requeueRows(trx, id, only, others)
  if (result.queued > 0) {
    await pauseIfStopped(trx, id)
    return result
  }
  const held = result.held > 0 ? `: the ${result.held} that are have the issue by now` : ''
  throw new PostriderError('refused', `campaign ${id} has no row to send again${held}`)
}

/**
 * Campaigns without an open row are finished and told about, once each; cancelled ones lose what was given back
 * after the cancel, and end.
 * @returns those that finished now
 */
export async function finishCampaigns(db: Db, teller: Teller): Promise<Id[]> {
  for (const id of await endingCampaigns(db)) await endCancelled(db, id)
  const candidates = await campaignsAtTheirEnd(db)
  if (candidates.length === 0) return []
  return db.transaction().execute(async (trx) => {
    await lockCampaigns(trx, candidates)
    const finished = await finishLockedCampaigns(trx, MOVES.finish, candidates)
    for (const campaign of finished) await tellFinished(trx, teller, campaign)
    return finished.map((campaign) => campaign.id)
  })
}

// A claim that is just taking a row holds it, so the update waits and then finds it `sending`: such a row keeps the
// campaign from ending. A claim that comes later finds the row cancelled.
async function endCancelled(db: Db, id: Id): Promise<void> {
  while ((await cancelWaitingRows(db, id, CANCEL_SIZE)) > 0);
  await endCancelledCampaign(db, id)
}
