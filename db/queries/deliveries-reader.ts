import type { Db } from '../client.ts'
import type { DeliveryState, Id } from '../types.ts'

export type SubscriberDelivery = Readonly<{
  campaignId: Id
  subject: string
  state: DeliveryState
  reason: string | null
  attempts: number
  /** Since when it is settled, or when it is due. */
  at: Date
  reply: string | null
}>

/** What one reader was sent, newest campaign first. */
export async function deliveriesOfSubscriber(
  db: Db,
  subscriberId: Id,
  limit: number,
): Promise<SubscriberDelivery[]> {
  return db
    .selectFrom('deliveries as d')
    .innerJoin('campaigns as c', 'c.id', 'd.campaign_id')
    .leftJoin('replies as r', 'r.id', 'd.reply_id')
    .select(['d.campaign_id as campaignId', 'c.subject', 'd.state', 'd.reason', 'd.attempts'])
    .select(['d.due_at as at', 'r.text as reply'])
    .where('d.subscriber_id', '=', subscriberId)
    .orderBy('d.campaign_id', 'desc')
    .limit(limit)
    .execute()
}
