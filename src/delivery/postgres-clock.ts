/** Postgres's clock as this process knows it, so that the slots of one fleet are the same moments in all its processes. */
export type PostgresClock = Readonly<{
  /** Postgres said `says` (its milliseconds) between `asked` and `answered` (of performance.now()). */
  heard(says: number, asked: number, answered: number): void
  /** The performance.now() of a moment of Postgres's. */
  local(at: number): number
}>

/** How far two clocks may drift apart: 100 ppm is more than any in use. */
const DRIFT = 1e-4

/**
 * Each answer bounds how far ahead of ours Postgres's clock is: by no more than was known when it was asked, by no less
 * than when it was answered. What all of them leave is narrower than one slow answer; an answer that contradicts it
 * means that the clock was set, and stands alone.
 */
export function createPostgresClock(): PostgresClock {
  let bounds: { low: number; high: number; at: number } | null = null
  return Object.freeze({
    heard(says, asked, answered) {
      const fresh = { low: says - answered, high: says - asked, at: answered }
      if (bounds === null) {
        bounds = fresh
        return
      }
      const drift = (answered - bounds.at) * DRIFT
      const low = Math.max(fresh.low, bounds.low - drift)
      const high = Math.min(fresh.high, bounds.high + drift)
      bounds = low <= high ? { low, high, at: answered } : fresh
    },
    local(at) {
      if (bounds === null) throw new Error('Postgres was not asked for its time')
      return at - (bounds.low + bounds.high) / 2
    },
  } satisfies PostgresClock)
}
