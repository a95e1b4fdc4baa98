import type { Db } from '../../db/client.ts'
import { insertEvidence } from '../../db/queries/evidence.ts'
import { insertDoorEvent } from '../../db/queries/feedback-events.ts'
import type { Id } from '../../db/types.ts'
import { openBounceLocalPart, openUnsubscribeLocalPart } from '../mail/token-address.ts'
import type { Secrets } from '../secrets.ts'

/** Whom a mail to us is about: the token decides, not what the mail says. */
export type InboundToken =
  | Readonly<{ kind: 'bounce'; campaignId: Id; subscriberId: Id }>
  | Readonly<{ kind: 'unsubscribe'; newsletterId: Id; subscriberId: Id }>

const DAY_MS = 86_400_000
/** So old may a return path be. Unsubscribe addresses work for ever. */
const BOUNCE_TOKEN_DAYS = 30

/** null: none of ours, or too old. */
export function openInboundToken(
  secrets: Secrets,
  localPart: string,
  now: Date,
): InboundToken | null {
  const bounce = openBounceLocalPart(secrets, localPart)
  if (bounce !== null) {
    const age = Math.floor(now.getTime() / DAY_MS) - bounce.day
    if (age > BOUNCE_TOKEN_DAYS) return null
    return { kind: 'bounce', campaignId: bounce.campaignId, subscriberId: bounce.subscriberId }
  }
  const unsubscribe = openUnsubscribeLocalPart(secrets, localPart)
  return unsubscribe && { kind: 'unsubscribe', ...unsubscribe }
}

/**
 * Keeps a mail as it came, with an event for each token it was sent to, in one transaction. What it says is read by
 * the feedback job: a mail that no parser survives is kept all the same.
 * @returns ids of the events, to ring 'feedback' for once this has returned
 */
export async function recordInbound(
  db: Db,
  raw: Buffer,
  tokens: readonly InboundToken[],
): Promise<Id[]> {
  return await db.transaction().execute(async (trx) => {
    const evidenceId = await insertEvidence(trx, 'mail', raw)
    const ids: Id[] = []
    for (const token of tokens) {
      ids.push(
        await insertDoorEvent(trx, {
          kind: token.kind === 'bounce' ? 'other' : 'unsubscribe',
          campaignId: token.kind === 'bounce' ? token.campaignId : null,
          newsletterId: token.kind === 'bounce' ? null : token.newsletterId,
          subscriberId: token.subscriberId,
          evidenceId,
        }),
      )
    }
    return ids
  })
}
