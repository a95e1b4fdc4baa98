import type { Db } from '../../db/client.ts'
import { PostriderError } from '../errors.ts'
import { findNewsletter, listNewsletters, type Newsletter } from '../newsletters/newsletter.ts'

/**
 * The newsletter named by `--newsletter`, else by the issue, else the only one there is.
 * @throws PostriderError not-found
 */
export async function chooseNewsletter(
  db: Db,
  ...names: (string | null | undefined)[]
): Promise<Newsletter> {
  const slug = names.find((name) => name)
  if (slug) {
    const newsletter = await findNewsletter(db, slug)
    if (newsletter) return newsletter
    throw new PostriderError(
      'not-found',
      `there is no newsletter "${slug}": \`postrider newsletter list\` shows those there are`,
    )
  }
  const [only, ...others] = await listNewsletters(db)
  if (only && others.length === 0) return only
  throw new PostriderError(
    'bad-input',
    only
      ? 'there are several newsletters: name one with --newsletter'
      : 'there is no newsletter yet: make one with `postrider init` or `postrider newsletter create`',
  )
}
