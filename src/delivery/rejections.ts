import type { Db, Trx } from '../../db/client.ts'
import { insertSessionBounces } from '../../db/queries/feedback-events.ts'
import {
  lockHeldRows,
  type Rows,
  type Settlement,
  settleLateRows,
  settleRows,
} from '../../db/queries/held-rows.ts'
import {
  addToRejectionRow,
  endedAmong,
  lockCampaignsInRow,
  removeFromRejectionRow,
  requeueRejected,
  setRejectionsFull,
  standingRejections,
  transportsWithEndedRejections,
} from '../../db/queries/rejection-row.ts'
import { lockTransport } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { pauseSending } from '../campaigns/lifecycle.ts'
import {
  type CampaignFacts,
  judge,
  REJECTIONS_IN_A_ROW,
  type Rejection,
  type Verdict,
} from './fault.ts'
import { type Entry, replyLine } from './outcome.ts'

/** Outcomes of one source, ready to be written. */
export type Group = Readonly<{
  rows: Rows
  entries: readonly Readonly<{ entry: Entry; settlement: Settlement }>[]
  finishedClaims: readonly Id[]
}>

/**
 * Records outcomes among which are rejections, or an acceptance while rejections stand: under the transport's lock, so
 * that the fleet counts one row of rejections.
 * @returns ids of feedback events to be rung for, and campaigns that are paused now
 */
export async function recordJudged(
  db: Db,
  transportId: Id,
  groups: readonly Group[],
  /** What was recorded already: an acceptance, which breaks a row that stood before it. */
  before: readonly Verdict[] = [],
): Promise<{ events: Id[]; paused: { campaignId: Id; reason: string }[] }> {
  return db.transaction().execute(async (trx) => {
    await lockTransport(trx, transportId)
    const standing = await standingRejections(trx, transportId)
    const facts = await factsOf(trx, standing.row, groups)
    const verdicts = [...before, ...(await verdictsOf(trx, groups))]
    const judgement = judge(standing, verdicts, facts)
    const back = new Set(judgement.back.map(keyOf))
    for (const group of groups) {
      const settlements = group.entries.map(({ settlement, entry }) =>
        back.has(`${group.rows} ${settlement.key}`) ? asBefore(settlement, entry) : settlement,
      )
      await settleGroup(trx, transportId, { ...group, settlements })
    }
    await requeueAll(trx, judgement.back)
    const { proven, unproven, back: relays } = judgement
    await removeFromRejectionRow(trx, [...proven, ...unproven, ...relays])
    await addToRejectionRow(trx, transportId, judgement.row)
    if (judgement.isFull !== standing.isFull) {
      await setRejectionsFull(trx, transportId, judgement.isFull)
    }
    const events = await insertSessionBounces(trx, proven)
    return { events, paused: await pauseAll(trx, judgement.pause, groups) }
  })
}

/** Without a judge. @returns whether rejections stand on the transport */
export async function settleGroup(
  db: Db | Trx,
  transportId: Id,
  group: Pick<Group, 'rows' | 'finishedClaims'> & { settlements: readonly Settlement[] },
): Promise<{ rowStands: boolean }> {
  const { rows, settlements, finishedClaims } = group
  const result = await settleRows(db, rows, settlements, { finishedClaims, transportId })
  if (result.settled < settlements.length) {
    const late = (trx: Trx) => settleLateRows(trx, rows, settlements)
    await (db.isTransaction ? late(db as Trx) : db.transaction().execute(late))
  }
  return result
}

/**
 * The rejections of campaigns that have ended: with fewer than 20 standing, and no more are kept, they were about the
 * readers.
 * @returns ids of feedback events
 */
export async function settleEndedRejections(db: Db): Promise<Id[]> {
  const events: Id[] = []
  for (const transportId of await transportsWithEndedRejections(db)) {
    events.push(...(await db.transaction().execute((trx) => settleEndedOn(trx, transportId))))
  }
  return events
}

async function settleEndedOn(trx: Trx, transportId: Id): Promise<Id[]> {
  await lockTransport(trx, transportId)
  const { row } = await standingRejections(trx, transportId)
  if (row.length === 0) return []
  const ended = await endedAmong(trx, [...new Set(row.map((each) => each.campaignId))])
  const theirs = row.filter((each) => ended.has(each.campaignId))
  await removeFromRejectionRow(trx, theirs)
  return insertSessionBounces(trx, theirs)
}

async function factsOf(
  trx: Trx,
  standing: readonly Rejection[],
  groups: readonly Group[],
): Promise<Map<Id, CampaignFacts>> {
  const ids = new Set(standing.map((each) => each.campaignId))
  for (const { rows } of groups) if (rows !== null) ids.add(rows)
  const campaigns = ids.size === 0 ? [] : await lockCampaignsInRow(trx, [...ids])
  return new Map(
    campaigns.map(({ id, state, rejectionsStand }) => [
      id,
      {
        id,
        open: state === 'sending' || state === 'paused',
        paused: state === 'paused',
        rejectionsStand,
      },
    ]),
  )
}

/** In the order in which they were said, over all groups; without those that were recorded before. */
async function verdictsOf(trx: Trx, groups: readonly Group[]): Promise<Verdict[]> {
  const said: { order: number; verdict: Verdict }[] = []
  for (const { rows, entries } of groups) {
    const ours = await lockHeldRows(
      trx,
      rows,
      entries.map(({ settlement }) => settlement),
    )
    for (const { entry, settlement } of entries) {
      if (!ours.has(settlement.key)) continue
      const verdict = verdictOf(rows, entry, settlement)
      if (verdict !== null) said.push({ order: entry.order, verdict })
    }
  }
  return said.sort((a, b) => a.order - b.order).map(({ verdict }) => verdict)
}

function verdictOf(rows: Rows, { outcome }: Entry, settlement: Settlement): Verdict | null {
  if (outcome.outcome === 'accepted') return { said: 'accepted' }
  if (outcome.outcome !== 'rejected' || outcome.reply.code === null) return null
  // A single mail that is rejected says nothing about the relay.
  if (rows === null || settlement.replyId === null) return null
  return {
    said: 'rejected',
    campaignId: rows,
    subscriberId: settlement.key,
    replyId: settlement.replyId,
  }
}

function asBefore(settlement: Settlement, { held }: Entry): Settlement {
  const state = held.row.deferredSeconds > 0 ? 'deferred' : 'queued'
  return {
    ...settlement,
    state,
    reason: null,
    replyId: null,
    dueInSeconds: 0,
    begunSecondsAgo: null,
  }
}

/** Those that were recorded as rejected before; for the others this finds nothing to do. */
async function requeueAll(trx: Trx, back: readonly Rejection[]): Promise<void> {
  for (const campaignId of new Set(back.map((each) => each.campaignId))) {
    const theirs = back.filter((each) => each.campaignId === campaignId)
    await requeueRejected(
      trx,
      campaignId,
      theirs.map((each) => each.subscriberId),
    )
  }
}

async function pauseAll(
  trx: Trx,
  pause: readonly { campaignId: Id; last: Rejection }[],
  groups: readonly Group[],
): Promise<{ campaignId: Id; reason: string }[]> {
  const paused: { campaignId: Id; reason: string }[] = []
  for (const { campaignId, last } of pause) {
    const reason = `the relay rejected ${REJECTIONS_IN_A_ROW} in a row: ${wordsOf(last, groups)}`
    // Nobody is told by a mail that goes the same way.
    if (await pauseSending(trx, campaignId, reason, { tell: null, rejectionsStand: true })) {
      paused.push({ campaignId, reason })
    }
  }
  return paused
}

/** The row is filled by a rejection of the batch at hand. */
function wordsOf(last: Rejection, groups: readonly Group[]): string {
  const entry = groups
    .flatMap(({ entries }) => entries)
    .find(({ settlement }) => settlement.replyId === last.replyId)?.entry
  return entry?.outcome.outcome === 'rejected' ? replyLine(entry.outcome.reply) : ''
}

function keyOf(rejection: Rejection): string {
  return `${rejection.campaignId} ${rejection.subscriberId}`
}
