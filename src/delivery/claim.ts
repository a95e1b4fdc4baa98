import type { Db, Trx } from '../../db/client.ts'
import { LEASE_SECONDS } from '../../db/queries/claims.ts'
import { takeSlots, transportHealth } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import type { Claim, Held, Source } from './held.ts'
import { pacedSize } from './pace.ts'

export type ClaimAsk = Readonly<{
  source: Source
  workerId: Id
  transportId: Id
  /** At least 1. */
  size: number
}>

export type Claimed = Readonly<{ claim: Claim; rows: readonly Held[] }>

export type ClaimResult =
  | ({ got: 'rows' } & Claimed)
  | { got: 'nothing' }
  /** All slots of the next two seconds are given away. */
  | { got: 'backlog'; waitMs: number }
  | { got: 'rest'; until: Date }
  /** None of it may begin: it is to be given back. */
  | { got: 'closed'; claim: Claim }

export type Health = Readonly<{ ratePerSecond: number | null; restsInRow: number }>

/**
 * Takes a window's rows, in one transaction: take them, look at their readers in a newer snapshot, reserve their time
 * slots. If any statement fails nothing of it begins.
 * @param inDoubt told of a claim of which nobody knows whether it was committed
 */
export async function claimWindow(
  db: Db,
  ask: ClaimAsk,
  on: Readonly<{ health(health: Health): void; inDoubt(claimId: Id): void }>,
): Promise<ClaimResult> {
  // Before the claim is sent: Postgres counts the lease from a later moment.
  const deadline = performance.now() + LEASE_SECONDS * 1000
  const made: { claimId: Id | null } = { claimId: null }
  try {
    return await db.transaction().execute(async (trx) => {
      const size = await askForRoom(trx, ask, on)
      if (typeof size !== 'number') return size
      made.claimId = await ask.source.claim(trx, { ...ask, size })
      if (made.claimId === null) return { got: 'nothing' }
      const claim: Claim = {
        ...{ id: made.claimId, source: ask.source, deadline },
        over: false,
        open: 0,
      }
      return await lookAndReserve(trx, ask, claim)
    })
  } catch (error) {
    if (made.claimId !== null) on.inDoubt(made.claimId)
    throw error
  }
}

/** How many rows the transport has room for now, or why none. */
async function askForRoom(
  trx: Trx,
  { transportId, size }: ClaimAsk,
  on: Readonly<{ health(health: Health): void }>,
): Promise<number | ClaimResult> {
  let health = await transportHealth(trx, transportId)
  on.health(health)
  if (health.restsUntil !== null) return { got: 'rest', until: health.restsUntil }
  const { ratePerSecond } = health
  if (ratePerSecond === null) return size
  // Locked before the rows are, so that their slots are those that were counted on.
  health = await transportHealth(trx, transportId, { lock: true })
  const paced = pacedSize(size, { ratePerSecond, backlogSeconds: health.backlogSeconds })
  return paced.size === 0 ? { got: 'backlog', waitMs: paced.waitMs } : paced.size
}

async function lookAndReserve(
  trx: Trx,
  { source, transportId }: ClaimAsk,
  claim: Claim,
): Promise<ClaimResult> {
  const checkedAt = performance.now()
  const { open, rows } = await source.look(trx, claim.id, null)
  if (!open) return { got: 'closed', claim }
  const slots = rows.length === 0 ? null : await takeSlots(trx, transportId, rows.length)
  const slotsFrom = performance.now()
  claim.open = rows.length
  const held = rows.map(
    (row, index): Held => ({
      ...{ claim, row, checkedAt, phase: 'waits', begunAt: null, composed: null, asking: null },
      slotAt: slots === null ? null : slotsFrom + slots.firstInMs + index * slots.intervalMs,
    }),
  )
  return { got: 'rows', claim, rows: held }
}
