const FIRST_MS = 1_000
const LONGEST_MS = 5 * 60_000

/**
 * How long a transport rests. Unreachable, it is tried again soon and then ever later; one that refuses us needs a
 * person, and more logins might lock the account.
 * @param inRow rests since it last took a message
 * @param random 0 to 1: workers should not come back together
 */
export function restMs(
  fault: 'refused' | 'unavailable',
  inRow: number,
  random = Math.random(),
): number {
  const ms = fault === 'refused' ? LONGEST_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** inRow)
  return Math.round(ms * (0.8 + 0.4 * random))
}
