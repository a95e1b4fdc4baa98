import { afterEach, expect, it } from 'vitest'
import { expectAccounts } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import {
  type Fleet,
  onBothBackends,
  startFleet,
  untilFinished,
  untilReceived,
} from '../support/fleet.ts'

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onBothBackends((redis) => {
  it('stops within 75 s where the server is silent, and leaves only what waits for its word uncertain', async () => {
    fleet = await startFleet({
      redisUrl: redis()?.url ?? null,
      readers: 300,
      sink: { dotDelayMs: 50 },
    })
    const worker = await fleet.worker()
    const id = await fleet.send()
    await untilReceived(fleet, 100)
    await fleet.sink.withhold()
    await eventually(async () => expect(await fleet.sink.withheld()).toBe(5))
    const asked = performance.now()
    expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null })
    // docker-compose.yml kills it then.
    expect(performance.now() - asked).toBeLessThan(75_000)
    await fleet.sink.release()
    await fleet.worker()
    await untilFinished(fleet, id, 60_000)
    await expectAccounts(
      fleet,
      id,
      { chosen: 300, accepted: 295, uncertain: 5 },
      { what: 'SIGTERM while the mail server hangs' },
    )
  }, 200_000)
})
