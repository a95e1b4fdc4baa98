import { type RawBuilder, sql } from 'kysely'
import type { Id } from '../types.ts'

/** A campaign's deliveries are a table of their own, below `deliveries`. */
export function partitionName(campaignId: Id): string {
  if (!/^\d+$/.test(campaignId)) throw new Error(`no campaign id: ${campaignId}`)
  return `deliveries_${campaignId}`
}

/**
 * Named directly, by what runs for each window of messages: a statement on `deliveries` that is planned once would be
 * planned for the partitions of all campaigns, and lock them each time.
 */
export function partitionOf(campaignId: Id): RawBuilder<unknown> {
  return sql.raw(partitionName(campaignId))
}
