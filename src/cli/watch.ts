import { setTimeout as sleep } from 'node:timers/promises'
import type { Id } from '../../db/types.ts'
import { campaignState } from '../campaigns/lifecycle.ts'
import { type CampaignStatus, campaignStatus } from '../campaigns/status.ts'
import type { Context } from './context.ts'
import { formatNumber } from './format.ts'
import { type Runtime, unreachable } from './runtime.ts'
import type { Terminal } from './terminal.ts'

const LOOK_EVERY_MS = 250
/** Between two counts, so many times as long as one takes: 5 % of one connection. */
const COUNTING_SHARE = 20

/** What machines read of a campaign. */
export function statusObject(status: CampaignStatus): Record<string, unknown> {
  return {
    campaign: status.campaign,
    state: status.state,
    reason: status.reason ?? status.waiting,
    ledger: status.ledger,
  }
}

/**
 * Shows a campaign until it has ended or is paused, or this process is asked to stop.
 * @returns the last status seen
 */
export async function watchCampaign(
  context: Context,
  runtime: Runtime,
  id: Id,
): Promise<CampaignStatus> {
  const { terminal } = context
  let stopping = false
  void context.stopped.then(() => {
    stopping = true
  })
  let said: string | null = null
  let { status, nextCountAt } = await look(runtime, id, null)
  for (;;) {
    const { ledger } = status
    const settled = ledger.chosen - ledger.queued - ledger.sending - ledger.deferred
    terminal.progress(
      'sending',
      settled,
      status.chosenIsFinal ? ledger.chosen : null,
      status.acceptedPerSecond,
    )
    if (status.waiting !== null && status.waiting !== said) terminal.warn('waiting', status.waiting)
    said = status.waiting
    if (stopping || hasEnded(status)) break
    await sleep(LOOK_EVERY_MS)
    if (performance.now() < nextCountAt && !(await hasMoved(runtime, id, status))) continue
    ;({ status, nextCountAt } = await look(runtime, id, status))
  }
  terminal.progressDone()
  return status
}

type Look = Readonly<{ status: CampaignStatus; nextCountAt: number }>

/**
 * Counts, and says when to count again: counting a million rows takes a while, and the sending needs Postgres more. A
 * database that is away for a moment does not end a watch: the send goes on without it.
 */
async function look(runtime: Runtime, id: Id, last: CampaignStatus | null): Promise<Look> {
  const from = performance.now()
  const status = await unlessAway(() => campaignStatus(runtime.db, id), last)
  const now = performance.now()
  return { status, nextCountAt: now + COUNTING_SHARE * (now - from) }
}

/** One row's look, as often as the eye wants it. */
async function hasMoved(runtime: Runtime, id: Id, last: CampaignStatus): Promise<boolean> {
  const state = await unlessAway(() => campaignState(runtime.db, id), last.state)
  return state !== last.state
}

async function unlessAway<T>(ask: () => Promise<T>, last: T | null): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (last === null || unreachable(error) === error) throw error
    return last
  }
}

export function hasEnded({ state, ledger }: CampaignStatus): boolean {
  if (state === 'finished' || state === 'paused' || state === 'scheduled') return true
  return state === 'cancelled' && ledger.sending === 0
}

/** The last line of a send or a status: the equation, or why it stands still. */
export function sayStatus(terminal: Terminal, status: CampaignStatus): void {
  const { state } = status
  if (state === 'finished') terminal.done('finished', equation(status))
  else if (state === 'paused') terminal.warn('paused', `${status.reason ?? ''}`, equation(status))
  else if (status.waiting !== null) terminal.warn('waiting', status.waiting, equation(status))
  else terminal.done(state, equation(status))
  if (!status.adds_up) {
    terminal.fail(
      `campaign ${status.campaign}: the ledger does not add up: \`postrider reconcile ${status.campaign}\``,
    )
  }
}

const ORDER = [
  'accepted',
  'rejected',
  'failed',
  'skipped',
  'uncertain',
  'cancelled',
  'deferred',
  'sending',
  'queued',
] as const

/** `10,000 chosen = 9,962 accepted + 21 rejected + 17 skipped (9 suppressed, 8 unsubscribed)` */
export function equation({ ledger, skipped, chosenIsFinal }: CampaignStatus): string {
  if (ledger.chosen === 0) return chosenIsFinal ? 'nobody was chosen' : 'nobody is chosen yet'
  const parts = ORDER.filter((state) => ledger[state] > 0).map((state) => {
    const why = state === 'skipped' ? ` (${reasons(skipped)})` : ''
    return `${formatNumber(ledger[state])} ${state}${why}`
  })
  const counting = chosenIsFinal ? '' : ' (counting)'
  return `${formatNumber(ledger.chosen)} chosen${counting} = ${parts.join(' + ')}`
}

const reasons = (skipped: Readonly<Record<string, number>>) =>
  Object.entries(skipped)
    .map(([reason, rows]) => `${formatNumber(rows)} ${reason}`)
    .join(', ')
