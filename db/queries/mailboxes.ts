import { sql } from 'kysely'
import type { Db } from '../client.ts'
import type { Id } from '../types.ts'

export type MailboxProgress = Readonly<{ uidValidity: Id | null; lastUid: Id }>

/** How far it has been looked through; from the beginning where nobody has. */
export async function mailboxProgress(db: Db, name: string): Promise<MailboxProgress> {
  const row = await db
    .selectFrom('mailboxes')
    .select(['uid_validity as uidValidity', 'last_uid as lastUid'])
    .where('name', '=', name)
    .executeTakeFirst()
  return row ?? { uidValidity: null, lastUid: '0' }
}

export async function noteMailboxProgress(
  db: Db,
  name: string,
  progress: Readonly<{ uidValidity: bigint; lastUid: number }>,
): Promise<void> {
  const values = { uid_validity: String(progress.uidValidity), last_uid: String(progress.lastUid) }
  await db
    .insertInto('mailboxes')
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
    .execute()
}

/** After a whole look, or with what was in its way. */
export async function notePolled(db: Db, name: string, problem: string | null): Promise<void> {
  const values = problem === null ? { polled_at: sql<Date>`now()`, problem } : { problem }
  await db
    .insertInto('mailboxes')
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
    .execute()
}

export type MailboxLine = Readonly<{ name: string; polledAt: Date | null; problem: string | null }>

/** For people: when each was looked through, and what stands in the way. */
export async function mailboxLines(db: Db): Promise<MailboxLine[]> {
  return await db
    .selectFrom('mailboxes')
    .select(['name', 'polled_at as polledAt', 'problem'])
    .orderBy('name')
    .execute()
}

/** Those of `uids` that were looked at and left there. What is not there any more is forgotten. */
export async function mailsLeft(
  db: Db,
  mailbox: string,
  uids: readonly string[],
): Promise<Set<string>> {
  const there = sql`select unnest(${uids}::text[])`
  await sql`delete from mailbox_left where mailbox = ${mailbox} and uid not in (${there})`.execute(
    db,
  )
  const rows = await db
    .selectFrom('mailbox_left')
    .select('uid')
    .where('mailbox', '=', mailbox)
    .execute()
  return new Set(rows.map((row) => row.uid))
}

export async function noteMailsLeft(
  db: Db,
  mailbox: string,
  uids: readonly string[],
): Promise<void> {
  if (uids.length === 0) return
  await sql`insert into mailboxes (name) values (${mailbox}) on conflict do nothing`.execute(db)
  await sql`
    insert into mailbox_left (mailbox, uid) select ${mailbox}, unnest(${uids}::text[])
    on conflict do nothing`.execute(db)
}

const BEAT_MS = 2_500

/**
 * Runs it in one process of the fleet at a time. The lock is a transaction's, on a connection of its own, so that it
 * goes when the process does; the transaction writes nothing, and holds no snapshot between its statements. `lost` is
 * aborted where the connection is, since another process may then begin.
 * @returns null: another one has it
 */
export async function underMailboxLock<T>(
  db: Db,
  name: string,
  run: (lost: AbortSignal) => Promise<T>,
): Promise<T | null> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(${`postrider mailbox ${name}`}, 0)) as locked`.execute(
      trx,
    )
    if (!rows[0]?.locked) return null
    const lost = new AbortController()
    // Postgres ends a transaction that says nothing (db/client.ts), and with it that of a process that is stopped.
    const beat = setInterval(() => {
      sql`select 1`.execute(trx).catch(() => lost.abort())
    }, BEAT_MS)
    try {
      return await run(lost.signal)
    } finally {
      clearInterval(beat)
    }
  })
}
