import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

export type SentIssue = Readonly<{
  slug: string
  title: string
  language: string
  /** YYYY-MM-DD: the issue's own date, else the day it was sent, in the newsletter's zone. */
  date: string
}>

/** Issues that went out or are going out, newest first, each by its newest campaign. */
export async function sentIssues(
  db: Db,
  newsletter: Readonly<{ id: Id; time_zone: string }>,
  limit: number,
): Promise<SentIssue[]> {
  const result = await sql<SentIssue>`
    select slug, title, language, date::text as date from (
      select distinct on (c.issue_id) c.issue_id, i.slug, v.title, v.language,
        coalesce(v.issue_date, (coalesce(c.started_at, c.starts_at) at time zone ${newsletter.time_zone})::date) as date
      from campaigns as c join issues as i on i.id = c.issue_id join issue_versions as v on v.id = c.issue_version_id
      where c.newsletter_id = ${newsletter.id} and c.state in ('sending', 'paused', 'finished')
      order by c.issue_id, c.id desc
    ) as newest
    order by newest.date desc, newest.issue_id desc limit ${limit}`.execute(db)
  return result.rows
}

/**
 * The page of an issue's newest campaign that began to send. One that was cancelled counts: its readers' mails say
 * where they can be read on the web.
 */
export async function webVersionOf(
  db: Db,
  newsletterId: Id,
  issueSlug: string,
): Promise<string | null> {
  const row = await db
    .selectFrom('campaigns as c')
    .innerJoin('issues as i', 'i.id', 'c.issue_id')
    .select('c.web_html')
    .where('i.newsletter_id', '=', newsletterId)
    .where('i.slug', '=', issueSlug)
    .where((eb) =>
      eb.or([
        eb('c.state', 'in', ['sending', 'paused', 'finished']),
        eb.and([eb('c.state', '=', 'cancelled'), eb('c.started_at', 'is not', null)]),
      ]),
    )
    .orderBy('c.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.web_html ?? null
}
