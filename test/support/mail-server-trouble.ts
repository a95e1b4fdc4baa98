import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { expectAccounts } from './accounts.ts'
import { eventually } from './eventually.ts'
import { type Fleet, untilFinished, untilReceived, withFleet } from './fleet.ts'
import type { SinkReplies } from './sink.ts'

export type Trouble = Readonly<{
  /** For the table of runs. */
  what: string
  replies: SinkReplies
  /** Connections that are open are cut as it begins, as by a server that goes. */
  cut: boolean
  /** It says nothing more to what it has taken, until it is well. */
  hangs?: boolean
  /** Whether messages whose fate nobody can know may be left: at most one a connection. */
  mayDoubt: boolean
}>

const CONNECTIONS = 5

export const TROUBLES: readonly Trouble[] = [
  { what: 'mail server gone', replies: { greeting: 'close' }, cut: true, mayDoubt: true },
  {
    what: 'mail server answers garbage',
    replies: { greeting: 'moo', mail: '\u0000\u0001 999 what', rcpt: 'no' },
    ...{ cut: false, mayDoubt: true },
  },
  {
    what: 'mail server says 451 to all',
    replies: { greeting: '451 4.3.0 not now', mail: '451 4.3.0 not now' },
    ...{ cut: false, mayDoubt: false },
  },
  { what: 'mail server hangs', replies: {}, cut: false, hangs: true, mayDoubt: false },
  {
    what: 'mail server closes after the final dot',
    replies: { dot: Array<string>(3).fill('close') },
    ...{ cut: false, mayDoubt: true },
  },
]

/** In mid-send the server misbehaves for a while, and is well again. */
export async function sendThroughTrouble(
  trouble: Trouble,
  options: { redisUrl: string | null; readers: number; lastsMs: number },
): Promise<void> {
  const { redisUrl, readers, lastsMs } = options
  const query = `connections=${CONNECTIONS}`
  await withFleet({ redisUrl, readers, query, sink: { dotDelayMs: 20 } }, async (fleet) => {
    await fleet.worker()
    const id = await fleet.send()
    await untilReceived(fleet, Math.ceil(readers / 4))
    await fleet.sink.set({ replies: structuredClone(trouble.replies) as SinkReplies })
    if (trouble.cut) await fleet.sink.cut()
    if (trouble.hangs) await fleet.sink.withhold()
    await sleep(lastsMs)
    // What closes a few times is over by now; the others stop it, and it says why.
    if (!('dot' in trouble.replies)) {
      expect(await campaignStatus(fleet.db, id)).toMatchObject({ state: 'sending' })
    }
    await fleet.sink.set({ replies: {} })
    await fleet.sink.release()
    await finish(fleet, id, readers, trouble)
  })
}

async function finish(
  fleet: Fleet,
  id: string,
  readers: number,
  { what, mayDoubt }: Trouble,
): Promise<void> {
  await untilFinished(fleet, id, 120_000)
  const { ledger } = await eventually(() => campaignStatus(fleet.db, id))
  expect(ledger.uncertain).toBeLessThanOrEqual(mayDoubt ? CONNECTIONS : 0)
  const accepted = readers - ledger.uncertain
  const expected = { chosen: readers, accepted, uncertain: ledger.uncertain }
  await expectAccounts(fleet, id, expected, { what })
}
