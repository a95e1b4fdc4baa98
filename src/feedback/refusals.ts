import type { Db } from '../../db/client.ts'
import { addRefusals, type Refused } from '../../db/queries/refusals.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'

export type Refusals = Readonly<{
  count(refused: Refused): void
  close(): Promise<void>
}>

/** A flood is counted in memory and written now and then: who floods us shall not make us write. */
const WRITTEN_EVERY_MS = 2_000
/** Between two writes; whoever comes from more addresses than that is counted as one. */
const MAX_ORIGINS = 500

/** Counts what is turned away before it can become an event, so that it can be seen. */
export function createRefusals(db: Db, log: Log): Refusals {
  const counts = new Map<string, Refused & { count: number }>()
  let writing = Promise.resolve()
  const write = async () => {
    const all = [...counts.values()]
    counts.clear()
    await addRefusals(db, all).catch((error: unknown) =>
      log.warn({ err: messageOf(error) }, 'refusals not counted'),
    )
  }
  const timer = setInterval(() => {
    writing = writing.then(write)
  }, WRITTEN_EVERY_MS)
  timer.unref()
  return {
    count(refused) {
      const origin = counts.size < MAX_ORIGINS ? refused.origin : 'others'
      const key = JSON.stringify([refused.source, origin, refused.why])
      const known = counts.get(key) ?? { ...refused, origin, count: 0 }
      known.count += 1
      counts.set(key, known)
    },
    async close() {
      clearInterval(timer)
      await writing
      await write()
    },
  }
}
