import type { Db } from '../../db/client.ts'
import { endTransportRest, type TransportHealth } from '../../db/queries/transports.ts'
import type { Id, TransportKind } from '../../db/types.ts'
import { type Log, logNowAndThen } from '../log.ts'
import type { Signer } from '../mail/dkim.ts'
import type { Sender } from '../mail/smtp.ts'
import type { Secrets } from '../secrets.ts'
import { type AskAgain, createAskAgain } from './ask-again.ts'
import type { Site } from './compose-issue.ts'
import { createDispatcher } from './dispatch.ts'
import { type Doorbell, feedbackBell } from './doorbell.ts'
import { createGate, type Gate, LOOK_EVERY_MS } from './gate.ts'
import { guardLinks } from './guard-links.ts'
import { createHalt, type Halt } from './halt.ts'
import type { Held } from './held.ts'
import { createPostgresClock } from './postgres-clock.ts'
import { createRecorder, type Recorder, type RecorderDeps } from './record.ts'
import { END_SECONDS } from './retry.ts'
import { type Budget, createWindow, type Window } from './window.ts'

export type CourierDeps = Readonly<{
  db: Db
  secrets: Secrets
  log: Log
  workerId: Id
  sender: Sender
  transportId: Id
  transportKind: TransportKind
  /** A stop waits for a silent server so long; default 60 s. */
  stopGraceMs?: number
  /** What is deferred is given up after so many seconds of delay; default 48 h. */
  endSeconds?: number
  sign: Signer | null
  site: Site
  /** Shared with the process's other transports. */
  budget?: Budget
  /** For feedback that a reply has brought; without it the sweep rings. */
  ring?: (doorbell: Doorbell) => void
}>

const TICK_MS = LOOK_EVERY_MS
/** Rows that wait are asked about so often, so that an unsubscribe does not find them still held. */
const ASK_EVERY_MS = 1_100

export type Parts = ReturnType<typeof assemble>

/** What a courier is made of, wired together. */
export function assemble(deps: CourierDeps) {
  const { db, log, transportId, transportKind, secrets: teller } = deps
  const sender = guardLinks(deps.sender, {
    publicUrl: deps.site.publicUrl,
    transportKind: transportKind === 'catcher' ? 'catcher' : 'smtp',
  })
  const state = newState()
  const window = createWindow(sender.connections, deps.budget)
  const giveBackThose = (isOne: (held: Held) => boolean) => {
    for (const held of window.waiting()) if (isOne(held)) recorder.add(held, { outcome: 'back' })
  }
  const giveBack = (campaignId?: Id) =>
    giveBackThose(({ claim }) => campaignId === undefined || claim.source.rows === campaignId)
  const recorder: Recorder = createRecorder({
    ...{ db, log, window, transportId, transportKind },
    endSeconds: deps.endSeconds ?? END_SECONDS,
    ...listeners(deps, state, giveBackThose, () => ({ halt, recorder })),
    onOurs: (held, mend, reply) => halt.onOurs(held, mend, reply),
  })
  const halt: Halt = createHalt({ db, log, recorder, transportId, teller, giveBack })
  const clock = createPostgresClock()
  const ask = createAskAgain({ db, window, recorder, transportId, clock })
  const gate = createGate({ db, window, giveBack })
  const { onFilled, onUnfillable } = halt
  // Connections that we end ourselves say nothing about the server.
  const onFault: Halt['onFault'] = (...fault) => {
    if (!state.closing) halt.onFault(...fault)
  }
  const isClosed = () => state.stopping || halt.isOn()
  const dispatcher = createDispatcher({
    ...{ log, window, recorder, sender, ask, gate, isClosed, onFault, onFilled, onUnfillable },
  })
  return {
    ...{ state, window, recorder, halt, gate, dispatcher, giveBack, isClosed, clock },
    startTicking: ticker({ log, state, window, ask, gate }),
  }
}

type Ticking = Readonly<{
  log: Log
  state: { timer: NodeJS.Timeout | undefined }
  window: Window
  ask: AskAgain
  gate: Gate
}>

/** Asks again what rows that wait must have asked, as long as there are claims. @returns starts it */
function ticker({ log, state, window, ask, gate }: Ticking): () => void {
  const cannotAsk = logNowAndThen(log, {}, 'cannot ask again')
  const tick = () => {
    const old = performance.now() - ASK_EVERY_MS
    const stale = window.waiting().filter((held) => held.checkedAt < old)
    const asked = [...new Set(stale.map((held) => held.claim))].map((claim) => ask.readers(claim))
    for (const answer of [gate.look(), ask.leases(), ...asked]) answer.catch(cannotAsk)
    if (window.claims.size > 0) return
    clearInterval(state.timer)
    state.timer = undefined
  }
  return () => {
    state.timer ??= setInterval(tick, TICK_MS)
  }
}

type State = ReturnType<typeof newState>

function newState() {
  return {
    ...{ stopping: false, closing: false, stopped: false, refusalsAsked: 0 },
    timer: undefined as NodeJS.Timeout | undefined,
    health: null as TransportHealth | null,
  }
}

type Listened = Pick<RecorderDeps, 'health' | 'onFeedback' | 'onPaused' | 'onSignal' | 'onAnswered'>

/** What the recorder hears on the way, and who does something about it. */
function listeners(
  { ring, db, transportId }: CourierDeps,
  state: State,
  giveBack: (isOne: (held: Held) => boolean) => void,
  others: () => Readonly<{ halt: Halt; recorder: Recorder }>,
): Listened {
  return {
    health: () => state.health,
    onFeedback(ids) {
      for (const id of ids) ring?.(feedbackBell(id))
    },
    onPaused: (campaignId) => giveBack((held) => held.claim.source.rows === campaignId),
    onSignal: (providerId) => giveBack((held) => held.row.providerId === providerId),
    onAnswered() {
      const { halt, recorder } = others()
      if (halt.state.restsInRow === 0) return
      halt.state.restsInRow = 0
      recorder.first(() => endTransportRest(db, transportId))
    },
  }
}
