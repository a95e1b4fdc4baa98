import type { Db } from '../../db/client.ts'
import { clearHandovers, clearMessageIds } from '../../db/queries/handovers.ts'
import { clearSettledOutbox } from '../../db/queries/outbox.ts'

export type Ages = Readonly<{
  /** Single mails are kept for so long after their outcome. */
  outboxDays: number
  /** Ids that a transport gave to messages, by which its records name them: as long as evidence. */
  evidenceDays: number
}>

const DAY_MS = 86_400_000

/** What is of no use any more goes, a piece at a time. @returns how many rows */
export async function clearOld(
  db: Db,
  { outboxDays, evidenceDays }: Ages,
  now: Date,
  atOnce = 1_000,
): Promise<number> {
  const olderThan = new Date(now.getTime() - evidenceDays * DAY_MS)
  return (
    (await clearAll((limit) => clearSettledOutbox(db, outboxDays, limit), atOnce)) +
    (await clearAll((limit) => clearHandovers(db, limit), atOnce)) +
    (await clearAll((limit) => clearMessageIds(db, olderThan, limit), atOnce))
  )
}

async function clearAll(
  clear: (limit: number) => Promise<number>,
  atOnce: number,
): Promise<number> {
  let cleared = 0
  for (let last = atOnce; last === atOnce; cleared += last) last = await clear(atOnce)
  return cleared
}
