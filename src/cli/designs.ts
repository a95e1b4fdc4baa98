import type { Design } from '../messages/design.ts'
import { designOf } from '../newsletters/design.ts'
import { requireNewsletter } from '../newsletters/newsletter.ts'
import type { Context } from './context.ts'

/** How mails in a language look. */
export type DesignOf = (language: string) => Design

/**
 * The look of `--newsletter`; without it no database is opened.
 * @throws PostriderError not-found
 */
export async function designs(
  context: Context,
  options: { newsletter?: string },
): Promise<DesignOf | undefined> {
  if (!options.newsletter) return undefined
  const { db } = await context.runtime()
  const newsletter = await requireNewsletter(db, options.newsletter)
  return (language) => designOf(newsletter, language)
}
