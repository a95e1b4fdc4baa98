import type { ProviderRoom, SpanRoom, Taking } from '../../db/queries/pace.ts'
import { nextWarmUpLevel, warmUpCeiling } from '../transports/warm-up.ts'
import { pacedSize } from './pace.ts'

/** Slots of one provider are given away so far ahead and no further: rows that wait for them take others' room. */
const AHEAD_SECONDS = 0.5
/** How soon a place in flight may be free, or a day over. */
const LOOK_AGAIN_MS = { inFlight: 100, day: 60_000 }

type Left = Readonly<{ quota: number; waitMs: number }>

/** What a claim may take of each provider, in the order in which it asks for them. */
export type Quotas = Readonly<{
  providers: readonly { id: number; quota: number }[]
  /** Of limited ones: how what is claimed is to be taken. */
  takings: ReadonlyMap<number, Omit<Taking, 'count'>>
  /** Providers whose messages in flight are counted. */
  counted: ReadonlySet<number>
  /** Some are left out, for so long; null: none is. */
  waitMs: number | null
}>

/**
 * By chance, those with many rows more often first: so a window is of one provider or a few, and over a campaign each
 * has its share. One that has no room now is left out, and holds up nobody else.
 */
export function quotasOf(
  rooms: readonly ProviderRoom[],
  size: number,
  warmUpFrom: number | null,
  random: () => number = Math.random,
): Quotas {
  const providers: { id: number; quota: number; place: number }[] = []
  const takings = new Map<number, Omit<Taking, 'count'>>()
  const counted = new Set<number>()
  let waitMs: number | null = null
  for (const room of rooms) {
    const warmLevel = levelOf(room, warmUpFrom)
    const { quota, waitMs: wait } = leftOf(room, size, warmUpFrom, warmLevel)
    if (quota === 0) {
      waitMs = Math.min(wait, waitMs ?? wait)
      continue
    }
    const id = room.providerId
    providers.push({ id, quota, place: -Math.log(1 - random()) / Math.max(1, room.rows) })
    if (room.limited)
      takings.set(id, { providerId: id, ratePerSecond: room.ratePerSecond, warmLevel })
    if (room.inFlight !== null) counted.add(id)
  }
  providers.sort((a, b) => a.place - b.place)
  return { providers: providers.map(({ id, quota }) => ({ id, quota })), takings, counted, waitMs }
}

function levelOf({ warmLevel: level, day, today, ...room }: ProviderRoom, from: number | null) {
  if (from === null || day === null || day === today) return level
  return nextWarmUpLevel(from, { level, taken: room.dayTaken, troubles: room.dayTroubles })
}

function leftOf(
  room: ProviderRoom,
  size: number,
  warmUpFrom: number | null,
  warmLevel: number,
): Left {
  const { ratePerSecond, backlogSeconds, inFlight, held } = room
  const limits: Left[] = [{ quota: size, waitMs: 0 }]
  if (ratePerSecond === 0) return { quota: 0, waitMs: room.stopsForSeconds * 1000 }
  if (ratePerSecond !== null) {
    const paced = pacedSize(size, { ratePerSecond, backlogSeconds }, AHEAD_SECONDS)
    limits.push({ quota: paced.size, waitMs: paced.waitMs })
  }
  if (inFlight !== null) {
    limits.push({ quota: Math.max(0, inFlight - held), waitMs: LOOK_AGAIN_MS.inFlight })
  }
  if (warmUpFrom !== null) {
    const taken = room.day === room.today ? room.dayTaken : 0
    const left = warmUpCeiling(warmUpFrom, warmLevel) - taken
    limits.push({ quota: Math.max(0, left), waitMs: LOOK_AGAIN_MS.day })
  }
  return {
    quota: Math.min(...limits.map((each) => each.quota)),
    waitMs: Math.max(...limits.filter((each) => each.quota === 0).map((each) => each.waitMs), 0),
  }
}

/** How many rows the transport's limits over spans leave; none: when a sixtieth of the span has passed there may be. */
export function spanLeft(rooms: readonly SpanRoom[], size: number): Left {
  let left: Left = { quota: size, waitMs: 0 }
  for (const { span, limit, taken } of rooms) {
    const quota = Math.max(0, limit - taken)
    if (quota < left.quota) left = { quota, waitMs: (span / 60) * 1000 }
  }
  return left
}
