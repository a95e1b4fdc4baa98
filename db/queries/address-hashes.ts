import { sql } from 'kysely'
import type { Trx } from '../client.ts'

export type KnownAddress = Readonly<{ address: string; hash: Buffer }>

/** Every address that stands in plain text beside its hash, in the order of hashes; a page of them. */
export async function knownAddresses(
  trx: Trx,
  after: Buffer | null,
  limit: number,
): Promise<KnownAddress[]> {
  const { rows } = await sql<KnownAddress>`
    select address, hash from (
      select address_key as address, address_hash as hash from subscribers
      union select address, address_hash from suppressions where address is not null
      union select address, address_hash from outbox
    ) as known
    where ${after}::bytea is null or hash > ${after}
    order by hash limit ${limit}`.execute(trx)
  return rows
}

/** Made once in a transaction, and gone with it. */
export async function makeRehashing(trx: Trx): Promise<void> {
  await sql`create temporary table rehashed (old bytea primary key, new bytea not null) on commit drop`.execute(
    trx,
  )
}

export async function addRehashed(
  trx: Trx,
  pairs: readonly Readonly<{ old: Buffer; new: Buffer }>[],
): Promise<void> {
  await sql`insert into rehashed
    select * from unnest(${pairs.map((pair) => pair.old)}::bytea[], ${pairs.map((pair) => pair.new)}::bytea[])
    on conflict do nothing`.execute(trx)
}

/**
 * Gives every row with an address hash its new one, in every table that has such a column.
 * @returns standing suppressions whose address was erased: nobody can tell any more whom they are about
 */
export async function rehashAddresses(trx: Trx): Promise<number> {
  const { rows: tables } = await sql<{ name: string }>`
    select c.relname as name from pg_attribute as a join pg_class as c on c.oid = a.attrelid
    where a.attname = 'address_hash' and c.relnamespace = 'public'::regnamespace
      and c.relkind in ('r', 'p') and not c.relispartition`.execute(trx)
  for (const { name } of tables) {
    await sql`update ${sql.table(name)} as t set address_hash = r.new from rehashed as r
      where t.address_hash = r.old`.execute(trx)
  }
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from suppressions as s
    where s.lifted_at is null and not exists (select from rehashed as r where r.new = s.address_hash)`.execute(
    trx,
  )
  return rows[0]?.n ?? 0
}
