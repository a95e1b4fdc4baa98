import type { Db } from '../../db/client.ts'
import {
  askInactive,
  type InactiveReader,
  inactiveReaders,
  retireInactive,
  takeAskingNewsletters,
} from '../../db/queries/inactive.ts'
import type { Id } from '../../db/types.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How long who was asked has for an answer. */
export const ANSWER_DAYS = 21
/** The link works on: an answer that comes late is one. */
const VALID_DAYS = 60
/** Asked an hour, so that no flood of these stands before the confirmations in the outbox. */
const ASKED_AN_HOUR = 1_000

/**
 * Readers without a sign of life over so many issues: no confirmation, no answer to what they were asked, no reply.
 * Opens are none: programs load pictures, and people read without.
 */
export async function listInactive(
  db: Db,
  newsletter: Pick<Newsletter, 'id' | 'inactive_after'>,
  options: Readonly<{ issues?: number; limit: number }>,
): Promise<InactiveReader[]> {
  const issues = options.issues ?? newsletter.inactive_after ?? 10
  return inactiveReaders(db, newsletter.id, issues, options.limit)
}

/**
 * For newsletters that want it, once an hour each: who is inactive is asked, once, and who did not answer is taken off.
 * @returns what was done; ring 'outbox' where somebody was asked
 */
export async function sweepInactive(
  db: Db,
  now: Date,
): Promise<{ newsletterId: Id; asked: number; retired: number }[]> {
  const done: { newsletterId: Id; asked: number; retired: number }[] = []
  const newsletters = await takeAskingNewsletters(db, new Date(now.getTime() - HOUR_MS), now)
  for (const { id, issues, language, retires } of newsletters) {
    const askedBefore = new Date(now.getTime() - ANSWER_DAYS * DAY_MS)
    const retired = retires ? await retireInactive(db, id, askedBefore, now) : 0
    const asked = await askInactive(db, {
      ...{ newsletterId: id, issues, language, retires, now },
      ...{ validDays: VALID_DAYS, limit: ASKED_AN_HOUR },
    })
    if (asked + retired > 0) done.push({ newsletterId: id, asked, retired })
  }
  return done
}
