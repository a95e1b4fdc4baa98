import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, sqlState } from '../../db/client.ts'
import { endTransportRest } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Signer } from '../mail/dkim.ts'
import type { Sender } from '../mail/smtp.ts'
import type { Secrets } from '../secrets.ts'
import { createAskAgain } from './ask-again.ts'
import { type Claimed, claimWindow, type Health } from './claim.ts'
import { createDispatcher } from './dispatch.ts'
import { type Doorbell, feedbackBell } from './doorbell.ts'
import { createCampaignSources, type Site } from './fill.ts'
import { createHalt } from './halt.ts'
import type { Next, Source } from './held.ts'
import { outboxSource } from './outbox-post.ts'
import { createRecorder } from './record.ts'
import { createWindow } from './window.ts'

export type CourierDeps = Readonly<{
  db: Db
  secrets: Secrets
  log: Log
  workerId: Id
  sender: Sender
  transportId: Id
  transportKind: 'smtp' | 'catcher'
  sign: Signer | null
  site: Site
  /** For feedback that a reply has brought; without it the sweep rings. */
  ring?: (doorbell: Doorbell) => void
}>

/** `none`: nothing is due soon. `at`: nothing before then. `busy`: this process works on it already. */
export type Worked = Next | { next: 'busy' }

export type Courier = Readonly<{
  /** Sends what is due of a campaign, window after window, until nothing is. */
  work(campaignId: Id): Promise<Worked>
  /** The same for single mails. */
  workOutbox(): Promise<Worked>
  /** Begins nothing more, finishes what is on its way (60 s at most), gives back the rest. */
  stop(): Promise<void>
}>

const TICK_MS = 400
/** Rows that wait are asked about so often, so that a pause or an unsubscribe does not find them still held. */
const ASK_EVERY_MS = 1_100
const SOON_MS = 3_000
const STOP_GRACE_MS = 60_000
/** What is not recorded by then is for the sweep. */
const LAST_RECORD_MS = 10_000

/** One process's hands: the window over all its campaigns, its lanes to the server, and the recording. */
export function createCourier(deps: CourierDeps): Courier {
  const parts = assemble(deps)
  const { window, recorder, dispatcher, state } = parts
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
        return source === null ? { next: 'none' } : work(source)
      }),
    workOutbox: () => once(null, () => work(outbox)),
    async stop() {
      state.stopping = true
      parts.giveBack()
      await within(STOP_GRACE_MS, () => dispatcher.idle())
      for (const held of window.held) {
        if (held.phase === 'begun') recorder.add(held, { outcome: 'uncertain', why: 'no reply' })
      }
      // A claim that was on its way brings rows until its work is over, and they go back too.
      await within(LAST_RECORD_MS, async () => {
        while (active.size > 0) await window.change(20)
        await recorder.idle()
      })
      recorder.abandon()
      state.stopped = true
      window.changed()
      while (active.size > 0) await sleep(10)
      clearInterval(state.timer)
    },
  } satisfies Courier)
}

/**
 * A doorbell that hangs far ahead would swallow those that are rung for what becomes due before: then rather none, the
 * sweep rings in time.
 */
function soon(next: Next): Next {
  const isFar = next.next === 'at' && next.at.getTime() - Date.now() > SOON_MS
  return isFar ? { next: 'none' } : next
}

type Parts = ReturnType<typeof assemble>

function assemble(deps: CourierDeps) {
  const { db, log, sender, transportId, transportKind, secrets: teller, ring } = deps
  const state = {
    ...{ stopping: false, stopped: false, refusalsAsked: 0 },
    timer: undefined as NodeJS.Timeout | undefined,
  }
  const window = createWindow(sender.connections)
  const giveBack = (campaignId?: Id) => {
    for (const held of window.waiting()) {
      const isOne = campaignId === undefined || held.claim.source.rows === campaignId
      if (isOne) recorder.add(held, { outcome: 'back' })
    }
  }
  const recorder = createRecorder({
    ...{ db, log, window, transportId, transportKind },
    onFeedback(ids) {
      for (const id of ids) ring?.(feedbackBell(id))
    },
    onPaused: giveBack,
    onAnswered() {
      if (halt.state.restsInRow === 0) return
      halt.state.restsInRow = 0
      recorder.first(() => endTransportRest(db, transportId))
    },
  })
  const halt = createHalt({ db, log, recorder, transportId, teller, giveBack })
  const ask = createAskAgain({ db, window, recorder, transportId })
  const { onFault, onFilled, onUnfillable } = halt
  const isClosed = () => state.stopping || halt.isOn()
  const dispatcher = createDispatcher({
    ...{ log, window, recorder, sender, ask, isClosed, onFault, onFilled, onUnfillable },
  })
  const tick = () => {
    const old = performance.now() - ASK_EVERY_MS
    const stale = window.waiting().filter((held) => held.checkedAt < old)
    const asked = [...new Set(stale.map((held) => held.claim))].map((claim) => ask.readers(claim))
    for (const answer of [ask.leases(), ...asked]) {
      answer.catch((error: unknown) => log.warn({ err: messageOf(error) }, 'cannot ask again'))
    }
    if (window.claims.size > 0) return
    clearInterval(state.timer)
    state.timer = undefined
  }
  return {
    ...{ state, window, recorder, halt, dispatcher, giveBack, isClosed },
    startTicking() {
      state.timer ??= setInterval(tick, TICK_MS)
    },
  }
}

/** Claim → dispatch, the next window before the last is empty, until nothing is due. */
async function claimAndSend(deps: CourierDeps, parts: Parts, source: Source): Promise<Next> {
  const { window, halt, state } = parts
  let failures = 0
  while (!state.stopping) {
    const size = halt.isOn() ? 0 : window.roomFor(source, performance.now())
    if (size === 0) {
      await window.change(100)
      continue
    }
    try {
      const next = await claimOnce(deps, parts, source, size)
      failures = 0
      if (next !== 'go-on') return next
    } catch (error) {
      if (!isAway(error)) throw error
      failures += 1
      deps.log.warn(
        { campaignId: source.rows, err: messageOf(error) },
        'cannot claim; trying again',
      )
      await window.change(Math.min(2_000, 50 * 2 ** failures))
    }
  }
  await drained(parts, source)
  // Another worker's.
  return { next: 'at', at: new Date(Date.now() + 1_000) }
}

async function claimOnce(
  deps: CourierDeps,
  parts: Parts,
  source: Source,
  size: number,
): Promise<Next | 'go-on'> {
  const { db, sender, workerId, transportId } = deps
  const { window, halt, recorder } = parts
  const refusals = halt.state.refusals
  const ask = { source, workerId, transportId, size }
  const on = {
    health({ ratePerSecond, restsInRow }: Health) {
      window.setRate(ratePerSecond)
      halt.state.restsInRow = restsInRow
    },
    inDoubt: (claimId: Id) => recorder.doubt(source.rows, claimId),
  }
  const result = await window.expecting(size, async () => {
    const got = await claimWindow(db, ask, on)
    if (got.got === 'rows') takeRows(parts, sender, got, refusals)
    return got
  })
  switch (result.got) {
    case 'rows':
      return 'go-on'
    case 'closed':
      recorder.finish(result.claim)
      return 'go-on'
    case 'backlog':
      if (result.waitMs > 2_000 && window.heldOf(source) === 0) {
        return { next: 'at', at: new Date(Date.now() + result.waitMs) }
      }
      await window.change(result.waitMs)
      return 'go-on'
    case 'rest':
      await drained(parts, source)
      return { next: 'at', at: result.until }
    case 'nothing':
      return nothingToClaim(parts, source)
  }
}

function takeRows(
  { window, halt, recorder, dispatcher, state, ...parts }: Parts,
  sender: Sender,
  { claim, rows }: Claimed,
  refusalsBefore: number,
): void {
  if (rows.length === 0) {
    recorder.finish(claim)
    return
  }
  window.take(claim, rows)
  parts.startTicking()
  if (halt.state.refusals !== refusalsBefore) {
    // Claimed before the transport rested.
    for (const held of rows) recorder.add(held, { outcome: 'back' })
    return
  }
  if (state.refusalsAsked !== halt.state.refusals) {
    // The rest is over, or this claim would not have been given: the server may be asked anew.
    state.refusalsAsked = halt.state.refusals
    sender.resume()
  }
  dispatcher.add(rows)
}

/** Rows on their way may come back, and others become due, before it is over for now. */
async function nothingToClaim(parts: Parts, source: Source): Promise<Next | 'go-on'> {
  const { window, recorder } = parts
  if (window.heldOf(source) > 0) {
    const until = performance.now() + 250
    while (window.heldOf(source) > 0 && performance.now() < until) await window.change(250)
    return 'go-on'
  }
  await recorder.idle()
  const next = await source.whatNext()
  if (next.next === 'none') return next
  // Due, and not to be had: another worker is just taking it.
  const soon = Date.now() + 100
  return { next: 'at', at: new Date(Math.max(soon, next.at.getTime())) }
}

async function drained({ window, state }: Parts, source: Source): Promise<void> {
  while (window.heldOf(source) > 0 && !state.stopped) await window.change(250)
}

/** Postgres is away, or on its way back: no bug, and over some time. */
function isAway(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return false
  const state = sqlState(error)
  return state === null || /^(08|53|57P|40)/.test(state)
}

async function within(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work(), over])
  clearTimeout(timer)
}
