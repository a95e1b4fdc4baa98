import { describe, expect, it } from 'vitest'
import { addressesInFlight, expectAccounts, rowsOf } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import {
  type Fleet,
  onBothBackends,
  untilFinished,
  untilReceived,
  withFleet,
} from '../support/fleet.ts'

const READERS = 1_500
const KILLS = 5

// Both at once: most of it is waiting for leases to end.
describe.concurrent('a worker that is killed with -9', () => {
  onBothBackends((redis) => {
    it.concurrent('five times in one send loses and doubles nothing, and leaves uncertain exactly what it had not recorded', async () => {
      const redisUrl = redis()?.url ?? null
      const sink = { dotDelayMs: 20 }
      await withFleet({ redisUrl, readers: READERS, sink }, async (fleet) => {
        const { campaignId, addresses } = await killAgainAndAgain(fleet)
        expect(new Set(addresses).size).toBe(addresses.length)
        await untilFinished(fleet, campaignId, 180_000)
        const uncertain = addresses.length
        const accepted = READERS - uncertain
        await expectAccounts(fleet, campaignId, { chosen: READERS, accepted, uncertain })
        const rows = await rowsOf(fleet, campaignId)
        const shown = rows.filter((row) => row.state === 'uncertain').map((row) => row.address)
        expect(shown.sort()).toEqual(addresses.sort())
      })
    }, 300_000)
  })
})

async function killAgainAndAgain(
  fleet: Fleet,
): Promise<{ campaignId: string; addresses: string[] }> {
  const campaignId = await fleet.send()
  const addresses: string[] = []
  for (let kill = 1; kill <= KILLS; kill++) {
    const worker = await fleet.worker()
    const { messages } = await fleet.sink.counts()
    await untilReceived(fleet, messages + 80)
    await fleet.sink.withhold()
    await eventually(async () => expect(await fleet.sink.withheld()).toBeGreaterThanOrEqual(3))
    await worker.end('SIGKILL')
    const theirs = await addressesInFlight(fleet, campaignId)
    const known = new Set(addresses)
    const lost = theirs.filter((address) => !known.has(address))
    expect(lost.length).toBeGreaterThanOrEqual(3)
    expect(lost.length).toBeLessThanOrEqual(100)
    addresses.push(...lost)
    await fleet.sink.release()
  }
  await fleet.worker()
  return { campaignId, addresses }
}
