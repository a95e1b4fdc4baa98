import { setTimeout as sleep } from 'node:timers/promises'
import type { Id } from '../../db/types.ts'
import { campaignState } from '../campaigns/lifecycle.ts'
import { createCampaignSources } from './fill.ts'
import type { Next, Source } from './held.ts'
import { outboxSource } from './outbox-post.ts'
import { assemble, type CourierDeps, type Parts } from './parts.ts'
import { claimAndSend } from './work.ts'

export type { CourierDeps } from './parts.ts'

/** `none`: nothing is due soon. `at`: nothing before then. `busy`: this process works on it already. */
export type Worked = Next | { next: 'busy' }

export type Courier = Readonly<{
  /** Sends what is due of a campaign, window after window, until nothing is. */
  work(campaignId: Id): Promise<Worked>
  /** The same for single mails. */
  workOutbox(): Promise<Worked>
  /**
   * Begins nothing more, finishes what is on its way and records it, gives back the rest. Where a server is silent for
   * the whole grace its connections are closed: what it was not asked for was not begun, and goes back too.
   */
  stop(): Promise<void>
}>

const SOON_MS = 3_000
const STOP_GRACE_MS = 60_000
/** How long closing may take. */
const CLOSE_MS = 2_000
/** At least so long for what a server said at the very end of the grace; then it is for the sweep. */
const LAST_RECORD_MS = 10_000

/** One process's hands: the window over all its campaigns, its lanes to the server, and the recording. */
export function createCourier(deps: CourierDeps): Courier {
  const parts = assemble(deps)
  const { window } = parts
  const active = new Set<Id | null>()
  const sourceOf = createCampaignSources(deps)
  const outbox = outboxSource(deps)

  const work = async (source: Source): Promise<Worked> => {
    window.claimants.add(source)
    try {
      return soon(await claimAndSend(deps, parts, source))
    } finally {
      window.claimants.delete(source)
    }
  }
  const once = async (rows: Id | null, run: () => Promise<Worked>): Promise<Worked> => {
    if (active.has(rows)) return { next: 'busy' }
    active.add(rows)
    try {
      return await run()
    } finally {
      active.delete(rows)
    }
  }
  return Object.freeze({
    work: (campaignId) =>
      once(campaignId, async () => {
        const source = await sourceOf(campaignId)
        if (source !== null) return work(source)
        // It goes by ways that others serve: the doorbell is theirs.
        const state = await campaignState(deps.db, campaignId)
        return { next: state === 'sending' ? 'busy' : 'none' }
      }),
    workOutbox: () => once(null, () => work(outbox)),
    stop: () => stop(deps, parts, active),
  } satisfies Courier)
}

async function stop(
  { sender, stopGraceMs = STOP_GRACE_MS }: CourierDeps,
  { state, window, recorder, dispatcher, giveBack }: Parts,
  active: ReadonlySet<Id | null>,
): Promise<void> {
  const graceEnds = performance.now() + stopGraceMs
  state.stopping = true
  giveBack()
  await within(stopGraceMs, () => dispatcher.idle())
  if (dispatcher.isBusy()) {
    state.closing = true
    await within(CLOSE_MS, async () => {
      await sender.close({ graceMs: 0 })
      await dispatcher.idle()
    })
  }
  for (const held of window.held) {
    if (held.phase === 'begun') recorder.add(held, { outcome: 'uncertain', why: 'no reply' })
  }
  // A claim that was on its way brings rows until its work is over, and they go back too.
  // Postgres may be away just now: then as long as the grace lasts.
  await within(Math.max(LAST_RECORD_MS, graceEnds - performance.now()), async () => {
    while (active.size > 0) await window.change(20)
    await recorder.idle()
  })
  recorder.abandon()
  state.stopped = true
  window.changed()
  while (active.size > 0) await sleep(10)
  clearInterval(state.timer)
}

/**
 * A doorbell that hangs far ahead would swallow those that are rung for what becomes due before: then rather none, the
 * sweep rings in time.
 */
function soon(next: Next): Next {
  const isFar = next.next === 'at' && next.at.getTime() - Date.now() > SOON_MS
  return isFar ? { next: 'none' } : next
}

async function within(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work(), over])
  clearTimeout(timer)
}
