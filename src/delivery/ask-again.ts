import type { Db } from '../../db/client.ts'
import { LEASE_SECONDS, renewClaims } from '../../db/queries/claims.ts'
import type { Id } from '../../db/types.ts'
import { takeTimes } from './ask-room.ts'
import type { Claim, Held } from './held.ts'
import { lateAfterMs } from './pace.ts'
import type { PostgresClock } from './postgres-clock.ts'
import type { Recorder } from './record.ts'
import type { Window } from './window.ts'

export type AskDeps = Readonly<{
  db: Db
  window: Window
  recorder: Recorder
  transportId: Id
  clock: PostgresClock
}>

/** What a row that waits must have asked again when it has waited too long: its reader, its slot, its lease. */
export type AskAgain = Readonly<{
  /** About all rows of the claim that wait. Who has fallen is skipped; if the campaign is not sending all go back. */
  readers(claim: Claim): Promise<void>
  /** New slots for all rows that are late for theirs. */
  slots(): Promise<void>
  /** Of claims whose lease is a third over. Rows of those that are over go back. */
  leases(): Promise<void>
}>

const RENEW_BEFORE_MS = (LEASE_SECONDS * 1000 * 2) / 3

export function createAskAgain({ db, window, recorder, transportId, clock }: AskDeps): AskAgain {
  const slots = oneAtATime(async () => {
    const late = window.waiting().filter((held) => isLate(held, window.intervalMs()))
    if (late.length === 0) return
    late.sort((a, b) => (a.slotAt ?? 0) - (b.slotAt ?? 0))
    const times = await takeTimes(db, { transportId, clock }, late.length, late.length)
    for (const [index, held] of late.entries()) held.slotAt = times[index] ?? null
  })
  const leases = oneAtATime(async () => {
    const now = performance.now()
    const due = [...window.claims.values()].filter(
      (claim) => !claim.over && claim.deadline - now < RENEW_BEFORE_MS,
    )
    if (due.length === 0) return
    const kept = await renewClaims(
      db,
      due.map((claim) => claim.id),
    )
    for (const claim of due) {
      if (kept.has(claim.id)) claim.deadline = now + LEASE_SECONDS * 1000
      else claim.over = true
    }
    for (const held of window.waiting()) {
      if (held.claim.over) recorder.add(held, { outcome: 'back' })
    }
  })
  return Object.freeze({ readers: (claim) => readers(db, window, recorder, claim), slots, leases })
}

export function isLate(held: Held, intervalMs: number | null): boolean {
  if (held.slotAt === null || intervalMs === null) return false
  return performance.now() > held.slotAt + lateAfterMs(intervalMs)
}

async function readers(db: Db, window: Window, recorder: Recorder, claim: Claim): Promise<void> {
  const rows = window.waiting().filter((held) => held.claim === claim)
  const asked = rows.find((held) => held.asking !== null)?.asking
  if (asked) return asked
  const asking = ask(db, recorder, claim, rows).finally(() => {
    for (const held of rows) held.asking = null
  })
  for (const held of rows) held.asking = asking
  return asking
}

async function ask(db: Db, recorder: Recorder, claim: Claim, rows: readonly Held[]): Promise<void> {
  const checkedAt = performance.now()
  // Without an answer nobody knows whether they were skipped: the old check is worth nothing either.
  for (const held of rows) held.checkedAt = Number.NEGATIVE_INFINITY
  const keys = rows.map((held) => held.row.key)
  const { open, rows: standing } = await claim.source.look(db, claim.id, keys)
  const byKey = new Map(standing.map((row) => [row.key, row]))
  for (const held of rows) {
    if (held.phase !== 'waits') continue
    const row = byKey.get(held.row.key)
    // Whoever fell is skipped by now, which a row that goes back does not change. One that the sweep took for lost
    // does go back: we know that it was not begun.
    if (row === undefined || !open) recorder.add(held, { outcome: 'back' })
    else Object.assign(held, { row, checkedAt })
  }
}

function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => {
    running ??= work().finally(() => {
      running = null
    })
    return running
  }
}
