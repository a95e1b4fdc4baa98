import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { pauseCampaign, resumeCampaign } from '../../src/campaigns/lifecycle.ts'
import { expectAccounts } from '../support/accounts.ts'
import { onBothBackends, untilFinished, untilReceived, withFleet } from '../support/fleet.ts'

const READERS = 6_000

onBothBackends((redis) => {
  it('begins nothing a second after a pause at full speed, and loses and doubles nothing by the resume', async () => {
    const options = { redisUrl: redis()?.url ?? null, readers: READERS, query: 'connections=10' }
    await withFleet(options, async (fleet) => {
      await Promise.all([fleet.worker(), fleet.worker()])
      const id = await fleet.send()
      for (const from of [500, 2_500]) {
        await untilReceived(fleet, from)
        await pauseCampaign(fleet.db, id)
        const pausedAt = Date.now()
        await sleep(2_500)
        // Of the whole message, up to its final dot.
        const late = (await fleet.sink.entries()).filter(({ at }) => at > pausedAt + 1_000)
        expect(late).toEqual([])
        await resumeCampaign(fleet.db, id)
      }
      await untilFinished(fleet, id, 120_000)
      await expectAccounts(fleet, id, { chosen: READERS, accepted: READERS })
    })
  }, 180_000)
})
