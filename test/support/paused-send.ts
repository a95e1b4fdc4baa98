import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { pauseCampaign, resumeCampaign } from '../../src/campaigns/lifecycle.ts'
import { expectAccounts } from './accounts.ts'
import { untilFinished, untilReceived, withFleet } from './fleet.ts'

/**
 * Two workers send as fast as they can, and are paused and resumed again and again, each time when so many messages
 * are there. No DATA begins a second after a pause, no message ends then, and in the end everybody has one.
 */
export async function pauseAtSpeed(options: {
  redisUrl: string | null
  readers: number
  pausesAt: readonly number[]
}): Promise<void> {
  const { redisUrl, readers, pausesAt } = options
  await withFleet({ redisUrl, readers, query: 'connections=10' }, async (fleet) => {
    await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    const rates: number[] = []
    for (const from of pausesAt) {
      await untilReceived(fleet, from, 120_000)
      const asked = Date.now()
      await pauseCampaign(fleet.db, id)
      await sleep(2_500)
      const entries = await fleet.sink.entries()
      rates.push(entries.filter(({ at }) => at > asked - 1_000 && at <= asked).length)
      expect(entries.filter(({ dataAt, at }) => Math.max(dataAt, at) > asked + 1_000)).toEqual([])
      await resumeCampaign(fleet.db, id)
    }
    await untilFinished(fleet, id, 300_000)
    const what = `pause and resume, ${rates.length} times, at ${Math.max(...rates)}/s`
    await expectAccounts(fleet, id, { chosen: readers, accepted: readers }, { what })
  })
}
