import type { Id } from '../../db/types.ts'
import type { Claim, Held, Source } from './held.ts'
import { claimSize, WINDOW_MS, WINDOW_ROWS, waitingLimit } from './pace.ts'

/** The rows that this process holds, over all its campaigns and claims, until their outcomes are recorded. */
export type Window = Readonly<{
  held: ReadonlySet<Held>
  claims: ReadonlyMap<Id, Claim>
  /** Who would claim more now; they share the room. */
  claimants: Set<Source>
  /** Not begun. */
  waiting(): Held[]
  heldOf(source: Source): number
  /** How many have no outcome yet, and do not wait for a slot after that time. */
  underWay(until: number): number
  /** Between two slots; null: the transport has no rate. */
  intervalMs(): number | null
  setRate(ratePerSecond: number | null): void
  take(claim: Claim, rows: readonly Held[]): void
  /** Recorded. @returns whether its claim holds nothing more */
  drop(row: Held): boolean
  noteBegun(now: number): void
  /** How many rows to claim for one of the claimants; 0: later. */
  roomFor(source: Source, now: number): number
  /** Keeps room for a claim until it is answered, and what it brought is taken. */
  expecting<T>(rows: number, claim: () => Promise<T>): Promise<T>
  changed(): void
  /** Resolves at the next change, and after `ms` at the latest. */
  change(ms: number): Promise<void>
}>

/** Rows that one process holds over all its transports: a kill -9 leaves no more of them uncertain than the window has. */
export type Budget = { held: number; coming: number }

export function createWindow(connections: number, budget: Budget = newBudget()): Window {
  const held = new Set<Held>()
  const claims = new Map<Id, Claim>()
  const claimants = new Set<Source>()
  const changes = createChanges()
  const state = { begun: [] as number[], ratePerSecond: null as number | null }
  const waiting = () => [...held].filter((each) => each.phase === 'waits')
  const count = (isOne: (each: Held) => boolean) => {
    let found = 0
    for (const each of held) if (isOne(each)) found += 1
    return found
  }

  return Object.freeze({
    ...{ held, claims, claimants, waiting, ...changes },
    underWay: (until) => count((each) => isUnderWay(each, until)),
    heldOf: (source) => count((each) => each.claim.source === source),
    intervalMs: () => state.ratePerSecond && 1000 / state.ratePerSecond,
    setRate(ratePerSecond) {
      state.ratePerSecond = ratePerSecond
    },
    take(claim, rows) {
      claims.set(claim.id, claim)
      for (const row of rows) held.add(row)
      budget.held += rows.length
    },
    drop(row) {
      if (!held.delete(row)) return false
      budget.held -= 1
      row.claim.open -= 1
      if (row.claim.open === 0) claims.delete(row.claim.id)
      changes.changed()
      return row.claim.open === 0
    },
    noteBegun(now) {
      state.begun.push(now)
      // More of them would change no limit.
      if (state.begun.length > WINDOW_ROWS) state.begun.shift()
      changes.changed()
    },
    roomFor(source, now) {
      while (state.begun[0] !== undefined && state.begun[0] <= now - WINDOW_MS) state.begun.shift()
      const { ratePerSecond, begun } = state
      const limit = waitingLimit({ ratePerSecond, connections, begunLately: begun.length })
      if (ratePerSecond !== null && hasSlotsInHand(waiting(), now)) return 0
      const own = count((each) => each.phase === 'waits' && each.claim.source === source)
      const share = Math.ceil(limit / Math.max(1, claimants.size))
      return claimSize({ held: budget.held + budget.coming, waiting: own, limit: share })
    },
    async expecting(rows, claim) {
      budget.coming += rows
      return claim().finally(() => {
        budget.coming -= rows
      })
    },
  } satisfies Window)
}

export function newBudget(): Budget {
  return { held: 0, coming: 0 }
}

function isUnderWay({ phase, slotAt }: Held, until: number): boolean {
  return phase === 'begun' || (phase === 'waits' && (slotAt === null || slotAt <= until))
}

/** With slots for the next half second in hand it is another worker's turn. */
function hasSlotsInHand(waiting: readonly Held[], now: number): boolean {
  return waiting.some((each) => each.slotAt !== null && each.slotAt > now + 500)
}

/** Told of all that changed in one turn of the event loop at once. */
function createChanges(): Pick<Window, 'change' | 'changed'> {
  const wakers = new Set<() => void>()
  let isTelling = false
  const tell = () => {
    isTelling = false
    for (const wake of wakers) wake()
  }
  return {
    changed() {
      if (isTelling || wakers.size === 0) return
      isTelling = true
      setImmediate(tell)
    },
    change: (ms) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          wakers.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        wakers.add(wake)
      }),
  }
}
