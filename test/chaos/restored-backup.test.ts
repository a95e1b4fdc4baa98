import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { accountOf, rowsOf } from '../support/accounts.ts'
import { emptyDatabase } from '../support/database.ts'
import {
  type Fleet,
  untilFinished,
  untilReceived,
  untilStatus,
  withFleet,
} from '../support/fleet.ts'
import { postrider, startPostrider } from '../support/processes.ts'
import { noteRun } from '../support/runs.ts'

const READERS = 600
/** A worker needs less than that to begin something, if it would. */
const WATCHED_MS = 4_000

it('mails nobody from a restored backup until somebody resumes it, and then only who was open in it', async () => {
  await withFleet({ redisUrl: null, readers: READERS, sink: { dotDelayMs: 20 } }, async (fleet) => {
    const target = await emptyDatabase()
    try {
      const worker = await fleet.worker()
      const id = await fleet.send()
      await untilReceived(fleet, 150)
      // It goes on only once the backup has been taken.
      await fleet.sink.withhold()
      const file = join(fleet.env.POSTRIDER_HOME ?? '', 'mid-send.zip')
      expect((await fleet.run('backup', file)).code).toBe(0)
      await fleet.sink.release()
      await untilFinished(fleet, id, 60_000)
      await worker.end('SIGTERM')
      const first = await fleet.sink.entries()
      expect(first).toHaveLength(READERS)

      const env = { ...fleet.env, DATABASE_URL: target.url }
      const restored = await postrider(['restore', file], env)
      expect(restored.last).toMatchObject({ open: [expect.objectContaining({ campaign: id })] })
      const other: Fleet = { ...fleet, db: target.db, env }
      const wereOpen = (await rowsOf(other, id)).filter((row) => row.state === 'queued')
      expect(wereOpen.length).toBeGreaterThan(0)
      await resumeAfterWatching(other, id, first.length)

      const again = (await fleet.sink.entries()).slice(first.length)
      expect(again.map((entry) => entry.to).sort()).toEqual(
        wereOpen.map((row) => row.address).sort(),
      )
      const account = await accountOf(other, id, [
        ...first.filter((entry) => !again.some((one) => one.to === entry.to)),
        ...again,
      ])
      noteRun(other, 'restored from a backup of mid-send, then resumed', account)
      expect(account).toMatchObject({ lost: [], doubled: [], mixedUp: [] })
    } finally {
      await target.drop()
    }
  })
}, 240_000)

async function resumeAfterWatching(fleet: Fleet, id: string, had: number): Promise<void> {
  const worker = await startPostrider(['worker'], fleet.env)
  try {
    const status = await untilStatus(fleet, id, 10_000, ({ state }) => state === 'paused')
    expect(status.reason).toMatch(/^restored from a backup of /)
    await sleep(WATCHED_MS)
    expect((await fleet.sink.counts()).messages).toBe(had)
    expect((await postrider(['resume', id], fleet.env)).code).toBe(0)
    await untilFinished(fleet, id, 60_000)
  } finally {
    await worker.end('SIGTERM')
  }
}
