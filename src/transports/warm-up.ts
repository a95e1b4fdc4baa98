const GROWTH = 1.5
/** Of a day's messages: more trouble than that and the ceiling stays where it is, or comes down. */
const CALM = 0.05
const STORMY = 0.15

export type WarmDay = Readonly<{
  level: number
  /** Of the last day on which something was sent. */
  taken: number
  troubles: number
}>

/** Messages that one provider gets on a day. */
export function warmUpCeiling(from: number, level: number): number {
  return Math.floor(from * GROWTH ** level)
}

/**
 * The level of a new day: one more where the last one was used and went well. What was not used proves nothing.
 * @param from the ceiling of the first day
 */
export function nextWarmUpLevel(from: number, { level, taken, troubles }: WarmDay): number {
  if (taken > 0 && troubles / taken > STORMY) return Math.max(0, level - 1)
  const wasUsed = taken >= warmUpCeiling(from, level) / 2
  return wasUsed && troubles / taken <= CALM ? level + 1 : level
}
