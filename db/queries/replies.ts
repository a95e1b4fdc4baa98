import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

export type ReplyText = Readonly<{
  hash: Buffer
  code: number | null
  enhanced: string | null
  text: string
}>

/**
 * Ids of what servers said, each text once. Not in the transaction that refers to it: an id that is remembered must
 * not be rolled back.
 * @returns by hash in hex
 */
export async function internReplies(
  db: Db,
  replies: readonly ReplyText[],
): Promise<Map<string, Id>> {
  if (replies.length === 0) return new Map()
  const { rows } = await sql<{ id: Id; hash: string }>`
    insert into replies (hash, code, enhanced, text)
    select distinct on (hash) hash, code, enhanced, text
    from unnest(${replies.map((reply) => reply.hash)}::bytea[], ${replies.map((reply) => reply.code)}::smallint[],
      ${replies.map((reply) => reply.enhanced)}::text[], ${replies.map((reply) => reply.text)}::text[])
      as given (hash, code, enhanced, text)
    order by hash
    on conflict (hash) do update set hash = excluded.hash
    returning id, encode(hash, 'hex') as hash`.execute(db)
  return new Map(rows.map((row) => [row.hash, row.id]))
}
