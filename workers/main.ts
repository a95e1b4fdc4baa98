import { hostname } from 'node:os'
import type { Db } from '../db/client.ts'
import {
  beatWorker,
  deleteWorker,
  insertWorker,
  markWorkerStopping,
} from '../db/queries/workers.ts'
import type { Id } from '../db/types.ts'
import { finishCampaigns } from '../src/campaigns/lifecycle.ts'
import type { PolicyConfig } from '../src/config-policy.ts'
import { clearOld } from '../src/delivery/clear-old.ts'
import { type CourierDeps, createCourier } from '../src/delivery/courier.ts'
import type { Doorbell } from '../src/delivery/doorbell.ts'
import { sweep } from '../src/delivery/sweep.ts'
import { newBudget } from '../src/delivery/window.ts'
import { messageOf } from '../src/errors.ts'
import { createAuthenticate } from '../src/feedback/authenticate.ts'
import { holdToStop } from '../src/feedback/guards.ts'
import { sweepFeedback } from '../src/feedback/sweep.ts'
import { type Log, logNowAndThen } from '../src/log.ts'
import { type Handler, type QueueName, type Queues, queueNames } from '../src/queues.ts'
import { createMxResolver, lookUpProviders, type ResolveMx } from '../src/transports/look-up.ts'
import { every } from './every.ts'
import { feedbackHandler } from './feedback.ts'
import { intakeHandler } from './intake.ts'
import { outboxHandler } from './outbox.ts'
import { prepareHandler } from './prepare.ts'
import { type Hand, sendHandler } from './send.ts'
import { unsubscribeHandler } from './unsubscribe.ts'

export type WorkersDeps = Omit<CourierDeps, 'workerId' | 'ring'> &
  Readonly<{
    queues: Queues
    policy: PolicyConfig
    /** Transports that it serves beside the first. */
    otherWays?: readonly Way[]
    /** Single mails are kept for so long after their outcome; default 30. */
    outboxDays?: number
    /** Who runs readers' mailboxes; default: DNS, and nobody where nobody is mailed. */
    resolveMx?: ResolveMx
  }>
/** `workerId`: of its first transport. */
export type Workers = Readonly<{ workerId: Id; close(): Promise<void> }>
type Way = Pick<CourierDeps, 'sender' | 'transportId' | 'transportKind'>

const HEARTBEAT_MS = 5_000
/** Between the end of one and the start of the next; promised is one every 5 s. */
const SWEEP_MS = 3_000
const FEEDBACK_SWEEP_MS = 30_000
/** 50 domains a time: an hour for 90,000. */
const LOOK_UP_MS = 2_000
const CLEAR_MS = 3_600_000
const OUTBOX_DAYS = 30

/** Jobs at once in this process. `send`: campaigns; the window over them is one, whatever stands here. */
const CONCURRENCY = {
  prepare: 2,
  send: 16,
  outbox: 1,
  intake: 1,
  // One takes all that waits, a hundred at a time.
  feedback: 1,
  unsubscribe: 2,
} as const

/** A worker process: a row that shows that it lives, a handler for every queue, and the sweep. */
export async function startWorkers(deps: WorkersDeps): Promise<Workers> {
  const { db, log, queues } = deps
  const hands = await takeHands(deps)
  const [first] = hands
  if (first === undefined) throw new Error('a worker without a transport')
  const handlers: { [N in QueueName]: Handler<N> } = {
    prepare: prepareHandler(deps),
    send: sendHandler({ hands, atEnd: () => finishEnded(deps) }),
    outbox: outboxHandler({ hands }),
    feedback: feedbackHandler({ authenticate: createAuthenticate(), ...deps }),
    intake: intakeHandler(deps),
    unsubscribe: unsubscribeHandler(deps),
  }
  const working = queueNames.map(<N extends QueueName>(name: N) =>
    queues.work(name, handlers[name] as Handler<N>, CONCURRENCY[name]),
  )
  const each = (work: (hand: Hand) => Promise<unknown>) => Promise.all(hands.map(work))
  const stopBeating = every(HEARTBEAT_MS, async () => {
    await each(({ workerId }) => beat(db, workerId, log))
  })
  const stopSweeping = every(SWEEP_MS, () => sweepOnce(deps))
  const stopGuarding = every(FEEDBACK_SWEEP_MS, () => guardOnce(deps))
  const stopLookingUp = lookUpNowAndThen(deps)
  const stopClearing = every(CLEAR_MS, () => clearOnce(deps))
  return Object.freeze({
    workerId: first.workerId,
    async close() {
      // Stop taking work …
      // DNS may be slow; what is held is not.
      const lookedUp = stopLookingUp()
      await Promise.all([stopSweeping(), stopGuarding(), stopClearing()])
      const unmarked = logAs(log, 'worker not marked as stopping')
      await each(({ workerId }) => markWorkerStopping(db, workerId).catch(unmarked))
      const answered = working.map((worker) => worker.close())
      // … finish what is held …
      await each(({ courier }) => courier.stop())
      await Promise.allSettled(answered)
      // … and go.
      await lookedUp
      await stopBeating()
      const left = logAs(log, 'worker row left behind')
      await each(({ workerId }) => deleteWorker(db, workerId).catch(left))
    },
  })
}

async function finishEnded({ db, secrets, queues, log }: WorkersDeps): Promise<void> {
  try {
    if ((await finishCampaigns(db, secrets)).length > 0) await queues.ring('outbox', {})
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'not finished yet; the sweep does it')
  }
}

function lookUpNowAndThen({ db, log, transportKind, resolveMx }: WorkersDeps) {
  if (resolveMx === undefined && transportKind === 'catcher') return async () => {}
  const resolve = resolveMx ?? createMxResolver()
  const failed = logNowAndThen(log, {}, 'providers not looked up; they are asked again')
  return every(LOOK_UP_MS, async () => {
    // One batch at a time: a process that stops does not wait for the DNS of a million readers.
    await lookUpProviders(db, resolve).catch(failed)
  })
}

async function clearOnce(deps: WorkersDeps): Promise<void> {
  const { db, log, policy, outboxDays = OUTBOX_DAYS } = deps
  try {
    await clearOld(db, { outboxDays, evidenceDays: policy.evidenceDays }, new Date())
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'old rows not cleared; they come again')
  }
}

/** One for each transport, with one window over all of them. */
async function takeHands(deps: WorkersDeps): Promise<Hand[]> {
  const { db, queues, otherWays = [], sender, transportId, transportKind } = deps
  const ring = (bell: Doorbell) => void ringFor(queues, bell)
  const budget = newBudget()
  const hands: Hand[] = []
  for (const way of [{ sender, transportId, transportKind }, ...otherWays]) {
    const here = { host: hostname(), pid: process.pid }
    const workerId = await insertWorker(db, { ...here, transportId: way.transportId })
    hands.push({ workerId, courier: createCourier({ ...deps, ...way, budget, workerId, ring }) })
  }
  return hands
}

async function beat(db: Db, workerId: Id, log: Log): Promise<void> {
  try {
    if (!(await beatWorker(db, workerId))) log.error({ workerId }, 'the row of this worker is gone')
  } catch (error) {
    log.warn({ workerId, err: messageOf(error) }, 'no heartbeat')
  }
}

/** Repairs, and rings for what should be moving and is not. */
async function sweepOnce(deps: WorkersDeps): Promise<void> {
  const { db, log, queues, secrets } = deps
  try {
    const bells = await sweep(db, secrets, log)
    // Before anything is rung for what has just begun.
    await holdToStop(deps)
    for (const bell of bells) await ringFor(queues, bell)
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'sweep failed; it comes again')
  }
}

/** What time brings about of what came back. */
async function guardOnce(deps: WorkersDeps): Promise<void> {
  try {
    await sweepFeedback(deps, new Date())
  } catch (error) {
    deps.log.warn({ err: messageOf(error) }, 'feedback not swept; it comes again')
  }
}

function ringFor(queues: Queues, { queue, payload }: Doorbell): Promise<void> {
  return queues.ring(queue, payload as never)
}

function logAs(log: Log, words: string) {
  return (error: unknown) => log.warn({ err: messageOf(error) }, words)
}
