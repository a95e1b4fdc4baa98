import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmdirSync } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect } from 'vitest'
import { knock, startServer } from '../../db/postgres-server.ts'
import { expectAccounts } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import { startFleet, untilFinished, untilReceived } from '../support/fleet.ts'
import { rootTest } from '../support/programs.ts'
import { databaseOn } from '../support/restarted-postgres.ts'
import { startTestServer } from '../support/test-server.ts'

const READERS = 1_500
const DISK_MB = 200

/** A disk of its own, which only root can make. */
function smallDisk(root: string): () => void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=755`, 'tmpfs', root])
  return () => execFileSync('umount', [root])
}

/** Takes what is left, to the last block. */
async function fill(path: string): Promise<void> {
  const blocks = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(1024 * 1024)
    })(),
  )
  await pipeline(blocks, createWriteStream(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error
  })
}

/** Not in every container may root mount. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-mount-'))
  try {
    smallDisk(folder)()
    return true
  } catch {
    return false
  } finally {
    rmdirSync(folder)
  }
}

const diskTest: typeof rootTest = canMount() ? rootTest : () => {}

diskTest(
  'a send loses, doubles and doubts nothing when the disk under Postgres is full for a while',
  async () => {
    let disk = ''
    const server = await startTestServer((root) => {
      disk = root
      return smallDisk(root)
    })
    const database = await databaseOn(server)
    const sink = { dotDelayMs: 30 }
    const fleet = await startFleet({ redisUrl: null, readers: READERS, database, sink })
    try {
      await fleet.worker()
      const id = await fleet.send()
      await untilReceived(fleet, 200)
      const ballast = join(disk, 'ballast')
      await fill(ballast)
      expect((await statfs(disk)).bavail).toBe(0)
      const refused = eventually(() => expect(refusals(server.cluster.folder)).toBeGreaterThan(0), {
        timeoutMs: 60_000,
      })
      await refused
      expect((await fleet.sink.counts()).messages).toBeLessThan(READERS)
      await rm(ballast)
      // Without room for its log Postgres gives up, and somebody starts it again.
      if ((await knock(server.cluster, server.port)) === 'silent') {
        await startServer(server.cluster, { port: server.port, fsync: false })
      }
      await untilFinished(fleet, id, 120_000)
      const what = 'the disk under Postgres is full'
      await expectAccounts(fleet, id, { chosen: READERS, accepted: READERS }, { what })
    } finally {
      await fleet.close()
      await server.stop()
    }
  },
  240_000,
)

/** How often Postgres has said that there is no room. */
function refusals(folder: string): number {
  const log = execFileSync('grep', ['-c', 'No space left on device', join(folder, 'log')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return Number(log)
}
