import type { Db } from '../../db/client.ts'
import { deleteEvidence, insertEvidence } from '../../db/queries/evidence.ts'
import { insertMailEvents, type MailEvent } from '../../db/queries/intake.ts'
import type { Id, MailEnvelope, SentTo } from '../../db/types.ts'
import { openBounceLocalPart, openUnsubscribeLocalPart } from '../mail/token-address.ts'
import type { Secrets } from '../secrets.ts'
import { fingerprintOf, onceKeyOf } from './once-key.ts'

/** Whom a mail to a token of ours is about: the token decides, not what the mail says. */
export type InboundToken =
  | Readonly<{ kind: 'bounce'; campaignId: Id; subscriberId: Id }>
  | Readonly<{ kind: 'unsubscribe'; newsletterId: Id; subscriberId: Id }>

/** What an address of ours is for. */
export type Destination =
  | InboundToken
  | Readonly<{ kind: 'subscribe' | 'reply'; newsletterId: Id }>
  | Readonly<{ kind: Extract<SentTo, 'fbl' | 'postmaster' | 'abuse' | 'mailbox'> }>

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

/** How a mail came. */
export type MailArrival = Readonly<{
  source: 'door' | 'mailbox'
  /** The peer's network address, or the mailbox's name. */
  origin: string | null
  /** null: SMTP did not tell. */
  envelope?: MailEnvelope | null
  /** Names the mail where nothing in it does. */
  name?: string
}>

const DOOR: MailArrival = { source: 'door', origin: null }

/**
 * Keeps a mail as it came, with an event for each of our addresses it was sent to, in one transaction. What it says is
 * read by the feedback job: a mail that no parser survives is kept all the same. One that was kept before is not kept
 * again.
 * @returns ids of the new events, to ring 'feedback' for once this has returned
 */
export async function recordInbound(
  db: Db,
  raw: Buffer,
  given: readonly Destination[],
  arrival: MailArrival = DOOR,
): Promise<Id[]> {
  // Two tokens of one delivery, of different days say, are about one.
  const destinations = [...new Map(given.map((each) => [JSON.stringify(each), each])).values()]
  const name = fingerprintOf(raw) ?? arrival.name ?? null
  const tokens = destinations.filter(({ kind }) => kind === 'bounce').length
  return await db.transaction().execute(async (trx) => {
    const evidenceId = await insertEvidence(trx, 'mail', raw)
    const events = destinations.map((destination) => ({
      ...{ ...eventOf(destination), evidenceId, tokens },
      ...{ source: arrival.source, origin: arrival.origin, envelope: arrival.envelope ?? null },
      onceKey: name === null ? null : onceKeyOf(name, Object.values(destination)),
    }))
    const ids = await insertMailEvents(trx, events)
    if (ids.length === 0) await deleteEvidence(trx, evidenceId)
    return ids
  })
}

type About = Pick<MailEvent, 'kind' | 'sentTo' | 'campaignId' | 'subscriberId' | 'newsletterId'>

/** 'other' till the job has read it; an address that is for one thing says what the mail is. */
function eventOf(destination: Destination): About {
  const nobody = { campaignId: null, subscriberId: null, newsletterId: null }
  const sentTo = destination.kind
  switch (destination.kind) {
    case 'bounce': {
      const { campaignId, subscriberId } = destination
      return { kind: 'other', sentTo, campaignId, subscriberId, newsletterId: null }
    }
    case 'unsubscribe': {
      const { newsletterId, subscriberId } = destination
      return { kind: 'unsubscribe', sentTo, campaignId: null, subscriberId, newsletterId }
    }
    case 'subscribe':
    case 'reply':
      return {
        ...nobody,
        ...{ kind: destination.kind, sentTo, newsletterId: destination.newsletterId },
      }
    case 'fbl':
    case 'postmaster':
    case 'abuse':
    case 'mailbox':
      return { ...nobody, kind: 'other', sentTo }
  }
}
