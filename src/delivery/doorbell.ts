import type { Id } from '../../db/types.ts'

/** "Look again": lost, it is rung again by the sweep; rung twice, it changes nothing. */
export type Doorbell = Readonly<
  | { queue: 'prepare'; payload: { campaignId: Id } }
  | { queue: 'send'; payload: { campaignId: Id; workerId: Id } }
  | { queue: 'outbox' | 'intake'; payload: Record<string, never> }
  | { queue: 'feedback'; payload: { eventId: Id } }
  | { queue: 'unsubscribe'; payload: { newsletterId: Id; subscriberId: Id } }
>

export function feedbackBell(eventId: Id): Doorbell {
  return { queue: 'feedback', payload: { eventId } }
}
