import { setTimeout as sleep } from 'node:timers/promises'
import type { Id } from '../../db/types.ts'
import { campaignState, cancelCampaign, startDueCampaigns } from '../campaigns/lifecycle.ts'
import type { Context } from './context.ts'
import { count } from './format.ts'
import { badUsage } from './options.ts'
import type { Runtime } from './runtime.ts'

const ON_A_TERMINAL_SECONDS = 10
const LONGEST_SECONDS = 3600
const LOOK_EVERY_MS = 250

/** How long a send that is to start at once may be thought better of. */
export function readUndo(text: string | undefined, isInteractive: boolean): number {
  if (text === undefined) return isInteractive ? ON_A_TERMINAL_SECONDS : 0
  const seconds = Number(text)
  if (/^\d+$/.test(text) && seconds <= LONGEST_SECONDS) return seconds
  throw badUsage(`--undo takes seconds, 0 to ${LONGEST_SECONDS}, not "${text}"`)
}

/**
 * Waits until a campaign that was made with an undo window begins, and begins it. Ctrl-C cancels it, and so does
 * `cancel` from elsewhere.
 * @returns false: it was cancelled, and nobody is mailed
 */
export async function waitForUndo(
  { terminal, stopped }: Context,
  { db, queues, secrets }: Runtime,
  campaignId: Id,
  seconds: number,
): Promise<boolean> {
  terminal.warn('waiting', `${count(seconds, 'second')} before the first message`, 'Ctrl-C cancels')
  let isStopping = false
  void stopped.then(() => {
    isStopping = true
  })
  for (const from = performance.now(); ; await sleep(LOOK_EVERY_MS)) {
    if (isStopping) {
      await cancelCampaign(db, campaignId)
      return false
    }
    // By Postgres's clock, which the others look at too.
    if (performance.now() - from >= seconds * 1000) await startDueCampaigns(db, secrets)
    const state = await campaignState(db, campaignId)
    if (state === 'scheduled') continue
    if (state === 'cancelled') return false
    await (await queues()).ring('prepare', { campaignId })
    return true
  }
}
