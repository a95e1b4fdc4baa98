import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { type Log, maskAddresses } from '../log.ts'
import type { Reply } from '../mail/reply.ts'
import type { Sender, SendResult } from '../mail/smtp.ts'
import { type AskAgain, isLate } from './ask-again.ts'
import type { Gate } from './gate.ts'
import type { Composed, Held } from './held.ts'
import { isOwn } from './outcome.ts'
import { CHECK_IS_FRESH_MS, CHECK_LASTS_MS, lateAfterMs } from './pace.ts'
import type { Recorder } from './record.ts'
import type { Window } from './window.ts'

export type DispatchDeps = Readonly<{
  log: Log
  window: Window
  recorder: Recorder
  sender: Sender
  ask: AskAgain
  gate: Gate
  /** Nothing begins now: what waits goes back. */
  isClosed(): boolean
  onFault(held: Held, fault: 'refused' | 'unavailable', reply: Reply): void
  onFilled(held: Held): void
  onUnfillable(held: Held, why: string): void
}>

export type Dispatcher = Readonly<{
  add(rows: readonly Held[]): void
  isBusy(): boolean
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>
}>

/** How soon a row that waits for its slot sees that the window is closed. */
const NAP_MS = 100

/** Sends rows on as many lanes as the sender has: one message on each connection, and one to follow it. */
export function createDispatcher(deps: DispatchDeps): Dispatcher {
  const { sender } = deps
  const queue: Held[] = []
  const idlers: (() => void)[] = []
  let lanes = 0

  const put = (held: Held) => {
    const at = queue.findIndex((other) => isBefore(held, other))
    queue.splice(at < 0 ? queue.length : at, 0, held)
  }
  const lane = async () => {
    for (let held = queue.shift(); held !== undefined; held = queue.shift()) {
      if ((await deliver(deps, held, () => queue[0])) === 'put-back') put(held)
    }
  }
  const pump = () => {
    while (lanes < sender.lanes && queue.length > 0) {
      lanes += 1
      void lane().finally(() => {
        lanes -= 1
        pump()
        if (lanes === 0) for (const done of idlers.splice(0)) done()
      })
    }
  }
  return Object.freeze({
    add(rows) {
      for (const held of rows) put(held)
      pump()
    },
    isBusy: () => lanes > 0,
    idle: () =>
      lanes === 0 ? Promise.resolve() : new Promise<void>((resolve) => idlers.push(resolve)),
  } satisfies Dispatcher)
}

/** By slots; without them single mails first, somebody waits for those. */
function isBefore(held: Held, other: Held): boolean {
  if (held.slotAt !== null && other.slotAt !== null) return held.slotAt < other.slotAt
  return held.claim.source.rows === null && other.claim.source.rows !== null
}

/** Fill, wait until it may begin, send, settle. `put-back`: another row comes first by now. */
async function deliver(
  deps: DispatchDeps,
  held: Held,
  next: () => Held | undefined,
): Promise<'done' | 'put-back'> {
  if (held.phase !== 'waits') return 'done'
  if (deps.isClosed()) {
    deps.recorder.add(held, { outcome: 'back' })
    return 'done'
  }
  const composed = await compose(deps, held)
  if (composed === null) return 'done'
  for (;;) {
    const ready = await makeReady(deps, held, next)
    if (ready !== 'begin') return ready
    const result = await begin(deps, held, composed)
    if (result.outcome === 'not-begun' && result.fault === 'late') {
      // Nobody's fault, and nothing was sent: it waits on.
      held.phase = 'waits'
      held.begunAt = null
      continue
    }
    settle(deps, held, result)
    return 'done'
  }
}

async function compose(deps: DispatchDeps, held: Held): Promise<Composed | null> {
  try {
    held.composed ??= await held.row.compose()
    deps.onFilled(held)
    return held.composed
  } catch (error) {
    const why = maskAddresses(messageOf(error))
    deps.recorder.add(held, { outcome: 'failed', why })
    deps.onUnfillable(held, why)
    return null
  }
}

async function makeReady(
  { ask, gate, window, recorder, isClosed, log }: DispatchDeps,
  held: Held,
  next: () => Held | undefined,
): Promise<'begin' | 'done' | 'put-back'> {
  for (;;) {
    const now = performance.now()
    if (held.phase !== 'waits') return 'done'
    if (isClosed() || held.claim.over || now > held.claim.deadline || missedProvider(held, now)) {
      recorder.add(held, { outcome: 'back' })
      return 'done'
    }
    if (comesAfter(held, next())) return 'put-back'
    const question = questionOf(held, now, window.intervalMs(), { ask, gate })
    if (question !== null) {
      await question.catch(async (error: unknown) => {
        log.warn({ err: messageOf(error) }, 'cannot ask: nothing begins')
        await sleep(NAP_MS)
      })
    } else if (held.slotAt !== null && now < held.slotAt - 0.5) {
      await sleep(Math.min(NAP_MS, held.slotAt - now))
    } else {
      return 'begin'
    }
  }
}

/** Several that are late together would be more than their provider takes. */
function missedProvider({ slotAt, providerIntervalMs }: Held, now: number): boolean {
  if (slotAt === null || providerIntervalMs === null) return false
  return now > slotAt + lateAfterMs(providerIntervalMs)
}

function comesAfter(held: Held, other: Held | undefined): boolean {
  return other !== undefined && held.slotAt !== null && (other.slotAt ?? 0) < held.slotAt
}

/** What must be answered before it may begin; null: nothing. */
function questionOf(
  held: Held,
  now: number,
  intervalMs: number | null,
  { ask, gate }: Pick<DispatchDeps, 'ask' | 'gate'>,
): Promise<void> | null {
  if (held.asking !== null) return held.asking
  if (isLate(held, intervalMs)) return ask.slots()
  // Not long before its slot: the answer should be fresh then.
  const beginsAt = Math.max(now, held.slotAt ?? now)
  if (beginsAt - now < NAP_MS && beginsAt - held.checkedAt > CHECK_IS_FRESH_MS) {
    return ask.readers(held.claim)
  }
  if (now >= (held.slotAt ?? now) && now > gate.openUntil(held.claim.source.rows))
    return gate.look()
  return null
}

async function begin(
  { sender, window, gate, isClosed }: DispatchDeps,
  held: Held,
  { envelope, bytes, isWireReady = false }: Composed,
): Promise<SendResult> {
  const now = performance.now()
  held.phase = 'begun'
  held.begunAt = now
  window.noteBegun(now)
  const { slotAt, checkedAt, claim } = held
  const intervalMs = window.intervalMs()
  try {
    const startBy =
      slotAt === null || intervalMs === null
        ? Number.POSITIVE_INFINITY
        : slotAt + lateAfterMs(intervalMs)
    const beginBy = Math.min(
      checkedAt + CHECK_LASTS_MS,
      claim.deadline,
      gate.openUntil(claim.source.rows),
    )
    // It may wait for its connection; by then this may be closed, or the claim over.
    const mayBegin = () => !isClosed() && !claim.over
    // The server may take its time to ask for it, or this process be stopped meanwhile.
    const mayGoOn = () => !claim.over && performance.now() <= claim.deadline
    const when = { startBy, beginBy, mayBegin, mayGoOn }
    return await sender.send(envelope, bytes, { ...when, isWireReady })
  } catch (error) {
    // A bug, and nobody knows how far it got.
    return { outcome: 'uncertain', why: messageOf(error) }
  }
}

function settle({ recorder, onFault }: DispatchDeps, held: Held, result: SendResult): void {
  switch (result.outcome) {
    case 'accepted':
    case 'deferred':
    case 'rejected':
    case 'uncertain':
      recorder.add(held, result)
      return
    case 'not-begun':
      // Our own guard of links, about this one mail: other single mails may go, and this one when somebody has mended it.
      if (held.claim.source.rows === null && result.fault === 'refused' && isOwn(result.reply)) {
        recorder.add(held, { outcome: 'deferred', reply: result.reply })
        return
      }
      recorder.add(held, { outcome: 'back' })
      if (result.fault !== 'late') onFault(held, result.fault, result.reply)
  }
}
