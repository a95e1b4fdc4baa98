import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

export type InactiveReader = Readonly<{
  subscriberId: Id
  address: string
  joinedAt: Date | null
  aliveAt: Date | null
  /** When they were asked whether to stay; null: not since their last sign of life. */
  askedAt: Date | null
  /** That they were sent since their last sign of life, of those that were looked at. */
  issues: number
}>

const ALIVE = sql`coalesce(greatest(s.alive_at, s.joined_at), '-infinity')`
const ASKED = sql`case when s.stay_asked_at > coalesce(s.alive_at, '-infinity') then s.stay_asked_at end`

/**
 * Active readers who were sent so many issues since their last sign of life. Looked at are twice as many, the newest,
 * so that who missed some is found too. One pass over those campaigns' partitions.
 */
function inactive(newsletterId: Id, issues: number): RawBuilder<unknown> {
  return sql`
    newest as materialized (
      select issue_id from campaigns where newsletter_id = ${newsletterId} and state = 'finished'
      group by issue_id order by max(id) desc limit ${2 * issues}
    ), recent as materialized (
      select id, issue_id, starts_at from campaigns
      where newsletter_id = ${newsletterId} and issue_id in (select issue_id from newest)
    ), got as materialized (
      select d.subscriber_id, count(distinct c.issue_id)::int as issues
      from deliveries as d join recent as c on c.id = d.campaign_id
        join subscriptions as s on s.newsletter_id = ${newsletterId} and s.subscriber_id = d.subscriber_id
          and s.state = 'active' and c.starts_at > ${ALIVE}
      where d.campaign_id = any(array(select id from recent)) and d.state = 'accepted'
      group by d.subscriber_id having count(distinct c.issue_id) >= ${issues}
    ), inactive as materialized (
      select r.id, r.address, r.address_hash, r.language, s.joined_at, s.alive_at, ${ASKED} as asked_at, got.issues
      from got join subscribers as r on r.id = got.subscriber_id
        join subscriptions as s on s.newsletter_id = ${newsletterId} and s.subscriber_id = r.id
      where not exists (select from suppressions as u where u.address_hash = r.address_hash and u.lifted_at is null
        and (u.expires_at is null or u.expires_at > now()))
    )`
}

/** By address. */
export async function inactiveReaders(
  db: Db,
  newsletterId: Id,
  issues: number,
  limit: number,
): Promise<InactiveReader[]> {
  const { rows } = await sql<InactiveReader>`
    with ${inactive(newsletterId, issues)}
    select id as "subscriberId", address, joined_at as "joinedAt", alive_at as "aliveAt", asked_at as "askedAt", issues
    from inactive order by address limit ${limit}`.execute(db)
  return rows
}

/**
 * Asks those who were not asked since their last sign of life: link, history and mail in one statement.
 * @returns how many
 */
export async function askInactive(
  db: Db,
  ask: Readonly<{
    newsletterId: Id
    issues: number
    retires: boolean
    language: string
    validDays: number
    limit: number
    now: Date
  }>,
): Promise<number> {
  const { newsletterId, now } = ask
  const { rows } = await sql`
    with ${inactive(newsletterId, ask.issues)}, chosen as (
      select * from inactive where asked_at is null order by id limit ${ask.limit}
    ), asked as (
      update subscriptions as s set confirm_id = random_id(), confirm_mailed_at = ${now}, stay_asked_at = ${now},
        confirm_expires_at = ${now}::timestamptz + ${ask.validDays} * interval '1 day'
      from chosen where s.newsletter_id = ${newsletterId} and s.subscriber_id = chosen.id and s.state = 'active'
      returning s.subscriber_id, s.confirm_id
    ), noted as (
      insert into subscription_events (newsletter_id, subscriber_id, at, kind, source)
      select ${newsletterId}, subscriber_id, ${now}, 'asked', 'inactive' from asked
    )
    insert into outbox (kind, newsletter_id, subscriber_id, address, address_hash, payload)
    select 'stay', ${newsletterId}, chosen.id, chosen.address, chosen.address_hash, jsonb_build_object(
      'language', coalesce(chosen.language, ${ask.language}), 'confirmId', asked.confirm_id::text,
      'retires', ${ask.retires}::boolean)
    from asked join chosen on chosen.id = asked.subscriber_id
    returning id`.execute(db)
  return rows.length
}

/**
 * Takes off who was asked that long ago, by a mail that was accepted, and has given no sign of life since. Nothing
 * follows each: who is asked hears nothing more.
 * @returns how many
 */
export async function retireInactive(
  db: Db,
  newsletterId: Id,
  askedBefore: Date,
  now: Date,
): Promise<number> {
  const { rows } = await sql`
    with gone as (
      update subscriptions as s set state = 'unsubscribed', changed_at = ${now}, confirm_id = null, confirm_expires_at = null
      where s.newsletter_id = ${newsletterId} and s.stay_asked_at < ${askedBefore} and s.state = 'active'
        and s.stay_asked_at > ${ALIVE}
        and s.subscriber_id in (select subscriber_id from outbox
          where kind = 'stay' and newsletter_id = ${newsletterId} and state = 'accepted')
      returning s.subscriber_id
    )
    insert into subscription_events (newsletter_id, subscriber_id, at, kind, source, followed_at)
    select ${newsletterId}, subscriber_id, ${now}, 'unsubscribed', 'inactive', ${now} from gone
    returning id`.execute(db)
  return rows.length
}

export type AskingNewsletter = Readonly<{
  id: Id
  slug: string
  language: string
  issues: number
  retires: boolean
}>

/** Those that want readers asked and were not looked at since then; looked at from now on. */
export async function takeAskingNewsletters(
  trx: Trx | Db,
  before: Date,
  now: Date,
): Promise<AskingNewsletter[]> {
  const { rows } = await sql<AskingNewsletter>`
    update newsletters set inactive_looked_at = ${now}
    where inactive_after is not null and coalesce(inactive_looked_at, '-infinity') < ${before}
    returning id, slug, language, inactive_after as issues, inactive_retires as retires`.execute(
    trx,
  )
  return rows
}
