import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../../db/client.ts'
import { insertSessionBounces } from '../../db/queries/feedback-events.ts'
import { giveBackClaim, type Rows } from '../../db/queries/held-rows.ts'
import { internReplies } from '../../db/queries/replies.ts'
import type { TransportHealth } from '../../db/queries/transports.ts'
import type { Id, TransportKind } from '../../db/types.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Reply } from '../mail/reply.ts'
import type { Verdict } from './fault.ts'
import type { Claim, Held, Outcome } from './held.ts'
import { type Entry, entryOf, isOwn, settlementOf } from './outcome.ts'
import { type Group, recordJudged, settleGroup } from './rejections.ts'
import { settleHandovers } from './settle-handovers.ts'
import { settlePace } from './settle-pace.ts'
import { createSignals } from './signals.ts'
import { understand } from './understand.ts'
import type { Window } from './window.ts'

export type RecorderDeps = Readonly<{
  db: Db
  log: Log
  window: Window
  transportId: Id
  transportKind: TransportKind
  /** What is deferred is given up after so many seconds of delay. */
  endSeconds: number
  /** What the transport's row said last; null: it was not asked yet. */
  health(): TransportHealth | null
  /** Feedback events that wait now. */
  onFeedback(eventIds: readonly Id[]): void
  /** A server has answered about a message: it works. */
  onAnswered(): void
  /** Its rejections have paused it. */
  onPaused(campaignId: Id): void
  /** A provider asks for less: what waits of it goes back. */
  onSignal(providerId: number): void
  /** A reply says what of ours is to be mended. */
  onOurs(held: Held, mend: string, reply: Reply): void
}>

export type Recorder = Readonly<{
  add(held: Held, outcome: Outcome): void
  /** Done before outcomes that are added later; tried until it succeeds, so it must bear being done twice. */
  first(task: () => Promise<unknown>): void
  /** A claim of which nobody knows whether it was committed; none of it was begun. */
  doubt(rows: Rows, claimId: Id): void
  /** A claim that holds nothing more though no outcome was recorded for it. */
  finish(claim: Claim): void
  /** Resolves when everything that was added has been recorded. */
  idle(): Promise<void>
  /** A provider has asked for less, and it is not recorded yet. */
  isHearing(): boolean
  /** Postgres did not come back in time: what is not recorded is left to the sweep. */
  abandon(): void
}>

const LONGEST_PAUSE_MS = 2_000
/**
 * While so many messages are being made or on their way more outcomes come at once, and a statement costs as much for
 * one as for many: so many are waited for, for so long at most.
 */
const GATHER = { underWay: 8, rows: 32, ms: 20 }
const REMEMBERED_REPLIES = 2_000

/**
 * Records outcomes as they come, those of a moment together, so that a kill -9 leaves as few as possible. While Postgres
 * is away they are kept, and recorded when it is back.
 */
export function createRecorder(deps: RecorderDeps): Recorder {
  const state: State = {
    ...{ entries: [], tasks: [], replyIds: new Map(), abandoned: false },
    ...{ isAwaited: false, onMore: () => {} },
  }
  let order = 0
  let running: Promise<void> | null = null

  const first = (task: () => Promise<unknown>) => {
    state.tasks.push(task)
    wake()
  }
  const doubt = (rows: Rows, claimId: Id) => first(() => giveBackClaim(deps.db, rows, claimId))
  const finish = (claim: Claim) => doubt(claim.source.rows, claim.id)
  const wake = () => {
    state.onMore()
    if (state.abandoned) return
    running ??= recordAll(deps, state, finish).finally(() => {
      running = null
    })
  }
  const { db, log, transportId, transportKind, endSeconds, onSignal } = deps
  const signals = createSignals({ db, log, transportId, first, onSignal })
  return Object.freeze({
    add(held, said) {
      if (held.phase === 'settled') return
      held.phase = 'settled'
      if ('reply' in said && !isOwn(said.reply)) deps.onAnswered()
      const outcome = transportKind === 'catcher' ? said : heard(deps, signals, held, said)
      order += 1
      state.entries.push(entryOf(held, outcome, { order, transportKind, endSeconds }))
      wake()
    },
    first,
    doubt,
    finish,
    isHearing: () => signals.isPending(),
    async idle() {
      state.isAwaited = true
      state.onMore()
      while (running !== null) await running
      state.isAwaited = false
    },
    abandon() {
      const left = state.entries.length + state.tasks.length
      if (left > 0) deps.log.error({ left }, 'not recorded: the sweep will call it uncertain')
      state.abandoned = true
      state.onMore()
    },
  } satisfies Recorder)
}

/** What the reply means, once everybody whom it concerns has been told. */
function heard(
  deps: RecorderDeps,
  signals: ReturnType<typeof createSignals>,
  held: Held,
  said: Outcome,
): Outcome {
  const { providerId, provider } = held.row
  const { outcome, rule, mend } = understand(said, provider)
  if (rule !== null) signals.add(providerId, provider, rule)
  if (mend === null || !('reply' in said)) return outcome
  // A single mail pauses nothing: it fares as its code says.
  if (held.claim.source.rows === null) return said
  deps.onOurs(held, mend, said.reply)
  return outcome
}

type State = {
  entries: Entry[]
  tasks: (() => Promise<unknown>)[]
  replyIds: Map<string, Id>
  abandoned: boolean
  /** Somebody waits until all of it is recorded. */
  isAwaited: boolean
  /** Told of each entry, each task, and when there is no more time. */
  onMore: () => void
}

/** Until enough outcomes are there to be recorded together, or those that would come soon have had their time. */
async function gathered({ window }: RecorderDeps, state: State): Promise<void> {
  const isEnough = () =>
    state.entries.length >= GATHER.rows ||
    state.tasks.length > 0 ||
    state.isAwaited ||
    state.abandoned ||
    window.underWay(performance.now() + GATHER.ms) < GATHER.underWay
  if (isEnough()) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, GATHER.ms)
    state.onMore = () => {
      if (!isEnough()) return
      clearTimeout(timer)
      resolve()
    }
  })
  state.onMore = () => {}
}

/** Until there is nothing left, however long Postgres is away. */
async function recordAll(
  deps: RecorderDeps,
  state: State,
  finish: (claim: Claim) => void,
): Promise<void> {
  for (let failures = 0; state.tasks.length + state.entries.length > 0; ) {
    // Replies that came in the same breath are one statement.
    await new Promise((resolve) => setImmediate(resolve))
    await gathered(deps, state)
    try {
      await recordOnce(deps, state, finish)
      failures = 0
    } catch (error) {
      if (state.abandoned) return
      failures += 1
      const words = { err: messageOf(error), outcomes: state.entries.length }
      deps.log.warn(words, 'outcomes not recorded yet; trying again')
      await sleep(Math.min(LONGEST_PAUSE_MS, 50 * 2 ** failures))
    }
  }
}

async function recordOnce(
  deps: RecorderDeps,
  state: State,
  finish: (claim: Claim) => void,
): Promise<void> {
  for (const task of [...state.tasks]) {
    await task()
    state.tasks.shift()
  }
  const batch = [...state.entries]
  if (batch.length === 0) return
  await rememberReplies(deps.db, state.replyIds, batch)
  const groups = groupsOf(batch, state.replyIds)
  await recordGroups(deps, groups)
  await recordGivenUp(deps, groups)
  await settleHandovers(deps, groups)
  state.entries.splice(0, batch.length)
  await settlePace(deps, batch).catch((error: unknown) => {
    deps.log.warn({ err: messageOf(error) }, 'limits not settled: they are a little stricter')
  })
  const finished = new Set(groups.flatMap((group) => group.finishedClaims))
  for (const { held } of batch) {
    // Rows that were settled meanwhile may have left this as the claim's last.
    if (deps.window.drop(held) && !finished.has(held.claim.id)) finish(held.claim)
  }
}

async function rememberReplies(
  db: Db,
  known: Map<string, Id>,
  batch: readonly Entry[],
): Promise<void> {
  const replies = batch.flatMap(({ reply }) => (reply === null ? [] : [reply]))
  if (known.size > REMEMBERED_REPLIES) known.clear()
  const unknown = replies.filter((reply) => !known.has(reply.hash.toString('hex')))
  for (const [hash, id] of await internReplies(db, unknown)) known.set(hash, id)
}

async function recordGroups(deps: RecorderDeps, groups: readonly Group[]): Promise<void> {
  const { db, transportId, log } = deps
  const outcomes = new Set(
    groups.flatMap(({ entries }) => entries.map(({ entry }) => entry.outcome.outcome)),
  )
  const judge = async (unrecorded: readonly Group[], before: readonly Verdict[]) => {
    const { events, paused } = await recordJudged(db, transportId, unrecorded, before)
    for (const { campaignId, reason } of paused) {
      log.error({ campaignId, reason }, 'campaign paused')
      deps.onPaused(campaignId)
    }
    if (events.length > 0) deps.onFeedback(events)
  }
  if (outcomes.has('rejected')) return judge(groups, [])
  let rowStands = false
  for (const group of groups) {
    const settlements = group.entries.map(({ settlement }) => settlement)
    const result = await settleGroup(db, transportId, { ...group, settlements })
    rowStands ||= result.rowStands
  }
  if (rowStands && outcomes.has('accepted')) await judge([], [{ said: 'accepted' }])
}

/** 48 hours of "later" are one soft bounce, as a relay's report of the same would be. Should this be lost, one fewer counts. */
async function recordGivenUp({ db, onFeedback }: RecorderDeps, groups: readonly Group[]) {
  const given = groups.flatMap(({ rows, entries }) =>
    entries.flatMap(({ settlement: { state, reason, key, replyId } }) =>
      rows !== null && state === 'failed' && reason === 'too-old' && replyId !== null
        ? [{ campaignId: rows, subscriberId: key, replyId }]
        : [],
    ),
  )
  if (given.length === 0) return
  onFeedback(await db.transaction().execute((trx) => insertSessionBounces(trx, given)))
}

function groupsOf(batch: readonly Entry[], replyIds: ReadonlyMap<string, Id>): Group[] {
  const bySource = new Map<Rows, Entry[]>()
  const perClaim = new Map<Claim, number>()
  for (const entry of batch) {
    const { claim } = entry.held
    bySource.set(claim.source.rows, [...(bySource.get(claim.source.rows) ?? []), entry])
    perClaim.set(claim, (perClaim.get(claim) ?? 0) + 1)
  }
  return [...bySource].map(([rows, entries]) => ({
    rows,
    entries: entries.map((entry) => {
      const hash = entry.reply?.hash.toString('hex')
      const replyId = hash === undefined ? null : (replyIds.get(hash) ?? null)
      return { entry, settlement: settlementOf(entry, replyId) }
    }),
    finishedClaims: [...perClaim]
      .filter(([claim, count]) => claim.source.rows === rows && claim.open === count)
      .map(([claim]) => claim.id),
  }))
}
