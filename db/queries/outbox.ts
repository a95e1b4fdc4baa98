import { type Selectable, sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Database, Id, OutboxKind } from '../types.ts'

export type OutboxRow = Selectable<Database['outbox']>

export type NewOutboxRow = Readonly<{
  kind: OutboxKind
  newsletterId: Id
  subscriberId: Id | null
  address: string
  addressHash: Buffer
  /** JSON */
  payload: string
  /** null: now, by Postgres's clock */
  dueAt: Date | null
  transportId: Id | null
}>

export async function insertOutbox(trx: Trx, row: NewOutboxRow): Promise<Id> {
  const { id } = await trx
    .insertInto('outbox')
    .values({
      kind: row.kind,
      newsletter_id: row.newsletterId,
      subscriber_id: row.subscriberId,
      address: row.address,
      address_hash: row.addressHash,
      payload: row.payload,
      due_at: row.dueAt ?? sql<Date>`now()`,
      transport_id: row.transportId,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** For whoever waits for one mail (a test mail on its way). */
export async function outboxById(db: Db, id: Id): Promise<OutboxRow | null> {
  const row = await db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? null
}

/** Welcomes that have not been begun, to somebody who has left since. */
export async function skipOpenWelcomes(
  trx: Trx,
  newsletterId: Id,
  subscriberId: Id,
): Promise<void> {
  await trx
    .updateTable('outbox')
    .set({ state: 'skipped', reason: 'unsubscribed', due_at: sql<Date>`now()` })
    .where('kind', '=', 'welcome')
    .where('state', 'in', ['queued', 'deferred'])
    .where('newsletter_id', '=', newsletterId)
    .where('subscriber_id', '=', subscriberId)
    .execute()
}

/** Single mails whose outcome is older than that go, up to `limit` of them. @returns how many went */
export async function clearSettledOutbox(db: Db, days: number, limit: number): Promise<number> {
  const result = await sql`
    delete from outbox where id in (
      select id from outbox where state not in ('queued', 'sending', 'deferred', 'uncertain')
        and due_at < now() - ${days} * interval '1 day' limit ${limit})`.execute(db)
  return Number(result.numAffectedRows ?? 0)
}
