import type { Db, Trx } from '../../db/client.ts'
import { lockWays, setTaken, type Way } from '../../db/queries/campaign-ways.ts'
import {
  lockProviderRooms,
  noteHeld,
  type ProviderRoom,
  providerRooms,
  type Span,
  spanRooms,
  takeOfSpans,
  takeProviderSlots,
} from '../../db/queries/pace.ts'
import { type TransportHealth, takeSlots, transportHealth } from '../../db/queries/transports.ts'
import { troublesSinceLastDay } from '../../db/queries/warm-up.ts'
import type { Id } from '../../db/types.ts'
import { shareLeft, takenAfter } from '../transports/ways.ts'
import type { ClaimedRow } from './held.ts'
import { pacedSize } from './pace.ts'
import type { PostgresClock } from './postgres-clock.ts'
import { type Quotas, quotasOf, spanLeft } from './room.ts'

/** What a claim may take, all of it locked or reserved in the claim's transaction. */
export type Room = Readonly<{
  size: number
  quotas: Quotas | null
  /** The campaign's, where there are several. */
  ways: readonly Way[]
  spans: readonly Span[]
}>

export type NoRoom = { got: 'backlog'; waitMs: number } | { got: 'rest'; until: Date }

/** Another way is behind its share, and goes on. */
const OTHERS_TURN_MS = 50

/** Whether the transport rests, how many rows its limits leave, and those of the campaign's providers. */
export async function askForRoom(
  trx: Trx,
  ask: Readonly<{ campaignId: Id | null; transportId: Id; size: number }>,
  onHealth: (health: TransportHealth) => void,
): Promise<Room | NoRoom> {
  const { campaignId, transportId } = ask
  const health = await transportHealth(trx, transportId)
  onHealth(health)
  if (health.restsUntil !== null) return { got: 'rest', until: health.restsUntil }
  const spans = spansOf(health)
  const own = await ownRoom(trx, ask, health, spans)
  if (own.size === 0) return { got: 'backlog', waitMs: own.waitMs }
  const room = { spans: spans.map(({ span }) => span), size: own.size }
  if (campaignId === null) return { ...room, quotas: null, ways: [] }
  const quotas = await providerQuotas(trx, campaignId, transportId, room.size, health.warmUpFrom)
  const ways = quotas.ways > 1 ? await lockWays(trx, campaignId, transportId) : []
  const share = ways.length > 0 ? shareLeft(ways, transportId) : room.size
  if (share === 0) return { got: 'backlog', waitMs: OTHERS_TURN_MS }
  return { ...room, size: Math.min(room.size, share), quotas: quotas.of, ways }
}

export type Slot = Readonly<{
  /** A time of performance.now(); null: it has none. */
  at: number | null
  /** Between two of its provider's; null: its provider has no rate. */
  providerIntervalMs: number | null
}>

/** Reserves what a claim got. @returns a slot for each row */
export async function takeRoom(
  trx: Trx,
  by: Readonly<{ campaignId: Id | null; transportId: Id; claimId: Id; clock: PostgresClock }>,
  { quotas, ways, spans }: Room,
  rows: readonly ClaimedRow[],
): Promise<Slot[]> {
  const { campaignId, transportId } = by
  if (rows.length === 0) return []
  const own = (await takeTimes(trx, by, rows.length)).map(
    (at): Slot => ({ at, providerIntervalMs: null }),
  )
  if (spans.length > 0) await takeOfSpans(trx, transportId, spans, rows.length)
  if (campaignId !== null && ways.length > 0) {
    await setTaken(trx, campaignId, takenAfter(ways, transportId, rows.length))
  }
  return quotas === null ? own : takeOfProviders(trx, by, quotas, rows, own)
}

/**
 * Slots of the transport's, each a time of performance.now().
 * @param late so many could not be used
 */
export async function takeTimes(
  db: Db | Trx,
  { transportId, clock }: Readonly<{ transportId: Id; clock: PostgresClock }>,
  count: number,
  late = 0,
): Promise<(number | null)[]> {
  const asked = performance.now()
  const slots = await takeSlots(db, transportId, count, late)
  if (slots === null) return Array.from({ length: count }, () => null)
  clock.heard(slots.now, asked, performance.now())
  const first = clock.local(slots.firstAt)
  return Array.from({ length: count }, (_, index) => first + index * slots.intervalMs)
}

function spansOf({ perMinute, perHour, perDay }: TransportHealth) {
  const limits = [
    { span: 60 as const, limit: perMinute },
    { span: 3_600 as const, limit: perHour },
    { span: 86_400 as const, limit: perDay },
  ]
  return limits.flatMap(({ span, limit }) => (limit === null ? [] : [{ span, limit }]))
}

/** Of the transport alone. Locked before the rows are, so that what they get is what was counted on. */
async function ownRoom(
  trx: Trx,
  { transportId, size }: { transportId: Id; size: number },
  { ratePerSecond }: TransportHealth,
  spans: readonly { span: Span; limit: number }[],
): Promise<{ size: number; waitMs: number }> {
  if (ratePerSecond === null && spans.length === 0) return { size, waitMs: 0 }
  const { backlogSeconds } = await transportHealth(trx, transportId, { lock: true })
  const paced =
    ratePerSecond === null
      ? { size, waitMs: 0 }
      : pacedSize(size, { ratePerSecond, backlogSeconds })
  if (paced.size === 0 || spans.length === 0) return paced
  const left = spanLeft(await spanRooms(trx, transportId, spans), paced.size)
  return { size: left.quota, waitMs: left.waitMs }
}

async function providerQuotas(
  trx: Trx,
  campaignId: Id,
  transportId: Id,
  size: number,
  warmUpFrom: number | null,
): Promise<{ of: Quotas; ways: number }> {
  const rooms = await providerRooms(trx, campaignId, transportId)
  const limited = rooms.filter((room) => room.limited || warmUpFrom !== null)
  const locked =
    limited.length === 0
      ? new Map()
      : await lockProviderRooms(
          trx,
          transportId,
          limited.map((room) => room.providerId),
        )
  const now = rooms.map((room) => ({ ...room, ...locked.get(room.providerId) }))
  const known = warmUpFrom === null ? now : await withReturns(trx, transportId, now)
  return { of: quotasOf(known, size, warmUpFrom), ways: rooms[0]?.ways ?? 1 }
}

/** A new day's ceiling depends on what came back since the last one too. */
async function withReturns(
  trx: Trx,
  transportId: Id,
  rooms: readonly ProviderRoom[],
): Promise<readonly ProviderRoom[]> {
  const ids = rooms.filter(({ day, today }) => day !== null && day !== today)
  if (ids.length === 0) return rooms
  const back = await troublesSinceLastDay(
    trx,
    transportId,
    ids.map(({ providerId }) => providerId),
  )
  return rooms.map((room) => ({
    ...room,
    dayTroubles: room.dayTroubles + (back.get(room.providerId) ?? 0),
  }))
}

async function takeOfProviders(
  trx: Trx,
  { transportId, claimId, clock }: Readonly<{ transportId: Id; claimId: Id; clock: PostgresClock }>,
  { takings, counted }: Quotas,
  rows: readonly ClaimedRow[],
  own: readonly Slot[],
): Promise<Slot[]> {
  if (takings.size === 0) return [...own]
  const counts = new Map<number, number>()
  for (const { providerId } of rows) counts.set(providerId, (counts.get(providerId) ?? 0) + 1)
  const taken = [...counts].flatMap(([id, count]) => {
    const taking = takings.get(id)
    return taking === undefined ? [] : [{ ...taking, count }]
  })
  if (taken.length === 0) return [...own]
  const asked = performance.now()
  const { firstAt, now } = await takeProviderSlots(trx, transportId, taken)
  clock.heard(now, asked, performance.now())
  const held = [...counts].filter(([id]) => counted.has(id))
  if (held.length > 0) await noteHeld(trx, claimId, Object.fromEntries(held))
  const places = new Map<number, number>()
  return rows.map(({ providerId }, index) => {
    const first = firstAt.get(providerId)
    const rate = takings.get(providerId)?.ratePerSecond
    const slot = own[index] ?? { at: null, providerIntervalMs: null }
    if (first === undefined || !rate) return slot
    const place = places.get(providerId) ?? 0
    places.set(providerId, place + 1)
    const providerIntervalMs = 1000 / rate
    const at = clock.local(first) + place * providerIntervalMs
    return { at: Math.max(slot.at ?? at, at), providerIntervalMs }
  })
}
