import { PostriderError } from '../errors.ts'
import { type Design, readTheme } from '../messages/design.ts'
import type { Newsletter } from './newsletter.ts'

/**
 * How this newsletter's mails look. `language`: an issue's or a reader's, where it is not the newsletter's.
 * @throws PostriderError wrong-state: what the database holds is no theme
 */
export function designOf(newsletter: Newsletter, language = newsletter.language): Design {
  const reading = readTheme(newsletter.theme)
  if (!reading.ok) {
    const [{ field, problem } = { field: 'theme', problem: 'broken' }] = reading.problems
    throw new PostriderError('wrong-state', `the theme of ${newsletter.slug}: ${field}: ${problem}`)
  }
  return {
    newsletterName: newsletter.name,
    language,
    timeZone: newsletter.time_zone,
    brandColor: newsletter.brand_color,
    postalAddress: newsletter.postal_address,
    theme: reading.theme,
  }
}
