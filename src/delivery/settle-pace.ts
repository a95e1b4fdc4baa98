import type { Db } from '../../db/client.ts'
import { countTroubles, returnToDay, type Span, takeOfSpans } from '../../db/queries/pace.ts'
import type { TransportHealth } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import type { Entry } from './outcome.ts'

export type PaceDeps = Readonly<{
  db: Db
  transportId: Id
  health(): TransportHealth | null
}>

/** Rows that go back give back what was taken for them; deferrals and rejections keep a warm-up from growing. */
export async function settlePace(
  { db, transportId, health }: PaceDeps,
  batch: readonly Entry[],
): Promise<void> {
  const limits = health()
  if (limits === null) return
  const back = batch.filter(({ outcome }) => outcome.outcome === 'back')
  const spans = spansOf(limits)
  if (back.length > 0 && spans.length > 0) await takeOfSpans(db, transportId, spans, -back.length)
  if (limits.warmUpFrom === null) return
  const troubles = batch.filter(({ outcome }) => /^(deferred|rejected)$/.test(outcome.outcome))
  if (back.length > 0) await returnToDay(db, transportId, byProvider(back))
  if (troubles.length > 0) await countTroubles(db, transportId, byProvider(troubles))
}

function byProvider(entries: readonly Entry[]): { providerId: number; count: number }[] {
  const counts = new Map<number, number>()
  for (const { held } of entries) {
    const { providerId } = held.row
    counts.set(providerId, (counts.get(providerId) ?? 0) + 1)
  }
  return [...counts].map(([providerId, count]) => ({ providerId, count }))
}

function spansOf({ perMinute, perHour, perDay }: TransportHealth): Span[] {
  return [perMinute !== null && 60, perHour !== null && 3_600, perDay !== null && 86_400].filter(
    (span) => span !== false,
  ) as Span[]
}
