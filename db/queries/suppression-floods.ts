import { sql } from 'kysely'
import type { Trx } from '../client.ts'
import type { FeedbackSource, Id } from '../types.ts'

/** From whom reports came, and when. */
export type Flood = Readonly<{
  source: FeedbackSource
  /** null: whatever the origin. */
  origin: string | null
  since: Date
}>

export type Lifting = Readonly<{ note: string; at: Date }>

const THEIRS = ({ source, origin, since }: Flood) =>
  sql`f.source = ${source} and f.at >= ${since} ${origin === null ? sql`` : sql`and f.origin = ${origin}`}`

/** All suppressions that follow from these reports, by whom the lifting is kept. @returns how many stood */
export async function liftFlood(trx: Trx, flood: Flood, { note, at }: Lifting): Promise<number> {
  const result = await sql`
    update suppressions as u set lifted_at = ${at}, lifted_by = 'editor', lifted_note = ${note}
    from feedback_events as f
    where u.event_id = f.id and u.lifted_at is null and ${THEIRS(flood)}`.execute(trx)
  return Number(result.numAffectedRows ?? 0n)
}

/** They are kept and shown, and count no more: in rates, in series. */
export async function discountFlood(trx: Trx, flood: Flood): Promise<void> {
  await sql`update feedback_events as f set proven = false where f.proven and ${THEIRS(flood)}`.execute(
    trx,
  )
}

/**
 * Subscriptions that these complaints ended and that nothing has touched since are active again, with their history.
 * @returns how many
 */
export async function restoreFlooded(
  trx: Trx,
  flood: Flood,
  { note, at }: Lifting,
): Promise<number> {
  const { rows } = await sql<{ id: Id }>`
    with gone as materialized (
      select distinct on (e.newsletter_id, e.subscriber_id) e.newsletter_id, e.subscriber_id, e.at
      from feedback_events as f
      join subscription_events as e on e.subscriber_id = f.subscriber_id and e.newsletter_id = f.newsletter_id
        and e.kind = 'unsubscribed' and e.detail ->> 'event' = f.id::text
      where f.kind = 'complaint' and ${THEIRS(flood)}
    ), back as (
      update subscriptions as s set state = 'active', changed_at = ${at} from gone
      where s.newsletter_id = gone.newsletter_id and s.subscriber_id = gone.subscriber_id
        and s.state = 'unsubscribed' and s.changed_at = gone.at and s.joined_at is not null
      returning s.newsletter_id, s.subscriber_id
    )
    insert into subscription_events (newsletter_id, subscriber_id, at, kind, source, wording)
    select newsletter_id, subscriber_id, ${at}, 'restored', 'command', ${note} from back
    returning id`.execute(trx)
  return rows.length
}
