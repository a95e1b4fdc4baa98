import type { Db } from '../../db/client.ts'
import { sendingAmong } from '../../db/queries/campaigns.ts'
import type { Rows } from '../../db/queries/held-rows.ts'
import type { Id } from '../../db/types.ts'
import type { Window } from './window.ts'

export type GateDeps = Readonly<{ db: Db; window: Window; giveBack(campaignId: Id): void }>

/** Whether campaigns are still `sending`, as Postgres said last: by it a pause reaches every worker within a second. */
export type Gate = Readonly<{
  /** Postgres said, asked at `at` (performance.now()), that it is. */
  opened(rows: Rows, at: number): void
  /** Until when a message of it may begin. Single mails are of no campaign. */
  openUntil(rows: Rows): number
  /** Asks about all campaigns of which rows wait; those that are not sending go back. */
  look(): Promise<void>
}>

/** So often while rows wait: one statement about a row or a few. */
export const LOOK_EVERY_MS = 200
/** What is left of the promised second is for the way to the server. */
const OPEN_LASTS_MS = 700

export function createGate({ db, window, giveBack }: GateDeps): Gate {
  const seen = new Map<Id, number>()
  let looking: Promise<void> | null = null
  const opened = (rows: Rows, at: number) => {
    if (rows !== null) seen.set(rows, Math.max(at, seen.get(rows) ?? Number.NEGATIVE_INFINITY))
  }
  const lookOnce = async () => {
    const ids = new Set<Id>()
    for (const { claim } of window.waiting()) {
      if (claim.source.rows !== null) ids.add(claim.source.rows)
    }
    if (ids.size === 0) return
    const at = performance.now()
    const sending = await sendingAmong(db, [...ids])
    for (const id of ids) {
      if (sending.has(id)) opened(id, at)
      else {
        seen.delete(id)
        giveBack(id)
      }
    }
  }
  return Object.freeze({
    opened,
    openUntil: (rows) =>
      rows === null
        ? Number.POSITIVE_INFINITY
        : (seen.get(rows) ?? Number.NEGATIVE_INFINITY) + OPEN_LASTS_MS,
    look() {
      looking ??= lookOnce().finally(() => {
        looking = null
      })
      return looking
    },
  } satisfies Gate)
}
