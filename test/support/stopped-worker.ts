import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { expectAccounts, rowsOf } from './accounts.ts'
import { eventually } from './eventually.ts'
import { type Fleet, untilFinished, untilReceived } from './fleet.ts'

/** A woken worker needs less to begin something, if it would. */
const WATCHED_MS = 4_000

/**
 * One worker is stopped in mid-send with replies outstanding, another finishes the campaign while it sleeps, then it is
 * woken. `asleep`: until its leases are over.
 */
export async function stopAndWake(
  fleet: Fleet,
  options: { asleep: () => Promise<void> },
): Promise<void> {
  const sleeper = await fleet.worker()
  const id = await fleet.send()
  await untilReceived(fleet, 60)
  await fleet.sink.withhold()
  await eventually(async () => expect(await fleet.sink.withheld()).toBeGreaterThanOrEqual(3))
  sleeper.signal('SIGSTOP')
  const withheld = await fleet.sink.withheld()
  await fleet.sink.release()
  await options.asleep()
  await fleet.worker()
  await untilFinished(fleet, id, 120_000)
  const { ledger } = await campaignStatus(fleet.db, id)
  expect(ledger.uncertain).toBeGreaterThanOrEqual(withheld)
  expect(ledger.uncertain).toBeLessThanOrEqual(100)
  const chosen = ledger.chosen
  await expectAccounts(fleet, id, { ...ledger, chosen })
  expect(ledger.accepted + ledger.uncertain).toBe(chosen)

  const wokenAt = Date.now()
  sleeper.signal('SIGCONT')
  // Replies that waited for it settle their rows after all; of the others it knows that they were not begun.
  const settled = await eventually(async () => {
    const now = await campaignStatus(fleet.db, id)
    expect(now.ledger.uncertain).toBe(0)
    return now.ledger
  })
  expect(settled.accepted).toBeGreaterThanOrEqual(ledger.accepted + withheld)
  expect(settled.accepted + settled.failed).toBe(chosen)
  await sleep(WATCHED_MS)
  const entries = await fleet.sink.entries()
  expect(entries.filter((entry) => entry.begunAt > wokenAt)).toEqual([])
  await expectAccounts(
    fleet,
    id,
    { ...settled, chosen },
    { what: 'SIGSTOP past the lease, then SIGCONT' },
  )
  // It is none the worse for it.
  expect(await sleeper.end('SIGTERM')).toEqual({ code: 0, signal: null })
  const rows = await rowsOf(fleet, id)
  expect(rows.filter((row) => row.state === 'sending')).toEqual([])
}
