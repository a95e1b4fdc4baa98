import type { Db, Trx } from '../client.ts'
import type { MediaKind } from '../types.ts'

export type Media = Readonly<{ hash: Buffer; kind: MediaKind; bytes: Buffer }>

/** What is there already stays: the same hash is the same picture. */
export async function insertMedia(trx: Trx, media: readonly Media[]): Promise<void> {
  if (media.length === 0) return
  // Always in one order: two campaigns with the same pictures would wait for each other.
  const ordered = media.toSorted((one, other) => Buffer.compare(one.hash, other.hash))
  await trx
    .insertInto('media')
    .values(ordered.map(({ hash, kind, bytes }) => ({ hash, kind, bytes })))
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute()
}

export async function mediaByHash(
  db: Db,
  hash: Buffer,
): Promise<Pick<Media, 'kind' | 'bytes'> | null> {
  const row = await db
    .selectFrom('media')
    .select(['kind', 'bytes'])
    .where('hash', '=', hash)
    .executeTakeFirst()
  return row ?? null
}
