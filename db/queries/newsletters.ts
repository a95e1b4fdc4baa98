import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Db } from '../client.ts'
import type { Database, Id } from '../types.ts'

export type NewsletterRow = Selectable<Database['newsletters']>
export type NewNewsletter = Insertable<Database['newsletters']>
export type NewsletterChanges = Omit<Updateable<Database['newsletters']>, 'id' | 'slug'>

/** The new row, or null where the slug is taken. */
export async function insertNewsletter(
  db: Db,
  values: NewNewsletter,
): Promise<NewsletterRow | null> {
  const row = await db
    .insertInto('newsletters')
    .values(values)
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

export async function newsletterBySlug(db: Db, slug: string): Promise<NewsletterRow | null> {
  const row = await db
    .selectFrom('newsletters')
    .selectAll()
    .where('slug', '=', slug)
    .executeTakeFirst()
  return row ?? null
}

export async function newsletterById(db: Db, id: Id): Promise<NewsletterRow | null> {
  const row = await db.selectFrom('newsletters').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? null
}

/** By slug. */
export async function allNewsletters(db: Db): Promise<NewsletterRow[]> {
  return db.selectFrom('newsletters').selectAll().orderBy('slug').execute()
}

/** The row as it is now, or null where there is none of that slug. Of the theme, what is not named stays. */
export async function updateNewsletter(
  db: Db,
  slug: string,
  changes: NewsletterChanges,
): Promise<NewsletterRow | null> {
  const { theme, ...others } = changes
  const row = await db
    .updateTable('newsletters')
    .set(theme === undefined ? others : { ...others, theme: mergedTheme(theme) })
    .where('slug', '=', slug)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

const mergedTheme = (theme: string) => sql<string>`theme || ${theme}::jsonb`
