import type { Db, Trx } from '../client.ts'
import type { FeedbackKind, FeedbackSource, Id, MailAuth, MailEnvelope, SentTo } from '../types.ts'

export type MailEvent = Readonly<{
  source: FeedbackSource
  kind: FeedbackKind
  sentTo: SentTo
  campaignId: Id | null
  subscriberId: Id | null
  newsletterId: Id | null
  evidenceId: Id
  origin: string | null
  onceKey: string | null
  tokens: number
  envelope: MailEnvelope | null
}>

/**
 * A mail's events, waiting for the feedback job; those that are there already are left out.
 * @returns ids of the new ones
 */
export async function insertMailEvents(trx: Trx, events: readonly MailEvent[]): Promise<Id[]> {
  if (events.length === 0) return []
  const rows = await trx
    .insertInto('feedback_events')
    .values(
      events.map((event) => ({
        ...{ source: event.source, kind: event.kind, sent_to: event.sentTo, tokens: event.tokens },
        ...{ campaign_id: event.campaignId, subscriber_id: event.subscriberId },
        ...{ newsletter_id: event.newsletterId, evidence_id: event.evidenceId },
        ...{ origin: event.origin, once_key: event.onceKey },
        envelope: event.envelope && JSON.stringify(event.envelope),
      })),
    )
    .onConflict((conflict) =>
      conflict.column('once_key').where('once_key', 'is not', null).doNothing(),
    )
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Who sent a mail, found out once. */
export async function recordAuth(db: Db, id: Id, auth: MailAuth): Promise<void> {
  await db
    .updateTable('feedback_events')
    .set({ auth: JSON.stringify(auth) })
    .where('id', '=', id)
    .where('auth', 'is', null)
    .execute()
}
