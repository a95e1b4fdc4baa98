import type { Db, Trx } from '../../db/client.ts'
import { deleteLostClaims, underSweepLock } from '../../db/queries/claims.ts'
import { campaignsWithDueRows, uncertainPolicyOf } from '../../db/queries/deliveries.ts'
import { waitingEventIds } from '../../db/queries/feedback-events.ts'
import { handOverAgain } from '../../db/queries/handovers.ts'
import { loseRows } from '../../db/queries/held-rows.ts'
import { outboxIsDue } from '../../db/queries/outbox-delivery.ts'
import { waitingUnsubscribes } from '../../db/queries/subscription-events.ts'
import { postsWait } from '../../db/queries/webhook-posts.ts'
import { aliveWorkersOf } from '../../db/queries/workers.ts'
import type { Id } from '../../db/types.ts'
import { holdStaleCampaigns } from '../campaigns/guard.ts'
import { finishCampaigns, startDueCampaigns } from '../campaigns/lifecycle.ts'
import { campaignsToPrepare } from '../campaigns/prepare.ts'
import { type Teller, tellUncertain } from '../campaigns/tell.ts'
import type { Log } from '../log.ts'
import { type Doorbell, feedbackBell } from './doorbell.ts'
import { settleEndedRejections } from './rejections.ts'

const LOST_AT_ONCE = 500
const EVENTS_AT_ONCE = 500

/**
 * The repair run: settles what dead workers held, starts and finishes campaigns, and finds what should be moving. In one
 * process at a time; to be run at least every 5 s.
 * @returns the doorbells to ring, for what may be moving already too; none where another process is at it
 */
export async function sweep(db: Db, teller: Teller, log: Log): Promise<Doorbell[]> {
  const bells = await underSweepLock(db, async () => {
    await settleLostClaims(db, teller, log)
    const held = await holdStaleCampaigns(db, teller)
    if (held.length > 0) log.warn({ campaigns: held }, 'campaigns are due too long: they ask first')
    await startDueCampaigns(db, teller)
    await finishCampaigns(db, teller)
    await settleEndedRejections(db)
    return [
      ...(await campaignsToPrepare(db)).map(prepareBell),
      ...(await sendBells(db)),
      ...(await outboxBells(db)),
      ...(await intakeBells(db)),
      ...(await waitingEventIds(db, EVENTS_AT_ONCE)).map(feedbackBell),
      ...(await waitingUnsubscribes(db, EVENTS_AT_ONCE)).map(unsubscribeBell),
    ]
  })
  return bells ?? []
}

type Lost = Readonly<{ campaignId: Id | null; uncertain: number; again: number }>

/** Nobody knows whether the rows of a claim whose lease is over were begun. */
async function settleLostClaims(db: Db, teller: Teller, log: Log): Promise<void> {
  for (let lost = LOST_AT_ONCE; lost === LOST_AT_ONCE; ) {
    const settled = await db.transaction().execute(async (trx) => {
      const lines: Lost[] = []
      const claims = await deleteLostClaims(trx, LOST_AT_ONCE)
      for (const campaignId of new Set(claims.map((claim) => claim.campaignId))) {
        const theirs = claims.filter((claim) => claim.campaignId === campaignId)
        const ids = theirs.map((claim) => claim.id)
        const rows =
          campaignId === null
            ? await loseRows(trx, null, ids, false)
            : await loseDeliveries(trx, teller, campaignId, theirs)
        if (rows.uncertain + rows.again > 0) lines.push({ campaignId, ...rows })
      }
      return { claims: claims.length, lines }
    })
    // Once it is so: what does not commit is not said.
    for (const line of settled.lines) log.warn(line, 'rows of a lost worker are settled')
    lost = settled.claims
  }
}

/** Hold and tell, or send again, as the newsletter wants it. */
async function loseDeliveries(
  trx: Trx,
  teller: Teller,
  campaignId: Id,
  claims: readonly { id: Id; transportId: Id | null }[],
): Promise<Omit<Lost, 'campaignId'>> {
  const policy = await uncertainPolicyOf(trx, campaignId)
  const lost = await loseRows(
    trx,
    campaignId,
    claims.map((claim) => claim.id),
    policy === 'resend',
  )
  const known = await handOverLost(trx, campaignId, claims)
  const rows = { uncertain: lost.uncertain - known, again: lost.again + known }
  if (rows.uncertain > 0) await tellUncertain(trx, teller, campaignId, rows.uncertain)
  return rows
}

/** By the relays that know what they have had. @returns how many rows */
async function handOverLost(
  trx: Trx,
  campaignId: Id,
  claims: readonly { id: Id; transportId: Id | null }[],
): Promise<number> {
  let again = 0
  for (const transportId of new Set(claims.map((claim) => claim.transportId))) {
    if (transportId === null) continue
    const theirs = claims.filter((claim) => claim.transportId === transportId)
    const ids = theirs.map((claim) => claim.id)
    again += await handOverAgain(trx, campaignId, transportId, ids)
  }
  return again
}

function prepareBell(campaignId: Id): Doorbell {
  return { queue: 'prepare', payload: { campaignId } }
}

function unsubscribeBell(payload: { newsletterId: Id; subscriberId: Id }): Doorbell {
  return { queue: 'unsubscribe', payload }
}

/** One for each worker that lives and serves its transport: they all work on it. */
async function sendBells(db: Db): Promise<Doorbell[]> {
  const hands = await aliveWorkersOf(db, await campaignsWithDueRows(db))
  return hands.map(({ campaignId, workerId }) => ({
    queue: 'send',
    payload: { campaignId, workerId },
  }))
}

async function outboxBells(db: Db): Promise<Doorbell[]> {
  return (await outboxIsDue(db)) ? [{ queue: 'outbox', payload: {} }] : []
}

async function intakeBells(db: Db): Promise<Doorbell[]> {
  return (await postsWait(db)) ? [{ queue: 'intake', payload: {} }] : []
}
