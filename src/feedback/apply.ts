import type { Trx } from '../../db/client.ts'
import {
  markSuppressed,
  postponeEvents,
  type Settled,
  settleEvents,
} from '../../db/queries/feedback-events.ts'
import { settleUncertain } from '../../db/queries/feedback-facts.ts'
import { noteAlive } from '../../db/queries/subscriptions.ts'
import type { Id } from '../../db/types.ts'
import type { PolicyConfig } from '../config-policy.ts'
import { unsubscribeAll } from '../subscribers/unsubscribe.ts'
import { type Suppress, suppressAll } from '../suppression/suppression.ts'
import type { Conclusion } from './judge.ts'
import { seriesOf } from './series.ts'

export type FeedbackOutcome =
  /** Complaints unsubscribe besides: what follows that is the 'unsubscribe' job's; whoever called rings it. */
  | Readonly<{ outcome: 'suppressed'; left?: Left }>
  | Readonly<{ outcome: 'unsubscribed'; newsletterId: Id; subscriberId: Id }>
  | Readonly<{ outcome: 'counted' | 'settled' | 'kept' }>
  /** A confirmation is in the outbox: ring it. */
  | Readonly<{ outcome: 'confirmation' }>
  | Readonly<{ outcome: 'held'; because: string }>
  /** Handled before, or never there. */
  | Readonly<{ outcome: 'nothing' }>
  /** The delivery is on its way still: ask again. */
  | Readonly<{ outcome: 'later' }>
  /** A bug, or a database away: logged, and tried again some minutes later. */
  | Readonly<{ outcome: 'failed'; because: string }>

export type Left = Readonly<{ newsletterId: Id; subscriberId: Id }>

/**
 * Writes what follows from events that this transaction has locked: statements for all of them, not for each. Who waits
 * is left as it is, to be taken again.
 */
export async function applyConclusions(
  trx: Trx,
  conclusions: readonly Conclusion[],
  policy: PolicyConfig,
  now: Date,
): Promise<Map<Id, FeedbackOutcome>> {
  const outcomes = new Map<Id, FeedbackOutcome>()
  const ready = conclusions.filter(({ waitMs }) => waitMs === null)
  for (const { settled, waitMs } of conclusions) {
    if (waitMs !== null) outcomes.set(settled.id, { outcome: 'later' })
  }
  await postponeWaiting(trx, conclusions)
  await settleUncertain(trx, parts(ready, 'settles'))
  await noteAlive(trx, parts(ready, 'alive'), now)
  const { settled, left } = await leaveAll(trx, ready, now)
  await settleEvents(trx, settled, now)
  // Of two for one address the stronger comes first.
  const proven = parts(ready, 'suppress').sort((a, b) => rank(a) - rank(b))
  const series = await seriesOf(trx, ready, policy.soft, now)
  await suppressAll(trx, [...proven, ...series])
  const serial = series.map(({ eventId }) => eventId)
  await markSuppressed(trx, serial)
  for (const each of settled) {
    outcomes.set(each.id, serial.includes(each.id) ? SUPPRESSED : outcomeOf(each, left))
  }
  return outcomes
}

const SUPPRESSED = { outcome: 'suppressed' } as const
const rank = ({ reason }: Suppress) => (reason === 'complaint' ? 0 : 1)

function parts<K extends 'settles' | 'alive' | 'suppress' | 'unsubscribe'>(
  conclusions: readonly Conclusion[],
  name: K,
): NonNullable<Conclusion[K]>[] {
  return conclusions.flatMap((each) => (each[name] === null ? [] : [each[name]]))
}

async function postponeWaiting(trx: Trx, conclusions: readonly Conclusion[]): Promise<void> {
  const waits = new Map<number, Id[]>()
  for (const { waitMs, settled } of conclusions) {
    if (waitMs !== null) waits.set(waitMs, [...(waits.get(waitMs) ?? []), settled.id])
  }
  // Two lengths at most.
  for (const [forMs, ids] of waits) await postponeEvents(trx, ids, forMs)
}

/** Takes off whoever is to be taken off; what turns out to be about nobody is held. */
async function leaveAll(
  trx: Trx,
  conclusions: readonly Conclusion[],
  now: Date,
): Promise<{ settled: Settled[]; left: ReadonlySet<string> }> {
  const leaving = conclusions.flatMap(({ unsubscribe, settled }) =>
    unsubscribe === null ? [] : [{ ...unsubscribe, eventId: settled.id }],
  )
  const became = await unsubscribeAll(trx, leaving, now)
  const left = new Set(
    [...became].filter(([, state]) => state === 'unsubscribed').map(([id]) => id),
  )
  const settled = conclusions.map((each) => {
    const isAbout = each.suppress !== null || became.get(each.settled.id) !== 'unknown'
    return isAbout ? each.settled : { ...each.settled, ...NOBODY }
  })
  return { settled, left }
}

const NOBODY = { action: null, heldBecause: 'no such subscription' } as const

function outcomeOf(settled: Settled, left: ReadonlySet<Id>): FeedbackOutcome {
  const { action, newsletterId, subscriberId, heldBecause } = settled
  if (action === null) return { outcome: 'held', because: heldBecause ?? '' }
  if (action === 'suppressed' || action === 'unsubscribed') {
    const whose = newsletterId && subscriberId ? { newsletterId, subscriberId } : null
    if (action === 'unsubscribed' && whose) return { outcome: 'unsubscribed', ...whose }
    return whose && left.has(settled.id) ? { outcome: 'suppressed', left: whose } : SUPPRESSED
  }
  return { outcome: action }
}
