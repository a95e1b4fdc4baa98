import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

/** What a provider's server said of a mail after it was accepted, by each way that the mail may have gone. */
export type LateWords = Readonly<{
  transportId: Id
  providerId: number
  provider: string
  status: string | null
  diagnostic: string
}>

/** Of proven bounces that speak of no dead address; what a session said its sender has heard. Only providers with a name. */
export async function lateWords(db: Db, eventIds: readonly Id[]): Promise<LateWords[]> {
  const { rows } = await sql<LateWords>`
    select w.transport_id as "transportId", p.id as "providerId", p.name as provider, f.status, f.diagnostic
    from feedback_events as f
    join deliveries as d on d.campaign_id = f.campaign_id and d.subscriber_id = f.subscriber_id
    join providers as p on p.id = d.provider_id and p.id <> 0
    join campaign_transports as w on w.campaign_id = f.campaign_id
    where f.id = any(${eventIds}::bigint[]) and f.proven and f.kind = 'bounce' and f.type in ('block', 'soft')
      and f.source <> 'session' and f.diagnostic is not null`.execute(db)
  return rows
}
