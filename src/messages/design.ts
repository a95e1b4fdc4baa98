/** What a newsletter decides about how its mails look and speak. */
export type Design = {
  newsletterName: string
  /** BCP 47. Wording in English or Simplified Chinese; dates in the language itself. */
  language: string
  /** IANA name. */
  timeZone: string
  /** `#rrggbb` */
  brandColor: string
  /** As one prints it; lines are kept. */
  postalAddress: string
}
