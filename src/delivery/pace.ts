/** A process holds at most so many rows, over all its campaigns and claims. */
export const WINDOW_ROWS = 100
/** … and no more than begin within that time. */
export const WINDOW_MS = 2_000
/** A message begins at most so long after its check; 100 ms less than promised, for the way to the server. */
export const CHECK_LASTS_MS = 1_900
/** A check older than this is asked again before its message begins. */
export const CHECK_IS_FRESH_MS = 1_500
/** Slots are taken for so long at a time, so that workers take turns. */
const SLOTS_AT_ONCE_SECONDS = 0.5
/** Slots are given away so far ahead and no further. */
const BACKLOG_SECONDS = WINDOW_MS / 1000

/**
 * How many rows to claim of a transport with a rate; 0: none before `waitMs`.
 * @param wanted at least 1
 */
export function pacedSize(
  wanted: number,
  pace: Readonly<{ ratePerSecond: number; backlogSeconds: number }>,
  aheadSeconds = BACKLOG_SECONDS,
): { size: number; waitMs: number } {
  const { ratePerSecond, backlogSeconds } = pace
  if (backlogSeconds >= aheadSeconds) {
    return { size: 0, waitMs: Math.ceil((backlogSeconds - aheadSeconds) * 1000) + 1 }
  }
  const room = Math.floor((aheadSeconds - backlogSeconds) * ratePerSecond)
  return { size: Math.max(1, Math.min(wanted, slotsAtOnce(ratePerSecond), room)), waitMs: 0 }
}

export function slotsAtOnce(ratePerSecond: number): number {
  return Math.max(1, Math.ceil(ratePerSecond * SLOTS_AT_ONCE_SECONDS))
}

/**
 * A message that is later than this after its slot takes a new one. One interval; where intervals are shorter than what
 * a busy process keeps, that: at most 5 % of a second's messages are then bunched, on top of the 4 % by which slots that
 * were lost are made up for (db/queries/transports.ts). (With 20 ms three workers on a machine with a load of six times
 * its processors made 106 of 200 a second.)
 */
export function lateAfterMs(intervalMs: number): number {
  return Math.max(intervalMs, 50)
}

/**
 * How many rows may wait in this process without having begun. Paced: what it takes at once. Otherwise what it began
 * within the last 2 s, and to start with one for each connection.
 */
export function waitingLimit(
  now: Readonly<{ ratePerSecond: number | null; connections: number; begunLately: number }>,
): number {
  const { ratePerSecond, connections, begunLately } = now
  const limit =
    ratePerSecond === null ? Math.max(connections, begunLately) : slotsAtOnce(ratePerSecond)
  return Math.min(WINDOW_ROWS, limit)
}

/** How many rows to claim now; 0: not worth a claim yet. `limit`: of those that wait. */
export function claimSize(now: Readonly<{ held: number; waiting: number; limit: number }>): number {
  const room = Math.min(WINDOW_ROWS - now.held, now.limit - now.waiting)
  // When half of them are gone: lanes never run dry, and claims stay few.
  const isWorthIt = now.waiting === 0 || room >= Math.ceil(now.limit / 2)
  return isWorthIt ? Math.max(0, room) : 0
}
