import { sql } from 'kysely'
import type { Db, Trx } from '../client.ts'
import type { Id } from '../types.ts'

export type NewSubscriber = Readonly<{
  address: string
  addressKey: string
  addressHash: Buffer
  language: string | null
}>

/**
 * The subscriber of that address, made where there is none; nothing of one who is there changes. Either way the row is
 * written, and so locked until the transaction ends: what is asked for one address happens one after the other.
 */
export async function lockSubscriber(
  trx: Trx,
  values: NewSubscriber,
): Promise<{ id: Id; address: string }> {
  return trx
    .insertInto('subscribers')
    .values({
      address: values.address,
      address_key: values.addressKey,
      address_hash: values.addressHash,
      language: values.language,
    })
    .onConflict((conflict) =>
      conflict.column('address_key').doUpdateSet({ address_key: sql`excluded.address_key` }),
    )
    .returning(['id', 'address'])
    .executeTakeFirstOrThrow()
}

export type SubscriberRow = Readonly<{
  id: Id
  address: string
  addressHash: Buffer
  attributes: Record<string, unknown>
  language: string | null
  timeZone: string | null
  createdAt: Date
}>

const COLUMNS = [
  'id',
  'address',
  'address_hash as addressHash',
  'attributes',
  'language',
  'time_zone as timeZone',
  'created_at as createdAt',
] as const

export async function subscriberById(db: Db, id: Id): Promise<SubscriberRow | null> {
  const row = await db
    .selectFrom('subscribers')
    .select(COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

export async function subscriberByKey(db: Db, addressKey: string): Promise<SubscriberRow | null> {
  const row = await db
    .selectFrom('subscribers')
    .select(COLUMNS)
    .where('address_key', '=', addressKey)
    .executeTakeFirst()
  return row ?? null
}

/** A million readers are not read for a word: what the newest of them have, the others have had. */
const READERS_LOOKED_AT = 20_000

/** Names of the attributes that a newsletter's readers have, in order. */
export async function attributesOfReaders(db: Db, newsletterId: Id): Promise<string[]> {
  const result = await sql<{ name: string }>`
    select distinct jsonb_object_keys(attributes) as name from (
      select s.attributes from subscriptions as p join subscribers as s on s.id = p.subscriber_id
      where p.newsletter_id = ${newsletterId} and p.state = 'active' limit ${READERS_LOOKED_AT}
    ) as readers
    order by name`.execute(db)
  return result.rows.map(({ name }) => name)
}
