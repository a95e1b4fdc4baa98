import type { BounceType, DeliveryState } from '../../db/types.ts'

/** What is known of a bounce. `status`: RFC 3463; `action`: RFC 3464 2.3.3, null where a session has none. */
export type BounceFacts = Readonly<{
  source: 'door' | 'session'
  action: string | null
  status: string | null
  /** null: the ledger has no such delivery. */
  deliveryState: DeliveryState | null
}>

export type Verdict =
  | Readonly<{ verdict: 'suppress' }>
  /** Kept, counted, shown; changes nothing. */
  | Readonly<{ verdict: 'hold'; because: string }>
  /** The report was faster than the record of the reply: ask again. */
  | Readonly<{ verdict: 'wait' }>

/** Of the address itself, for good. 5.1.7 and 5.1.8 (RFC 3463 3.2) are about the sender's: not the reader's fault. */
const BAD_ADDRESS = /^5\.1\.(?![78]$)\d{1,3}$/

/** The state of a delivery that a bounce from there can be about. */
const STATE_BEFORE = { door: 'accepted', session: 'rejected' } as const

/** Only proof acts: a final failure, for the address's sake, of a delivery that the ledger knows. */
export function judgeBounce(facts: BounceFacts): Verdict {
  const { source, action, status, deliveryState } = facts
  if (source === 'door' && action !== 'failed') {
    return hold(action === null ? 'the report names no action' : `action ${action} is not failed`)
  }
  if (status === null) return hold('no status')
  if (!BAD_ADDRESS.test(status)) {
    return hold(
      status.startsWith('5.1.')
        ? `status ${status} is about the sender`
        : `status ${status} is not 5.1.x`,
    )
  }
  if (deliveryState === null) return hold('no such delivery')
  if (deliveryState === 'sending') return { verdict: 'wait' }
  if (deliveryState !== STATE_BEFORE[source]) {
    return hold(`delivery is ${deliveryState}, not ${STATE_BEFORE[source]}`)
  }
  return { verdict: 'suppress' }
}

/** hard: the address; block: policy, not the reader's fault; soft: may pass; null: says too little. */
export function bounceTypeOf(status: string | null, action: string | null): BounceType | null {
  if (action === 'delayed' || status?.startsWith('4.')) return 'soft'
  if (status === null) return null
  if (BAD_ADDRESS.test(status)) return 'hard'
  if (status.startsWith('5.7.')) return 'block'
  // Mailbox full, over quota, disabled: RFC 3463 3.3. Some come back.
  return status.startsWith('5.2.') ? 'soft' : null
}

function hold(because: string): Verdict {
  return { verdict: 'hold', because }
}
