import type { Db } from '../../db/client.ts'
import { newsletterBySlug } from '../../db/queries/newsletters.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'

const LONGEST_SLUG = 200

/** What a path says, before the database is asked: Postgres's text takes no NUL. */
export function isSlugLike(text: string): boolean {
  return text.length <= LONGEST_SLUG && !text.includes('\0')
}

export async function newsletterOfPath(db: Db, slug: string): Promise<Newsletter | null> {
  return isSlugLike(slug) ? newsletterBySlug(db, slug) : null
}
