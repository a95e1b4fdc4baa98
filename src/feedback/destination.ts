import type { Db } from '../../db/client.ts'
import { allNewsletters } from '../../db/queries/newsletters.ts'
import type { Secrets } from '../secrets.ts'
import { type Destination, openInboundToken } from './record.ts'

/** By name on our domain: RFC 5321 4.5.1 and RFC 2142 want the first two, complaint loops are registered for the third. */
const NAMED: Readonly<Record<string, 'postmaster' | 'abuse' | 'fbl'>> = {
  postmaster: 'postmaster',
  abuse: 'abuse',
  fbl: 'fbl',
}

/**
 * What one of our addresses is for: a token, a name that every domain has, `subscribe` (where there is one newsletter),
 * `<slug>-subscribe`, or where a newsletter's replies go. null: none of ours.
 */
export async function findDestination(
  { db, secrets, domain }: Readonly<{ db: Db; secrets: Secrets; domain: string }>,
  address: string,
  now: Date,
): Promise<Destination | null> {
  const folded = address.toLowerCase()
  // RFC 5321 4.1.1.3: the postmaster may be named without a domain.
  if (folded === 'postmaster') return { kind: 'postmaster' }
  const at = folded.lastIndexOf('@')
  const localPart = folded.slice(0, Math.max(0, at))
  if (folded.slice(at + 1) !== domain.toLowerCase()) return null
  const token = openInboundToken(secrets, localPart, now)
  if (token !== null) return token
  const named = Object.hasOwn(NAMED, localPart) ? NAMED[localPart] : undefined
  return named ? { kind: named } : await findNewsletter(db, folded, localPart)
}

async function findNewsletter(
  db: Db,
  address: string,
  localPart: string,
): Promise<Destination | null> {
  const newsletters = await allNewsletters(db)
  const replies = newsletters.find(
    (newsletter) => (newsletter.reply_to ?? newsletter.from_address).toLowerCase() === address,
  )
  if (replies) return { kind: 'reply', newsletterId: replies.id }
  const slug = /^(.+)-subscribe$/.exec(localPart)?.[1]
  const [first, ...others] = newsletters
  const wanted =
    slug !== undefined
      ? newsletters.find((newsletter) => newsletter.slug === slug)
      : localPart === 'subscribe' && others.length === 0
        ? first
        : undefined
  return wanted ? { kind: 'subscribe', newsletterId: wanted.id } : null
}
