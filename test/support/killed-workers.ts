import { expect } from 'vitest'
import { addressesInFlight, expectAccounts, rowsOf } from './accounts.ts'
import { eventually } from './eventually.ts'
import { type Fleet, untilFinished, untilReceived, withFleet } from './fleet.ts'

/**
 * A worker with replies outstanding is killed, another one takes over, and so on. What is uncertain in the end is
 * exactly what the killed ones had not recorded, at most a window each.
 */
export async function killInOneSend(options: {
  redisUrl: string | null
  readers: number
  kills: number
}): Promise<void> {
  const { redisUrl, readers, kills } = options
  const sink = { dotDelayMs: 20 }
  await withFleet({ redisUrl, readers, sink }, async (fleet) => {
    const campaignId = await fleet.send()
    const addresses: string[] = []
    for (let kill = 1; kill <= kills; kill++) {
      addresses.push(...(await killOne(fleet, campaignId, new Set(addresses))))
    }
    await fleet.worker()
    expect(new Set(addresses).size).toBe(addresses.length)
    await untilFinished(fleet, campaignId, 180_000)
    const uncertain = addresses.length
    const expected = { chosen: readers, accepted: readers - uncertain, uncertain }
    await expectAccounts(fleet, campaignId, expected, {
      what: `kill -9 of a worker, ${kills} times`,
    })
    const rows = await rowsOf(fleet, campaignId)
    const shown = rows.filter((row) => row.state === 'uncertain').map((row) => row.address)
    expect(shown.sort()).toEqual(addresses.sort())
  })
}

/** @returns whose outcome it had not recorded */
async function killOne(
  fleet: Fleet,
  campaignId: string,
  known: ReadonlySet<string>,
): Promise<string[]> {
  const worker = await fleet.worker()
  const { messages } = await fleet.sink.counts()
  await untilReceived(fleet, messages + 80)
  await fleet.sink.withhold()
  await eventually(async () => expect(await fleet.sink.withheld()).toBeGreaterThanOrEqual(3))
  await worker.end('SIGKILL')
  const theirs = await addressesInFlight(fleet, campaignId)
  const lost = theirs.filter((address) => !known.has(address))
  expect(lost.length).toBeGreaterThanOrEqual(3)
  expect(lost.length).toBeLessThanOrEqual(100)
  await fleet.sink.release()
  return lost
}
