import type { Db } from '../../db/client.ts'
import { endTransportRest } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Signer } from '../mail/dkim.ts'
import type { Sender } from '../mail/smtp.ts'
import type { Secrets } from '../secrets.ts'
import { createAskAgain } from './ask-again.ts'
import type { Site } from './compose-issue.ts'
import { createDispatcher } from './dispatch.ts'
import { type Doorbell, feedbackBell } from './doorbell.ts'
import { createGate, LOOK_EVERY_MS } from './gate.ts'
import { guardLinks } from './guard-links.ts'
import { createHalt } from './halt.ts'
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

const TICK_MS = LOOK_EVERY_MS
/** Rows that wait are asked about so often, so that an unsubscribe does not find them still held. */
const ASK_EVERY_MS = 1_100

export type Parts = ReturnType<typeof assemble>

/** What a courier is made of, wired together. */
export function assemble(deps: CourierDeps) {
  const { db, log, transportId, transportKind, secrets: teller, ring } = deps
  const sender = guardLinks(deps.sender, { publicUrl: deps.site.publicUrl, transportKind })
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
  const gate = createGate({ db, window, giveBack })
  const { onFault, onFilled, onUnfillable } = halt
  const isClosed = () => state.stopping || halt.isOn()
  const dispatcher = createDispatcher({
    ...{ log, window, recorder, sender, ask, gate, isClosed, onFault, onFilled, onUnfillable },
  })
  const tick = () => {
    const old = performance.now() - ASK_EVERY_MS
    const stale = window.waiting().filter((held) => held.checkedAt < old)
    const asked = [...new Set(stale.map((held) => held.claim))].map((claim) => ask.readers(claim))
    for (const answer of [gate.look(), ask.leases(), ...asked]) {
      answer.catch((error: unknown) => log.warn({ err: messageOf(error) }, 'cannot ask again'))
    }
    if (window.claims.size > 0) return
    clearInterval(state.timer)
    state.timer = undefined
  }
  return {
    ...{ state, window, recorder, halt, gate, dispatcher, giveBack, isClosed },
    startTicking() {
      state.timer ??= setInterval(tick, TICK_MS)
    },
  }
}
