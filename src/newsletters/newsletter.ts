import type { Db } from '../../db/client.ts'
import {
  allNewsletters,
  insertNewsletter,
  type NewsletterRow,
  newsletterBySlug,
  updateNewsletter,
} from '../../db/queries/newsletters.ts'
import { PostriderError } from '../errors.ts'
import { type NewsletterFields, readNewsletterFields } from './fields.ts'

/** The publication: name, sender, brand, language, time zone, policies, whom to tell. */
export type Newsletter = NewsletterRow

export type NewNewsletterInput = NewsletterFields &
  Readonly<{ slug: string; name: string; fromAddress: string }>

/** What stands at the root of the pages, and what may: a newsletter of that slug could not be reached. */
const PATHS = new Set([
  'u',
  'subscribe',
  'confirm',
  'healthz',
  'hooks',
  'api',
  'app',
  'media',
  'assets',
])

/** @throws PostriderError bad-input */
export function requireSlug(slug: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug)) {
    throw new PostriderError(
      'bad-input',
      `"${slug}" is no slug: 1 to 63 of a-z, 0-9 and dashes, not beginning with a dash`,
      { place: 'slug' },
    )
  }
  if (PATHS.has(slug)) {
    throw new PostriderError('bad-input', `"${slug}" is a path of our own: choose another slug`, {
      place: 'slug',
    })
  }
}

/**
 * @param input `fromName` defaults to the name; what is left out has the defaults of the table
 * @throws PostriderError bad-input with the field as its place
 */
export async function createNewsletter(db: Db, input: NewNewsletterInput): Promise<Newsletter> {
  const { slug, ...fields } = input
  requireSlug(slug)
  const values = readNewsletterFields({ fromName: fields.fromName ?? fields.name, ...fields })
  const { name, from_name, from_address } = values
  if (name === undefined || from_name === undefined || from_address === undefined) {
    throw new PostriderError(
      'bad-input',
      'a newsletter needs a name and an address that it is from',
    )
  }
  const row = await insertNewsletter(db, { ...values, slug, name, from_name, from_address })
  if (row === null) {
    throw new PostriderError('bad-input', `there is a newsletter "${slug}" already`, {
      place: 'slug',
    })
  }
  return row
}

export async function findNewsletter(db: Db, slug: string): Promise<Newsletter | null> {
  return newsletterBySlug(db, slug)
}

/** @throws PostriderError not-found, naming those that there are */
export async function requireNewsletter(db: Db, slug: string): Promise<Newsletter> {
  return (await newsletterBySlug(db, slug)) ?? unknownNewsletter(db, slug)
}

/** By slug. */
export async function listNewsletters(db: Db): Promise<Newsletter[]> {
  return allNewsletters(db)
}

/**
 * Changes what is given and leaves the rest. The slug stays: links and List-Id are made with it.
 * @throws PostriderError not-found, bad-input with the field as its place
 */
export async function editNewsletter(
  db: Db,
  slug: string,
  changes: NewsletterFields,
): Promise<Newsletter> {
  const values = readNewsletterFields(changes)
  if (Object.keys(values).length === 0) return requireNewsletter(db, slug)
  return (await updateNewsletter(db, slug, values)) ?? unknownNewsletter(db, slug)
}

async function unknownNewsletter(db: Db, slug: string): Promise<never> {
  const slugs = (await allNewsletters(db)).map((row) => row.slug)
  const known =
    slugs.length === 0
      ? 'there is none yet (postrider newsletter create)'
      : `known: ${slugs.join(', ')}`
  throw new PostriderError('not-found', `there is no newsletter "${slug}"; ${known}`, {
    place: 'newsletter',
  })
}
