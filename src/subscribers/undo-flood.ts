import type { Db } from '../../db/client.ts'
import {
  discountFlood,
  type Flood,
  liftFlood,
  restoreFlooded,
} from '../../db/queries/suppression-floods.ts'

export type { Flood } from '../../db/queries/suppression-floods.ts'

export type FloodUndone = Readonly<{ dryRun: boolean; lifted: number; restored: number }>

/**
 * Undoes, as one action, whatever reports from one source have done: their suppressions are lifted, each with its trace,
 * and whom their complaints took off is back. What those reports said is kept, and proves nothing any more.
 */
export async function undoFlood(
  db: Db,
  flood: Flood,
  options: Readonly<{ note: string; dryRun: boolean }>,
  now: Date,
): Promise<FloodUndone> {
  const undo = new Error('a dry run')
  const done = { lifted: 0, restored: 0 }
  const lifting = { note: options.note, at: now }
  const writing = db.transaction().execute(async (trx) => {
    done.lifted = await liftFlood(trx, flood, lifting)
    done.restored = await restoreFlooded(trx, flood, lifting)
    await discountFlood(trx, flood)
    // Tried in earnest, so that it says what would be.
    if (options.dryRun) throw undo
  })
  await writing.catch((error: unknown) => {
    if (error !== undo) throw error
  })
  return { dryRun: options.dryRun, ...done }
}
