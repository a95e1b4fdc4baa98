import { sql } from 'kysely'
import { afterEach, expect, it } from 'vitest'
import { addressesInFlight, expectAccounts } from '../support/accounts.ts'
import {
  type Fleet,
  onBothBackends,
  startFleet,
  untilFinished,
  untilReceived,
} from '../support/fleet.ts'
import { stopAndWake } from '../support/stopped-worker.ts'

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onBothBackends((redis) => {
  it('leaves nothing uncertain when workers are asked to stop (SIGTERM) in mid-send', async () => {
    fleet = await startFleet({
      redisUrl: redis()?.url ?? null,
      readers: 500,
      query: 'connections=10',
      sink: { dotDelayMs: 100 },
    })
    const id = await fleet.send()
    for (let stop = 1; stop <= 3; stop++) {
      const worker = await fleet.worker()
      await untilReceived(fleet, stop * 60)
      expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null })
      // What it held has its outcome or waits again, at once.
      expect(await addressesInFlight(fleet, id)).toEqual([])
    }
    await fleet.worker()
    await untilFinished(fleet, id, 60_000)
    await expectAccounts(fleet, id, { chosen: 500, accepted: 500 })
  }, 120_000)

  it('begins nothing after a sleep (SIGSTOP) in which its claims were taken for lost', async () => {
    fleet = await startFleet({
      redisUrl: redis()?.url ?? null,
      readers: 400,
      query: 'connections=10',
      sink: { dotDelayMs: 100 },
    })
    await stopAndWake(fleet, {
      // The end of the lease, sooner.
      asleep: async () => {
        await sql`update claims set lease_until = now() - interval '1 ms' where worker_id =
          (select min(worker_id) from claims)`.execute(fleet.db)
      },
    })
  }, 120_000)
})
