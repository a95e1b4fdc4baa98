import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { DeliveryState, FeedbackSource, Id, SentTo } from '../../db/types.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { DEFAULT_POLICY, type PolicyConfig } from '../../src/config-policy.ts'
import type { FeedbackOutcome } from '../../src/feedback/apply.ts'
import { handleFeedback } from '../../src/feedback/handle.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets } from '../../src/secrets.ts'
import { isSuppressed } from '../../src/suppression/suppression.ts'
import { someCampaign, someNewsletter, someReaders } from './campaigns.ts'
import type { TestDatabase } from './database.ts'
import { feedbackDeps } from './feedback.ts'

export type StagedReader = Readonly<{ id: Id; address: string; address_hash: Buffer }>

/** What intake would have written of one event. */
export type StagedEvent = Readonly<{
  kind?: 'bounce' | 'complaint' | 'other' | 'delivered' | 'subscribe' | 'reply' | 'unsubscribe'
  source?: FeedbackSource
  origin?: string
  sentTo?: SentTo
  campaignId?: Id | null
  reader?: StagedReader | null
  newsletterId?: Id
  type?: 'hard' | 'soft' | 'block'
  status?: string
  diagnostic?: string
  feedbackType?: string
  proof?: 'message-id' | 'address'
  addressHash?: Buffer
  auth?: object
  envelope?: object
  raw?: Buffer | string
  at?: Date
}>

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
export const ago = (ms: number) => new Date(Date.now() - ms)

/** A newsletter with some readers, campaigns handed over when a test says, and events as intake leaves them. */
export async function stageFeedback(
  { db }: TestDatabase,
  count: number,
  policy: PolicyConfig = DEFAULT_POLICY,
) {
  const secrets = createSecrets(parseKeys(newKeys(), 'test'))
  const newsletter: Newsletter = await someNewsletter(db)
  const ids = await someReaders(db, newsletter, count)
  const rows = await db
    .selectFrom('subscribers')
    .select(['id', 'address', 'address_hash'])
    .where('id', 'in', ids)
    .execute()
  const readers: StagedReader[] = ids.map((id) => rows.find((row) => row.id === id) as StagedReader)
  const deps = feedbackDeps(db, secrets, policy)

  return {
    ...{ db, secrets, newsletter, readers, deps },
    /** A campaign whose rows were handed over then. */
    async mailed(at: Date = new Date(), state: DeliveryState = 'accepted'): Promise<Id> {
      const slug = `i${randomBytes(6).toString('hex')}`
      const campaignId = await someCampaign(db, newsletter, { slug })
      while ((await prepareSlice(db, campaignId)) === 'more');
      await sql`update deliveries set state = ${state}, due_at = ${at}, first_at = ${at}, attempts = 1
        where campaign_id = ${campaignId} and state = 'queued'`.execute(db)
      await sql`update campaigns set created_at = ${at}, starts_at = ${at} where id = ${campaignId}`.execute(
        db,
      )
      return campaignId
    },
    event: (event: StagedEvent) => insertEvent(db, event),
    async handle(eventId: Id, now = new Date()): Promise<FeedbackOutcome> {
      return handleFeedback(deps, eventId, now)
    },
    async arrives(event: StagedEvent, now = new Date()): Promise<FeedbackOutcome> {
      return handleFeedback(deps, await insertEvent(db, event), now)
    },
    suppressed: (reader: StagedReader) => isSuppressed(db, reader.address_hash),
    async subscription(reader: StagedReader) {
      return db
        .selectFrom('subscriptions')
        .selectAll()
        .where('newsletter_id', '=', newsletter.id)
        .where('subscriber_id', '=', reader.id)
        .executeTakeFirstOrThrow()
    },
    async delivery(campaignId: Id, reader: StagedReader) {
      return db
        .selectFrom('deliveries')
        .selectAll()
        .where('campaign_id', '=', campaignId)
        .where('subscriber_id', '=', reader.id)
        .executeTakeFirstOrThrow()
    },
    eventRow: (id: Id) =>
      db.selectFrom('feedback_events').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
  }
}

export type Stage = Awaited<ReturnType<typeof stageFeedback>>

async function insertEvent(db: TestDatabase['db'], event: StagedEvent): Promise<Id> {
  const { source = 'webhook', kind = 'bounce', origin = 'postmark', reader, raw, ...rest } = event
  const given = Object.entries({
    ...{ source, kind, origin, sent_to: rest.sentTo, campaign_id: rest.campaignId },
    ...{ subscriber_id: reader?.id, newsletter_id: rest.newsletterId, type: rest.type },
    ...{ status: rest.status, diagnostic: rest.diagnostic, feedback_type: rest.feedbackType },
    ...{ proof: rest.proof ?? (source === 'webhook' ? 'message-id' : undefined) },
    ...{ address_hash: rest.addressHash, at: rest.at },
    ...{ auth: rest.auth && JSON.stringify(rest.auth) },
    ...{ envelope: rest.envelope && JSON.stringify(rest.envelope) },
    evidence_id: raw === undefined ? undefined : await insertRaw(db, source, Buffer.from(raw)),
  }).filter(([, value]) => value !== undefined)
  const row = await db
    .insertInto('feedback_events')
    .values(Object.fromEntries(given) as never)
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

async function insertRaw(db: TestDatabase['db'], source: string, raw: Buffer): Promise<Id> {
  const { id } = await db
    .insertInto('evidence')
    .values({ kind: source === 'webhook' ? 'payload' : 'mail', raw })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}
