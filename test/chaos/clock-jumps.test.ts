import { expect } from 'vitest'
import { expectAccounts } from '../support/accounts.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { untilFinished, untilReceived, withFleet } from '../support/fleet.ts'
import { programTest } from '../support/programs.ts'

const READERS = 600

programTest(
  'faketime',
  'a send loses, doubles and doubts nothing when the clock of its worker jumps two days on, and four back',
  async () => {
    const clock = await fakeClock()
    const sink = { dotDelayMs: 30 }
    await withFleet({ redisUrl: null, readers: READERS, sink }, async (fleet) => {
      const worker = await fleet.worker(clock.env)
      const id = await fleet.send()
      await untilReceived(fleet, 120)
      await clock.jump('+2d')
      await untilReceived(fleet, 300)
      await clock.jump('-2d')
      await untilFinished(fleet, id, 90_000)
      const what = 'the clock of a worker jumps'
      await expectAccounts(fleet, id, { chosen: READERS, accepted: READERS }, { what })
      expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null })
    }).finally(() => clock.remove())
  },
  200_000,
)
