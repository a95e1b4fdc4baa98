import { underSweepLock } from '../../db/queries/claims.ts'
import { clearEvidence } from '../../db/queries/evidence.ts'
import { sweepInactive } from '../subscribers/inactive.ts'
import { guardCampaigns, guardInstallation, holdToStop } from './guards.ts'
import type { FeedbackDeps } from './handle.ts'

const DAY_MS = 86_400_000
const CLEARED_AT_ONCE = 500

/**
 * What time brings about: rates that have gone too high, evidence that is old, readers of whom nothing is heard. In one process at a time; to be run once
 * a minute or so.
 */
export async function sweepFeedback(deps: FeedbackDeps, now: Date): Promise<void> {
  const run = async () => {
    await guardCampaigns(deps)
    await guardInstallation(deps, now)
    await holdToStop(deps)
    await clearOldEvidence(deps, now)
    await askWhoIsSilent(deps, now)
  }
  await underSweepLock(deps.db, run, 'feedback sweep')
}

async function askWhoIsSilent({ db, log }: FeedbackDeps, now: Date): Promise<void> {
  for (const line of await sweepInactive(db, now)) log.info(line, 'inactive readers')
}

/** A piece a run, so that a first run over years of mails holds up nothing. */
async function clearOldEvidence({ db, policy, log }: FeedbackDeps, now: Date): Promise<void> {
  const olderThan = new Date(now.getTime() - policy.evidenceDays * DAY_MS)
  const cleared = await clearEvidence(db, olderThan, CLEARED_AT_ONCE)
  if (cleared > 0) log.info({ cleared }, 'old evidence cleared')
}
