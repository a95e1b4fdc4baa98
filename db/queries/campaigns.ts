import { type Selectable, sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { CampaignState, Database, Id } from '../types.ts'

export type CampaignRow = Selectable<Database['campaigns']>

/** From where to where a campaign may go. */
export type Move = Readonly<{ from: readonly CampaignState[]; to: CampaignState }>

/** What a move writes beside the state. */
export type MoveValues = Readonly<{
  reason?: string | null
  ended_at?: Date | null
  rejections_stand?: boolean
}>

const BEGINS = sql<Date>`coalesce(started_at, now())`

export type NewCampaign = Readonly<{
  newsletterId: Id
  issueId: Id
  issueVersionId: Id
  transportId: Id
  /** null: now, by Postgres's clock, which joined_at is written by too */
  startsAt: Date | null
  /** Where it starts now: so much later. */
  undoSeconds: number
  graceSeconds: number
  again: boolean
  /** JSON */
  message: string
  webHtml: string
  subject: string
  keyId: number
}>

/** The new campaign, `scheduled`, or null where the issue has an open one: the unique index decides. */
export async function insertCampaign(trx: Trx, values: NewCampaign): Promise<Id | null> {
  const row = await trx
    .insertInto('campaigns')
    .values({
      newsletter_id: values.newsletterId,
      issue_id: values.issueId,
      issue_version_id: values.issueVersionId,
      transport_id: values.transportId,
      state: 'scheduled',
      starts_at:
        values.startsAt ??
        sql<Date>`clock_timestamp() + ${values.undoSeconds}::float8 * interval '1 second'`,
      grace_seconds: values.graceSeconds,
      again: values.again,
      message: values.message,
      web_html: values.webHtml,
      subject: values.subject,
      sender: senderOf(values.newsletterId),
      key_id: values.keyId,
    })
    .onConflict((conflict) => conflict.column('issue_id').where('ended_at', 'is', null).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id ?? null
}

function senderOf(newsletterId: Id) {
  return sql<string>`(select jsonb_build_object('newsletterName', name, 'fromName', from_name,
    'fromAddress', from_address, 'replyTo', reply_to) from newsletters where id = ${newsletterId})`
}

export async function campaignById(db: Db, id: Id): Promise<CampaignRow | null> {
  const row = await db.selectFrom('campaigns').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? null
}

export async function stateOfCampaign(db: Db, id: Id): Promise<CampaignState | null> {
  const row = await db
    .selectFrom('campaigns')
    .select('state')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.state ?? null
}

/** Of these, the ones that are sending. */
export async function sendingAmong(db: Db, ids: readonly Id[]): Promise<Set<Id>> {
  const rows = await db
    .selectFrom('campaigns')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'sending')
    .execute()
  return new Set(rows.map((row) => row.id))
}

/** The campaign as moved, or null where it stood in no state that the move starts from. */
export async function moveCampaign(
  trx: Trx,
  id: Id,
  move: Move,
  values: MoveValues,
): Promise<CampaignRow | null> {
  const row = await trx
    .updateTable('campaigns')
    .set({
      ...{ state: move.to, ...values },
      ...(move.to === 'sending' ? { started_at: BEGINS, alive_at: sql<Date>`now()` } : {}),
    })
    .where('id', '=', id)
    .where('state', 'in', move.from)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** Starts whose time has come: all of them, or the one of that id; none while `guard` stands against all sending. */
export async function startCampaigns(db: Db, move: Move, guard: string, id?: Id): Promise<Id[]> {
  const rows = await db
    .updateTable('campaigns')
    .set({ state: move.to, started_at: sql<Date>`now()`, alive_at: sql<Date>`now()` })
    .where('state', 'in', move.from)
    // Not now(): a campaign made in this transaction starts later than it.
    .where('starts_at', '<=', sql<Date>`clock_timestamp()`)
    .where('starts_at', '>=', sql<Date>`clock_timestamp() - grace_seconds * interval '1 second'`)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('guard_trips')
            .select('id')
            .where('campaign_id', 'is', null)
            .where('ended_at', 'is', null)
            .where('guard', '=', guard),
        ),
      ),
    )
    .$if(id !== undefined, (query) => query.where('id', '=', id as Id))
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Campaigns that rows are still to be made for. */
export async function unpreparedCampaigns(db: Db): Promise<Id[]> {
  const rows = await db
    .selectFrom('campaigns')
    .select('id')
    .where('state', 'in', ['sending', 'paused'])
    .where('prepared_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Moved to cancelled, but a row of theirs had no outcome when somebody last looked. */
export async function endingCampaigns(db: Db): Promise<Id[]> {
  const rows = await db
    .selectFrom('campaigns')
    .select('id')
    .where('state', '=', 'cancelled')
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}

// Two scalar subqueries, each on its own partial index: joined, the planner may hash the open rows of all partitions.
const OPEN_ROW = sql<boolean>`(
  (select 1 from deliveries where campaign_id = campaigns.id and state in ('queued', 'deferred') limit 1) is not null
  or (select 1 from deliveries where campaign_id = campaigns.id and state = 'sending' limit 1) is not null)`

/** Prepared to the end, and no row is open. */
export async function campaignsAtTheirEnd(db: Db): Promise<Id[]> {
  const rows = await db
    .selectFrom('campaigns')
    .select('id')
    .where('state', '=', 'sending')
    .where('prepared_at', 'is not', null)
    .where(sql<boolean>`not ${OPEN_ROW}`)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Nothing but this transaction moves them until it ends. In the order of ids, so that two do not wait for each other. */
export async function lockCampaigns(trx: Trx, ids: readonly Id[]): Promise<void> {
  await trx
    .selectFrom('campaigns')
    .select('id')
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

/** Under the lock, as a statement of its own: a resend may have opened rows while the lock was waited for. */
export async function finishLockedCampaigns(
  trx: Trx,
  move: Move,
  ids: readonly Id[],
): Promise<CampaignRow[]> {
  return trx
    .updateTable('campaigns')
    .set({ state: move.to, reason: null, ended_at: sql<Date>`now()` })
    .where('id', 'in', ids)
    .where('state', 'in', move.from)
    .where('prepared_at', 'is not', null)
    .where(sql<boolean>`not ${OPEN_ROW}`)
    .returningAll()
    .execute()
}

/** Ends a cancelled campaign once no row of it is open. */
export async function endCancelledCampaign(db: Db, id: Id): Promise<void> {
  await db
    .updateTable('campaigns')
    .set({ ended_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('state', '=', 'cancelled')
    .where('ended_at', 'is', null)
    .where(sql<boolean>`not ${OPEN_ROW}`)
    .execute()
}

export type CampaignOfIssue = Readonly<{
  id: Id
  state: CampaignState
  starts_at: Date
  ended_at: Date | null
  /** Somebody has been chosen for it. */
  hasChosen: boolean
}>

/** Oldest first. */
export async function campaignsOfIssue(db: Db, issueId: Id): Promise<CampaignOfIssue[]> {
  return db
    .selectFrom('campaigns')
    .select(['id', 'state', 'starts_at', 'ended_at', sql<boolean>`chosen > 0`.as('hasChosen')])
    .where('issue_id', '=', issueId)
    .orderBy('id')
    .execute()
}

export type CampaignLine = Readonly<{
  id: Id
  newsletter: string
  time_zone: string
  issue: string
  title: string
  subject: string
  state: CampaignState
  reason: string | null
  chosen: Id
  prepared_at: Date | null
  starts_at: Date
  started_at: Date | null
  ended_at: Date | null
}>

/** Newest first. */
export async function campaignLines(
  db: Db,
  filter: { newsletterId?: Id; limit: number },
): Promise<CampaignLine[]> {
  return db
    .selectFrom('campaigns as c')
    .innerJoin('newsletters as n', 'n.id', 'c.newsletter_id')
    .innerJoin('issues as i', 'i.id', 'c.issue_id')
    .innerJoin('issue_versions as v', 'v.id', 'c.issue_version_id')
    .select(['c.id', 'n.slug as newsletter', 'n.time_zone', 'i.slug as issue', 'v.title'])
    .select(['c.subject', 'c.state', 'c.reason', 'c.chosen', 'c.prepared_at'])
    .select(['c.starts_at', 'c.started_at', 'c.ended_at'])
    .$if(filter.newsletterId !== undefined, (query) =>
      query.where('c.newsletter_id', '=', filter.newsletterId as Id),
    )
    .orderBy('c.id', 'desc')
    .limit(filter.limit)
    .execute()
}
