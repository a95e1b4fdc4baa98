import type { Db, Trx } from '../../db/client.ts'
import { LEASE_SECONDS } from '../../db/queries/claims.ts'
import type { TransportHealth } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { askForRoom, type Room, takeRoom } from './ask-room.ts'
import type { Claim, Held, Source } from './held.ts'
import type { PostgresClock } from './postgres-clock.ts'

export type ClaimAsk = Readonly<{
  source: Source
  workerId: Id
  transportId: Id
  /** At least 1. */
  size: number
  clock: PostgresClock
}>

export type Claimed = Readonly<{ claim: Claim; rows: readonly Held[] }>

export type ClaimResult =
  | ({ got: 'rows' } & Claimed)
  | { got: 'nothing' }
  /** There may be rows, and a limit has no room for them yet. */
  | { got: 'backlog'; waitMs: number }
  | { got: 'rest'; until: Date }
  /** None of it may begin: it is to be given back. */
  | { got: 'closed'; claim: Claim }

/**
 * Takes a window's rows, in one transaction: ask the limits for room, take rows, look at their readers in a newer
 * snapshot, reserve their time slots. If any statement fails nothing of it begins.
 * @param inDoubt told of a claim of which nobody knows whether it was committed
 */
export async function claimWindow(
  db: Db,
  ask: ClaimAsk,
  on: Readonly<{ health(health: TransportHealth): void; inDoubt(claimId: Id): void }>,
): Promise<ClaimResult> {
  // Before the claim is sent: Postgres counts the lease from a later moment.
  const deadline = performance.now() + LEASE_SECONDS * 1000
  const made: { claimId: Id | null } = { claimId: null }
  try {
    return await db.transaction().execute(async (trx) => {
      const room = await askForRoom(trx, { ...ask, campaignId: ask.source.rows }, on.health)
      if ('got' in room) return room
      made.claimId = await claimRows(trx, ask, room)
      if (made.claimId === null) return nothing(room)
      const claim: Claim = {
        ...{ id: made.claimId, source: ask.source, deadline },
        over: false,
        open: 0,
      }
      return await lookAndReserve(trx, ask, claim, room)
    })
  } catch (error) {
    if (made.claimId !== null) on.inDoubt(made.claimId)
    throw error
  }
}

function claimRows(trx: Trx, ask: ClaimAsk, { size, quotas, ways }: Room): Promise<Id | null> {
  const { source, workerId, transportId } = ask
  const providers = quotas?.providers ?? []
  // All of them are left out, and nothing is to be asked.
  if (quotas !== null && providers.length === 0) return Promise.resolve(null)
  return source.claim(trx, { workerId, transportId, size, providers, severalWays: ways.length > 1 })
}

/** What waits may be of providers that were left out. */
function nothing({ quotas }: Room): ClaimResult {
  const waitMs = quotas?.waitMs ?? null
  return waitMs === null ? { got: 'nothing' } : { got: 'backlog', waitMs: Math.max(50, waitMs) }
}

async function lookAndReserve(
  trx: Trx,
  { source, transportId, clock }: ClaimAsk,
  claim: Claim,
  room: Room,
): Promise<ClaimResult> {
  const checkedAt = performance.now()
  const { open, rows } = await source.look(trx, claim.id, null)
  if (!open) return { got: 'closed', claim }
  const by = { campaignId: source.rows, transportId, claimId: claim.id, clock }
  const slots = await takeRoom(trx, by, room, rows)
  claim.open = rows.length
  const held = rows.map((row, index): Held => {
    const { at = null, providerIntervalMs = null } = slots[index] ?? {}
    return {
      ...{ claim, row, checkedAt, phase: 'waits', begunAt: null, composed: null, asking: null },
      ...{ slotAt: at, providerIntervalMs },
    }
  })
  return { got: 'rows', claim, rows: held }
}
