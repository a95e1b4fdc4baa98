import type { BounceReason } from '../../mail/bounce-reason.ts'

/** What a report says of one recipient. Addresses in lower case. */
export type BounceEvent = Readonly<{
  finalRecipient: string | null
  originalRecipient: string | null
  /** RFC 3464 2.3.3, lower case: failed, delayed, delivered, relayed, expanded. */
  action: string | null
  /** RFC 3463, where the mail itself says one: `5.1.1`. */
  status: string | null
  /** null: it was delivered, or the report says nothing at all. */
  type: 'hard' | 'soft' | 'block' | null
  reason: BounceReason | null
  /** The server's own words, addresses masked, at most 500 characters. */
  diagnostic: string | null
}>

/** RFC 5965 3.1 and its register, RFC 6430 and 6692 included; others as they are written. */
export type FeedbackType =
  | 'abuse'
  | 'fraud'
  | 'virus'
  | 'other'
  | 'not-spam'
  | 'opt-out'
  | 'auth-failure'

/** What the returned mail says of itself. */
export type Original = Readonly<{
  /** With its angle brackets. */
  originalMessageId: string | null
  /** Names in lower case; the first of a name; empty where nothing was returned. */
  originalHeaders: Readonly<Record<string, string>>
}>

/** What came in by mail. */
export type ReturnedMail =
  | (Readonly<{ kind: 'bounce'; recipients: readonly BounceEvent[] }> & Original)
  | (Readonly<{
      kind: 'complaint'
      feedbackType: FeedbackType
      /** Who complains, in lower case; empty where the provider hides it. */
      recipients: readonly string[]
      /** RFC 9477: what we wrote into CFBL-Feedback-ID. */
      cfblFeedbackId: string | null
    }> &
      Original)
  /** reply: a person wrote, to something we sent. */
  | Readonly<{ kind: 'auto-reply' | 'reply' | 'other' }>
