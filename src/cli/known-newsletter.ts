import type { Db } from '../../db/client.ts'
import { attributesOfReaders } from '../../db/queries/subscribers.ts'
import type { Design } from '../messages/design.ts'
import { designOf } from '../newsletters/design.ts'
import { type Newsletter, requireNewsletter } from '../newsletters/newsletter.ts'
import type { Context } from './context.ts'
import type { Readership } from './findings.ts'

/** A newsletter as the database has it, as far as an issue that is only looked at needs it. */
export type KnownNewsletter = Readonly<{
  /** How its mails in a language look. */
  design: (language: string) => Design
  readership: Readership
}>

/**
 * That of `--newsletter`; without it no database is opened.
 * @throws PostriderError not-found
 */
export async function knownNewsletter(
  context: Context,
  options: { newsletter?: string },
): Promise<KnownNewsletter | null> {
  if (!options.newsletter) return null
  const { db } = await context.runtime()
  const newsletter = await requireNewsletter(db, options.newsletter)
  return {
    design: (language) => designOf(newsletter, language),
    readership: await readershipOf(db, newsletter),
  }
}

export async function readershipOf(db: Db, newsletter: Newsletter): Promise<Readership> {
  return {
    sender: { name: newsletter.from_name, address: newsletter.from_address },
    attributes: new Set(await attributesOfReaders(db, newsletter.id)),
  }
}
