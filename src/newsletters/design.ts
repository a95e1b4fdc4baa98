import type { Design } from '../messages/design.ts'
import type { Newsletter } from './newsletter.ts'

/** How this newsletter's mails look. `language`: an issue's or a reader's, where it is not the newsletter's. */
export function designOf(newsletter: Newsletter, language = newsletter.language): Design {
  return {
    newsletterName: newsletter.name,
    language,
    timeZone: newsletter.time_zone,
    brandColor: newsletter.brand_color,
    postalAddress: newsletter.postal_address,
  }
}
