import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { FeedbackSource, Id, LiftedBy, SuppressionReason } from '../types.ts'
import type { EvidenceKind } from './evidence.ts'

export type NewSuppression = Readonly<{
  addressHash: Buffer
  address: string | null
  reason: SuppressionReason
  evidenceId: Id | null
  /** The report that it follows from. */
  eventId: Id | null
  note: string
  /** null: until it is lifted */
  expiresAt: Date | null
}>

/** What undoes it: nothing but time, the reader, the editor. A weaker one never takes the place of a stronger. */
const STRENGTH = (reason: RawBuilder<unknown>) =>
  sql`array_position(array['soft-bounce', 'hard-bounce', 'complaint', 'manual'], ${reason})`

/**
 * Each address once. One that stands and is as strong and lasts as long stays; one that has run out, is weaker or
 * would run out makes room and keeps its trace.
 * @returns the hashes, in hex, that are suppressed by these now
 */
export async function insertSuppressions(
  trx: Trx,
  suppressions: readonly NewSuppression[],
): Promise<Set<string>> {
  if (suppressions.length === 0) return new Set()
  // In the order of hashes, so that two at once do not wait for each other.
  const rows = [...suppressions].sort((a, b) => a.addressHash.compare(b.addressHash))
  const column = <K extends keyof NewSuppression>(name: K) => rows.map((row) => row[name])
  await sql`
    update suppressions as u set lifted_at = now(),
      lifted_by = case when u.expires_at <= now() then 'expiry' else 'replaced' end,
      lifted_note = case when u.expires_at <= now() then 'expired' else 'replaced' end
    from unnest(${column('addressHash')}::bytea[], ${column('reason')}::text[], ${column('expiresAt')}::timestamptz[])
      as g (hash, reason, expires_at)
    where u.address_hash = g.hash and u.lifted_at is null and (u.expires_at <= now()
      or ${STRENGTH(sql`u.reason`)} < ${STRENGTH(sql`g.reason`)}
      or (${STRENGTH(sql`u.reason`)} = ${STRENGTH(sql`g.reason`)} and u.expires_at < coalesce(g.expires_at, 'infinity')))`.execute(
    trx,
  )
  const { rows: made } = await sql<{ hash: string }>`
    insert into suppressions (address_hash, address, reason, evidence_id, event_id, note, expires_at)
    select * from unnest(${column('addressHash')}::bytea[], ${column('address')}::text[], ${column('reason')}::text[],
      ${column('evidenceId')}::bigint[], ${column('eventId')}::bigint[], ${column('note')}::text[],
      ${column('expiresAt')}::timestamptz[])
    on conflict (address_hash) where lifted_at is null do nothing
    returning encode(address_hash, 'hex') as hash`.execute(trx)
  return new Set(made.map((row) => row.hash))
}

/** How an address stands, for whoever draws conclusions about it. */
export type AddressHistory = Readonly<{
  addressHash: Buffer
  /** When a person last lifted a suppression of it. */
  liftedAt: Date | null
  /** When it was last suppressed by what stands no more. */
  suppressedAt: Date | null
}>

/** Of those that were suppressed before. Waits for liftings that are on their way, and keeps others waiting. */
export async function lockAddressHistories(
  trx: Trx,
  addressHashes: readonly Buffer[],
): Promise<AddressHistory[]> {
  if (addressHashes.length === 0) return []
  await sql`select from suppressions where address_hash = any(${addressHashes}::bytea[]) and lifted_at is null
    order by id for update`.execute(trx)
  // A statement of its own: what was waited for shows only to the next one.
  const { rows } = await sql<AddressHistory>`
    select address_hash as "addressHash", max(lifted_at) filter (where lifted_by in ('editor', 'reader')) as "liftedAt",
      max(created_at) as "suppressedAt"
    from suppressions where address_hash = any(${addressHashes}::bytea[])
      and (lifted_at is not null or expires_at <= now()) group by address_hash`.execute(trx)
  return rows
}

/** What stands against an address; null: nothing. Throws where it cannot be asked: then nothing is sent. */
export async function standingSuppression(
  db: Db,
  addressHash: Buffer,
): Promise<{ id: Id; reason: SuppressionReason } | null> {
  const { rows } = await sql<{ id: Id; reason: SuppressionReason }>`
    select id, reason from suppressions where address_hash = ${addressHash} and lifted_at is null
      and (expires_at is null or expires_at > now())`.execute(db)
  return rows[0] ?? null
}

/** Throws where it cannot be asked: then nothing is sent. */
export async function hasStandingSuppression(db: Db, addressHash: Buffer): Promise<boolean> {
  const result = await sql<{ stands: boolean }>`
    select exists (select from suppressions where address_hash = ${addressHash}
      and lifted_at is null and (expires_at is null or expires_at > now())) as stands`.execute(db)
  const stands = result.rows[0]?.stands
  if (stands === undefined) throw new Error('no answer about a suppression')
  return stands
}

export type SuppressionLine = Readonly<{
  id: Id
  address: string | null
  reason: SuppressionReason
  note: string
  /** null: there is none (by hand). */
  evidenceId: Id | null
  evidenceKind: EvidenceKind | null
  evidenceOctets: number | null
  /** Its text is kept no more since then. */
  evidenceClearedAt: Date | null
  /** From whom the report came that it follows from. */
  source: FeedbackSource | null
  origin: string | null
  createdAt: Date
  expiresAt: Date | null
  liftedAt: Date | null
  liftedBy: LiftedBy | null
  liftedNote: string | null
}>

export type SuppressionFilter = Readonly<{
  /** Also those that stand no more. */
  lifted: boolean
  addressHash?: Buffer
  id?: Id
  reason?: SuppressionReason
  before?: Id
  limit: number
}>

/** Newest first. */
export async function suppressionLines(
  db: Db,
  filter: SuppressionFilter,
): Promise<SuppressionLine[]> {
  const only = (condition: RawBuilder<unknown> | false) =>
    condition === false ? sql`` : sql`and ${condition}`
  const { addressHash, id, reason, before } = filter
  const { rows } = await sql<SuppressionLine>`
    select u.id, u.address, u.reason, u.note, u.created_at as "createdAt", u.expires_at as "expiresAt",
      u.lifted_at as "liftedAt", u.lifted_by as "liftedBy", u.lifted_note as "liftedNote", f.source, f.origin,
      v.id as "evidenceId", v.kind as "evidenceKind", octet_length(v.raw) as "evidenceOctets", v.cleared_at as "evidenceClearedAt"
    from suppressions as u left join evidence as v on v.id = u.evidence_id
      left join feedback_events as f on f.id = u.event_id
    where true
      ${only(!filter.lifted && sql`u.lifted_at is null and (u.expires_at is null or u.expires_at > now())`)}
      ${only(addressHash !== undefined && sql`u.address_hash = ${addressHash}`)}
      ${only(id !== undefined && sql`u.id = ${id}`)}
      ${only(reason !== undefined && sql`u.reason = ${reason}`)}
      ${only(before !== undefined && sql`u.id < ${before}`)}
    order by u.id desc limit ${filter.limit}`.execute(db)
  return rows
}

/** False where none stands. Guarded: a lifting is written once. */
export async function liftStandingSuppression(
  db: Db,
  by: { addressHash: Buffer; reasons?: readonly SuppressionReason[] } | { id: Id },
  lifting: Readonly<{ by: LiftedBy; note: string; at: Date }>,
): Promise<boolean> {
  const result = await db
    .updateTable('suppressions')
    .set({ lifted_at: lifting.at, lifted_by: lifting.by, lifted_note: lifting.note })
    .where('lifted_at', 'is', null)
    .where((eb) => ('id' in by ? eb('id', '=', by.id) : eb('address_hash', '=', by.addressHash)))
    .$if('reasons' in by && by.reasons !== undefined, (query) =>
      query.where('reason', 'in', ('reasons' in by && by.reasons) as SuppressionReason[]),
    )
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** All that stands, in pieces of so many, oldest first, for export. */
export async function* standingSuppressions(
  db: Db,
  size: number,
): AsyncGenerator<(NewSuppression & { id: Id; createdAt: Date })[]> {
  for (let after: Id = '0'; ; ) {
    const rows = await db
      .selectFrom('suppressions')
      .select(['id', 'address_hash as addressHash', 'address', 'reason', 'note'])
      .select(['evidence_id as evidenceId', 'event_id as eventId'])
      .select(['created_at as createdAt', 'expires_at as expiresAt'])
      .where('lifted_at', 'is', null)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
      .where('id', '>', after)
      .orderBy('id')
      .limit(size)
      .execute()
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    after = last.id
  }
}
