import type { Way } from '../../db/queries/campaign-ways.ts'
import type { Id } from '../../db/types.ts'

/** A way may be ahead of its share by so many of all messages: claims stay whole windows. */
const AHEAD = 200

/** How many messages a way's share leaves it now. Others that do not go on are not waited for. Pure. */
export function shareLeft(ways: readonly Way[], transportId: Id): number {
  const mine = ways.find((way) => way.transportId === transportId)
  if (mine === undefined) return 0
  const others = ways.filter((way) => way !== mine && way.open)
  if (others.length === 0) return Number.POSITIVE_INFINITY
  const behind = Math.min(...others.map((way) => progress(ways, way)))
  const left = (behind + AHEAD - progress(ways, mine)) * share(ways, mine)
  return Math.max(0, Math.ceil(left))
}

/** What stands after a way was given `count`. One that did not go on has no claim to what it missed. Pure. */
export function takenAfter(
  ways: readonly Way[],
  transportId: Id,
  count: number,
): { transportId: Id; taken: number }[] {
  const after = ways.map((way) =>
    way.transportId === transportId ? { ...way, taken: way.taken + count } : way,
  )
  const mine = after.find((way) => way.transportId === transportId)
  if (mine === undefined) return []
  const floor = progress(ways, mine) - AHEAD
  return after.map((way) => ({
    transportId: way.transportId,
    taken: way.open || way === mine ? way.taken : Math.max(way.taken, floor * share(ways, way)),
  }))
}

/** Of all messages, if each way had gone as far as this one. */
const progress = (ways: readonly Way[], way: Way) => way.taken / share(ways, way)

function share(ways: readonly Way[], { weight }: Way): number {
  return weight / ways.reduce((sum, way) => sum + way.weight, 0)
}
