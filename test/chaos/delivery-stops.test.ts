import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { addressesInFlight, expectAccounts } from '../support/accounts.ts'
import { onBothBackends, untilFinished, untilReceived, withFleet } from '../support/fleet.ts'
import { stopAndWake } from '../support/stopped-worker.ts'

const SLOW = { query: 'connections=10', sink: { dotDelayMs: 100 } }

// Side by side: much of it is waiting.
describe.concurrent('a worker', () => {
  onBothBackends((redis) => {
    it.concurrent('leaves nothing uncertain when it is asked to stop (SIGTERM) in mid-send', async () => {
      const redisUrl = redis()?.url ?? null
      await withFleet({ redisUrl, readers: 500, ...SLOW }, async (fleet) => {
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
        await expectAccounts(
          fleet,
          id,
          { chosen: 500, accepted: 500 },
          { what: 'SIGTERM in mid-window, three times' },
        )
      })
    }, 180_000)

    it.concurrent('begins nothing after a sleep (SIGSTOP) in which its claims were taken for lost', async () => {
      const redisUrl = redis()?.url ?? null
      await withFleet({ redisUrl, readers: 400, ...SLOW }, async (fleet) => {
        await stopAndWake(fleet, {
          // The end of the lease, sooner.
          asleep: async () => {
            await sql`update claims set lease_until = now() - interval '1 ms' where worker_id =
                (select min(worker_id) from claims)`.execute(fleet.db)
          },
        })
      })
    }, 180_000)
  })
})
