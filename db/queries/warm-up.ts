import { sql } from 'kysely'
import type { Trx } from '../client.ts'
import type { Id } from '../types.ts'

/**
 * Readers of each provider whose mail by this transport came back, or who complained, since the day on which it was last
 * used: what a session said is counted there and then (`countTroubles`).
 */
export async function troublesSinceLastDay(
  trx: Trx,
  transportId: Id,
  providerIds: readonly number[],
): Promise<Map<number, number>> {
  const { rows } = await sql<{ providerId: number; count: number }>`
    select p.provider_id as "providerId", count(distinct (f.campaign_id, f.subscriber_id))::int as count
    from provider_pace as p
      join feedback_events as f on f.proven and f.at >= p.day::timestamp at time zone 'utc'
        and f.kind in ('bounce', 'complaint') and f.source <> 'session'
      join campaign_transports as w on w.campaign_id = f.campaign_id and w.transport_id = p.transport_id
      join deliveries as d on d.campaign_id = f.campaign_id and d.subscriber_id = f.subscriber_id
        and d.provider_id = p.provider_id
    where p.transport_id = ${transportId} and p.provider_id = any(${providerIds}::smallint[])
    group by p.provider_id`.execute(trx)
  return new Map(rows.map((row) => [row.providerId, row.count]))
}
