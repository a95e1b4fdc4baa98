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

/** Who was sent the campaign, as the ledger has it, with the address as it is now. */
export async function acceptedReaders(
  db: Db,
  campaignId: Id,
): Promise<{ subscriberId: Id; address: string; attempts: number }[]> {
  return db
    .selectFrom('deliveries as d')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .select(['d.subscriber_id as subscriberId', 's.address', 'd.attempts'])
    .where('d.campaign_id', '=', campaignId)
    .where('d.state', '=', 'accepted')
    .execute()
}
