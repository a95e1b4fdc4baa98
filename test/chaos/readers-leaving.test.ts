import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import type { Id } from '../../db/types.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { unsubscribe } from '../../src/subscribers/unsubscribe.ts'
import { type Row, rowsOf } from '../support/accounts.ts'
import {
  type Fleet,
  onBothBackends,
  startFleet,
  untilFinished,
  untilReceived,
} from '../support/fleet.ts'

const READERS = 500
const SLOW = { replyDelayMs: 200, dotDelayMs: 200 }
/** The server becomes this slow for a while, with windows full of rows that were claimed for a faster one. */
const SLOWER = { replyDelayMs: 200, dotDelayMs: 3_000 }

let fleet: Fleet
afterEach(async () => {
  await fleet.close()
})

onBothBackends((redis) => {
  it('begins no message more than 2 s after its reader’s unsubscribe has committed, however slow the server', async () => {
    const redisUrl = redis()?.url ?? null
    fleet = await startFleet({ redisUrl, readers: READERS, query: 'connections=20', sink: SLOW })
    await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    await untilReceived(fleet, 60)
    const left: Leaver[] = []
    await letReadersLeave(id, left, 40)
    await fleet.sink.set(SLOWER)
    await letReadersLeave(id, left, 80)
    await fleet.sink.set(SLOW)
    await untilFinished(fleet, id, 90_000)

    const entries = await fleet.sink.entries()
    const begunAfter = left.flatMap(({ address, leftAt }) =>
      entries.filter((entry) => entry.to === address).map((entry) => entry.begunAt - leftAt),
    )
    expect(begunAfter.filter((ms) => ms > 2_000)).toEqual([])
    const { ledger, skipped } = await campaignStatus(fleet.db, id)
    expect(ledger.accepted + ledger.skipped).toBe(READERS)
    expect(skipped).toEqual({ unsubscribed: ledger.skipped })
    expect(entries).toHaveLength(ledger.accepted)
    // Not only those who waited for a claim: windows were asked about again.
    const rows = new Map((await rowsOf(fleet, id)).map((row) => [row.address, row.state]))
    const held = left.filter((each) => each.state === 'sending')
    const fallen = held.filter(({ address }) => rows.get(address) === 'skipped')
    expect(fallen.length).toBeGreaterThanOrEqual(5)
  }, 180_000)
})

type Leaver = Row & { leftAt: number }

/** Until so many have left: one every 60 ms, of those whose message a worker holds where there is one. */
async function letReadersLeave(campaignId: Id, left: Leaver[], until: number): Promise<void> {
  const newsletterId = fleet.newsletter.id
  while (left.length < until) {
    const received = new Set((await fleet.sink.entries()).map((entry) => entry.to))
    const open = (await rowsOf(fleet, campaignId)).filter(
      (row) =>
        !received.has(row.address) &&
        !left.some((gone) => gone.address === row.address) &&
        (row.state === 'sending' || row.state === 'queued'),
    )
    const held = open.filter((row) => row.state === 'sending')
    const choice = held.length > 0 ? held : open
    const row = choice[Math.floor(Math.random() * choice.length)]
    if (row === undefined) throw new Error('the campaign was over too soon')
    const leaving = { newsletterId, subscriberId: row.subscriberId, source: 'one-click' } as const
    expect(await unsubscribe(fleet.db, leaving, new Date())).toBe('unsubscribed')
    left.push({ ...row, leftAt: Date.now() })
    await sleep(60)
  }
}
