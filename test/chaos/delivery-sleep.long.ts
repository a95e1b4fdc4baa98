import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, it } from 'vitest'
import { type Fleet, onBothBackends, startFleet } from '../support/fleet.ts'
import { stopAndWake } from '../support/stopped-worker.ts'

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onBothBackends((redis) => {
  it('begins nothing after a sleep (SIGSTOP) longer than the lease', async () => {
    fleet = await startFleet({
      redisUrl: redis()?.url ?? null,
      readers: 600,
      sink: { dotDelayMs: 100 },
    })
    await stopAndWake(fleet, { asleep: () => sleep(70_000) })
  }, 300_000)
})
