import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

/** Providers by name, made where they are new. @returns their ids */
export async function upsertProviders(
  db: Db,
  names: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; name: string }>`
    with made as (
      insert into providers (name) select distinct name from unnest(${names}::text[]) as given (name) order by name
      on conflict do nothing returning id, name
    )
    select id, name from made union all select id, name from providers where name = any(${names}::text[])`.execute(
    db,
  )
  return new Map(rows.map(({ id, name }) => [name, id]))
}

/** Domains of which we know without DNS. In order: two who note the same ones do not wait for each other. */
export async function noteKnownDomains(
  db: Db,
  known: readonly { domain: string; host: string }[],
): Promise<void> {
  await sql`
    insert into domains (domain, host, ask_at)
    select domain, host, 'infinity' from unnest(${known.map((each) => each.domain)}::text[],
      ${known.map((each) => each.host)}::text[]) as given (domain, host) order by domain
    on conflict (domain) do update set host = excluded.host, ask_at = excluded.ask_at
      where domains.host <> excluded.host or domains.ask_at <> excluded.ask_at`.execute(db)
}

/** So many readers at one host among those of a slice make it a provider of its own, with limits of its own. */
const MANY = 20
/** Ids are small: the rest of the world's domains stay together. */
const MOST_PROVIDERS = 30_000

/**
 * The domains of the next slice's readers, noted for DNS; hosts with many of them become providers. In statements of
 * their own, before the slice: what they write is nobody's but theirs, and two campaigns meet there.
 */
export async function noteDomainsOf(
  db: Db,
  slice: Readonly<{ campaignId: Id; newsletterId: Id; after: Id | null; size: number }>,
): Promise<void> {
  const readers = sql`
    select split_part(r.address_key, '@', -1) as domain
    from subscriptions as s join subscribers as r on r.id = s.subscriber_id
    where s.newsletter_id = ${slice.newsletterId} and s.state = 'active'
      and s.joined_at <= (select starts_at from campaigns where id = ${slice.campaignId})
      and s.subscriber_id > ${slice.after ?? -1} and r.id > ${slice.after ?? -1}
    order by s.subscriber_id limit ${slice.size}`
  const { rows } = await sql<{ host: string }>`
    with seen as materialized (
      select domain, count(*)::int as readers from (${readers}) as r group by 1
    ), noted as (
      insert into domains (domain, host)
      select domain, domain from seen where not exists (select from domains as d where d.domain = seen.domain)
      order by domain on conflict do nothing
    )
    select host from (
      select coalesce(d.host, s.domain) as host, sum(s.readers) as readers
      from seen as s left join domains as d on d.domain = s.domain group by 1
    ) as hosts
    where readers >= ${MANY} and not exists (select from providers where name = host)`.execute(db)
  if (rows.length === 0) return
  const { count } = await db
    .selectFrom('providers')
    .select(sql<number>`count(*)::int`.as('count'))
    .executeTakeFirstOrThrow()
  if (count + rows.length > MOST_PROVIDERS) return
  await upsertProviders(
    db,
    rows.map(({ host }) => host),
  )
}

/** The domains of all readers of a newsletter, noted for DNS: 2 s for a million, of which nobody waits. */
export async function noteAllDomains(db: Db, newsletterId: Id): Promise<void> {
  await sql`
    insert into domains (domain, host)
    select domain, domain from (
      select distinct split_part(r.address_key, '@', -1) as domain
      from subscriptions as s join subscribers as r on r.id = s.subscriber_id
      where s.newsletter_id = ${newsletterId} and s.state = 'active') as seen
    where not exists (select from domains as d where d.domain = seen.domain)
    order by domain on conflict do nothing`.execute(db)
}

/** A batch of domains that DNS is to be asked about; others ask about others. Where no answer is stored: in an hour. */
export async function takeDomainsToAsk(db: Db, limit: number): Promise<string[]> {
  const { rows } = await sql<{ domain: string }>`
    update domains set ask_at = now() + interval '1 hour' where domain in (
      select domain from domains where ask_at <= now() order by ask_at limit ${limit} for update skip locked)
    returning domain`.execute(db)
  return rows.map(({ domain }) => domain)
}

/** Kept for a week. */
export async function storeHosts(
  db: Db,
  answers: readonly { domain: string; host: string }[],
): Promise<void> {
  await sql`
    update domains as d set host = g.host, ask_at = now() + interval '7 days' * (0.9 + 0.2 * random())
    from unnest(${answers.map((each) => each.domain)}::text[], ${answers.map((each) => each.host)}::text[])
      as g (domain, host)
    where d.domain = g.domain`.execute(db)
}
