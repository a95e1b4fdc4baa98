import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

export type IssueVersionValues = Readonly<{
  issueId: Id
  markdown: string
  contentHash: Buffer
  title: string
  /** YYYY-MM-DD */
  date: string | null
  language: string
}>

export async function issueBySlug(
  db: Db,
  newsletterId: Id,
  slug: string,
): Promise<{ id: Id } | null> {
  const row = await db
    .selectFrom('issues')
    .select('id')
    .where('newsletter_id', '=', newsletterId)
    .where('slug', '=', slug)
    .executeTakeFirst()
  return row ?? null
}

/**
 * The issue's id, made where it is not there. The empty update locks the row until the transaction ends, so that two
 * edits at once number their versions one after the other.
 */
export async function lockIssue(trx: Trx, newsletterId: Id, slug: string): Promise<Id> {
  const row = await trx
    .insertInto('issues')
    .values({ newsletter_id: newsletterId, slug })
    .onConflict((conflict) =>
      conflict.columns(['newsletter_id', 'slug']).doUpdateSet({ slug: sql`excluded.slug` }),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

/** A new version under the lock of its issue, or null where a version with these words is there. */
export async function insertIssueVersion(
  trx: Trx,
  values: IssueVersionValues,
): Promise<{ id: Id; number: number } | null> {
  const result = await sql<{ id: Id; number: number }>`
    insert into issue_versions (issue_id, number, markdown, content_hash, title, issue_date, language)
    select ${values.issueId}, coalesce(max(number), 0) + 1, ${values.markdown}, ${values.contentHash},
      ${values.title}, ${values.date}::date, ${values.language}
    from issue_versions where issue_id = ${values.issueId}
    on conflict (issue_id, content_hash) do nothing
    returning id, number`.execute(trx)
  return result.rows[0] ?? null
}

export async function issueVersionByHash(
  trx: Trx,
  issueId: Id,
  contentHash: Buffer,
): Promise<{ id: Id; number: number }> {
  return trx
    .selectFrom('issue_versions')
    .select(['id', 'number'])
    .where('issue_id', '=', issueId)
    .where('content_hash', '=', contentHash)
    .executeTakeFirstOrThrow()
}

/** Slug and newest words of a newsletter's newest issues, newest first. */
export async function newestIssues(
  db: Db,
  newsletterId: Id,
  limit: number,
): Promise<{ slug: string; markdown: string }[]> {
  const result = await sql<{ slug: string; markdown: string }>`
    select slug, markdown from (
      select distinct on (i.id) i.id, i.slug, v.markdown, coalesce(v.issue_date, v.created_at::date) as date
      from issues as i join issue_versions as v on v.issue_id = i.id
      where i.newsletter_id = ${newsletterId}
      order by i.id, v.number desc
    ) as newest
    order by date desc, id desc limit ${limit}`.execute(db)
  return result.rows
}
