import type { Id } from '../../db/types.ts'
import type { Claim, Held, Source } from './held.ts'
import { claimSize, WINDOW_MS, waitingLimit } from './pace.ts'

/** The rows that this process holds, over all its campaigns and claims, until their outcomes are recorded. */
export type Window = ReturnType<typeof createWindow>

export function createWindow(connections: number) {
  const held = new Set<Held>()
  const claims = new Map<Id, Claim>()
  const claimants = new Set<Source>()
  /** When messages were begun, within the last 2 s. */
  let begun: number[] = []
  const wakers: (() => void)[] = []
  /** As the last claim found it. */
  let ratePerSecond: number | null = null
  /** Rows that claims on their way may bring. */
  let coming = 0

  const changed = () => {
    for (const wake of wakers.splice(0)) wake()
  }
  const waiting = () => [...held].filter((each) => each.phase === 'waits')

  return {
    held,
    claims,
    claimants,
    waiting,
    changed,
    get intervalMs() {
      return ratePerSecond === null ? null : 1000 / ratePerSecond
    },
    setRate(rate: number | null) {
      ratePerSecond = rate
    },
    /** Keeps room for a claim until it is answered. */
    async expecting<T>(rows: number, claim: () => Promise<T>): Promise<T> {
      coming += rows
      try {
        return await claim()
      } finally {
        coming -= rows
      }
    },
    take(claim: Claim, rows: readonly Held[]) {
      claims.set(claim.id, claim)
      for (const row of rows) held.add(row)
    },
    /** Recorded, or no longer ours. @returns whether its claim holds nothing more */
    drop(row: Held): boolean {
      if (!held.delete(row)) return false
      row.claim.open -= 1
      if (row.claim.open === 0) claims.delete(row.claim.id)
      changed()
      return row.claim.open === 0
    },
    noteBegun(now: number) {
      begun.push(now)
      changed()
    },
    heldOf: (source: Source) => [...held].filter((each) => each.claim.source === source).length,
    /** How many rows to claim for one of the claimants; 0: later. */
    roomFor(source: Source, now: number): number {
      begun = begun.filter((at) => at > now - WINDOW_MS)
      const limit = waitingLimit({ ratePerSecond, connections, begunLately: begun.length })
      const all = waiting()
      const furthest = all.reduce((last, each) => Math.max(last, each.slotAt ?? 0), 0)
      // With slots for the next half second in hand it is somebody else's turn.
      if (ratePerSecond !== null && furthest > now + 500) return 0
      const own = all.filter((each) => each.claim.source === source).length
      const share = Math.ceil(limit / Math.max(1, claimants.size))
      return claimSize({ held: held.size + coming, waiting: own, limit: share })
    },
    /** Resolves at the next change, and after `ms` at the latest. */
    change(ms: number): Promise<void> {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(done, ms)
        wakers.push(done)
      })
    },
  }
}
