import { sql } from 'kysely'
import type { Trx } from '../client.ts'
import type { Id } from '../types.ts'

/**
 * Skips what a reader who has left would still be sent. The open campaigns come as a list of values, so that Postgres
 * reads their partitions and no others. Not where they have come back meanwhile.
 */
export async function skipOpenDeliveries(
  trx: Trx,
  newsletterId: Id,
  subscriberId: Id,
): Promise<number> {
  const open = await trx
    .selectFrom('campaigns')
    .select('id')
    .where('newsletter_id', '=', newsletterId)
    .where('ended_at', 'is', null)
    .execute()
  if (open.length === 0) return 0
  const result = await sql`
    update deliveries set state = 'skipped', reason = 'unsubscribed', due_at = now()
    where campaign_id = any(${open.map((campaign) => campaign.id)}::bigint[])
      and subscriber_id = ${subscriberId} and state in ('queued', 'deferred')
      and not exists (select from subscriptions where newsletter_id = ${newsletterId}
        and subscriber_id = ${subscriberId} and state = 'active')`.execute(trx)
  return Number(result.numAffectedRows ?? 0n)
}
