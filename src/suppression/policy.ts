import type { BounceType, DeliveryState } from '../../db/types.ts'
import type { PolicyConfig } from '../config-policy.ts'

/** What is known of the delivery that a report is about. */
export type DeliveryFacts = Readonly<{
  state: DeliveryState
  attempts: number
  /** The first time that it was handed to a server. */
  firstAt: Date | null
  /** Since when it has its state. */
  settledAt: Date
}>

/** How an address stood before. */
export type AddressFacts = Readonly<{
  /** When a person last lifted a suppression of it. */
  liftedAt: Date | null
}>

export type BounceFacts = Readonly<{
  /** A report after acceptance, by mail or webhook; or the reply in the session. */
  source: 'report' | 'session'
  reportedAt: Date
  /** RFC 3464 2.3.3; null where a report has none. */
  action: string | null
  /** Whose fault it is. */
  type: BounceType | null
  /** null: the ledger has no such delivery. */
  delivery: DeliveryFacts | null
  address: AddressFacts
}>

/** Kept, counted, shown; changes nothing. */
export type Hold = Readonly<{ verdict: 'hold'; because: string }>
/** The report was faster than the record of the reply: ask again. */
export type Wait = Readonly<{ verdict: 'wait'; forMs: number }>

export type Verdict = Readonly<{ verdict: 'suppress' | 'count' }> | Hold | Wait

/** The states of a delivery that a bounce from there can be about. A session's `failed` was put off for 48 hours. */
const STATES_BEFORE = { report: ['accepted'], session: ['rejected', 'failed'] } as const
const RECORD_MS = 1_000
const RESEND_MS = 60_000

/**
 * Only proof acts: a final failure of a delivery that the ledger knows. Of the address itself (hard): it suppresses at
 * once. What may pass (soft), and what is not the reader's fault (block): it counts.
 */
export function judgeBounce(facts: BounceFacts): Verdict {
  const { source, action, type, delivery } = facts
  if (action !== null && action !== 'failed') return hold(`action ${action} is not failed`)
  if (type === null) return hold('it does not say what failed')
  const known = knownAs(STATES_BEFORE[source], delivery)
  if (known !== null) return known
  if (type !== 'block' && wasLiftedSince(facts)) return hold('lifted since')
  return { verdict: type === 'hard' ? 'suppress' : 'count' }
}

export type ComplaintFacts = Readonly<{
  reportedAt: Date
  /** RFC 5965 3.5 */
  feedbackType: string
  /** Neither a token nor a provider ties it, or it came to the address of RFC 9477: a DKIM signature must fit its From. */
  needsSignature: boolean
  isSigned: boolean
  delivery: DeliveryFacts | null
  address: AddressFacts
}>

export type ComplaintVerdict = Readonly<{ verdict: 'suppress' | 'unsubscribe' }> | Hold | Wait

/** Reports that are no complaints: RFC 5965 7.3.1 and RFC 6591. */
const HARMLESS = ['not-spam', 'auth-failure']

export function judgeComplaint(facts: ComplaintFacts): ComplaintVerdict {
  const { feedbackType, delivery } = facts
  if (HARMLESS.includes(feedbackType)) return hold(`a report of ${feedbackType} is no complaint`)
  if (facts.needsSignature && !facts.isSigned) {
    return hold('no DKIM signature that fits its From (RFC 9477)')
  }
  const known = knownAs(STATES_BEFORE.report, delivery)
  if (known !== null) return known
  // RFC 6430: they want to be off the list, and complain of nothing.
  if (feedbackType === 'opt-out') return { verdict: 'unsubscribe' }
  if (wasLiftedSince({ ...facts, source: 'report' })) return hold('lifted since')
  return { verdict: 'suppress' }
}

/** null: the ledger shows what the report presupposes. A report of what is uncertain has settled that. */
function knownAs(
  states: readonly DeliveryState[],
  delivery: DeliveryFacts | null,
): Hold | Wait | null {
  if (delivery === null) return hold('no such delivery')
  if (states.includes(delivery.state)) return null
  const isReport = states.includes('accepted')
  if (delivery.state === 'uncertain' && isReport) return null
  if (delivery.state === 'sending') return { verdict: 'wait', forMs: RECORD_MS }
  // Handed over once and sent again: the ledger will show it when that is through.
  if (delivery.state === 'queued' && delivery.attempts > 0 && isReport) {
    return { verdict: 'wait', forMs: RESEND_MS }
  }
  return hold(`delivery is ${delivery.state}, not ${states[0]}`)
}

/**
 * A person has said since that the address works: what was handed over before proves nothing against it, however late
 * or often it is reported.
 */
function wasLiftedSince(
  facts: Pick<BounceFacts, 'source' | 'reportedAt' | 'delivery' | 'address'>,
): boolean {
  const { liftedAt } = facts.address
  if (liftedAt === null || facts.delivery === null) return false
  const { firstAt, settledAt } = facts.delivery
  // A report may be about the first of several hand-overs; a session's reply is about the last, and as old as its record.
  if (facts.source === 'report') return firstAt === null || firstAt <= liftedAt
  return settledAt <= liftedAt || facts.reportedAt <= liftedAt
}

const DAY_MS = 86_400_000

/**
 * Whether soft bounces make a series: so many, over at least so many days, with no success between.
 * @param failedAt when each of the deliveries that bounced was handed over
 * @param since of the last success, lifting or suppression; what came before counts no more
 */
export function isSeries(
  failedAt: readonly Date[],
  since: Date | null,
  { count, days }: PolicyConfig['soft'],
): boolean {
  const times = failedAt.map(Number).filter((at) => since === null || at > since.getTime())
  if (times.length < count) return false
  return Math.max(...times) - Math.min(...times) >= days * DAY_MS
}

export function softExpiry(now: Date, { suppressDays }: PolicyConfig['soft']): Date {
  return new Date(now.getTime() + suppressDays * DAY_MS)
}

function hold(because: string): Hold {
  return { verdict: 'hold', because }
}
