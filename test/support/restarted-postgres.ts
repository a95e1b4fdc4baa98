import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect } from 'vitest'
import { connect } from '../../db/client.ts'
import { migrate } from '../../db/migrate.ts'
import { startServer, stopServer, urlOf } from '../../db/postgres-server.ts'
import { addressesInFlight, expectAccounts } from './accounts.ts'
import { createDatabase, type TestDatabase } from './database.ts'
import { startFleet, untilFinished, untilReceived } from './fleet.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** A migrated database on a server of its own, which keeps what it has committed when it is killed. */
export async function databaseOn(server: TestServer): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await createDatabase(urlOf(server.cluster, server.port), name)
  const url = urlOf(server.cluster, server.port, name)
  const db = connect(url, { name: 'test' })
  await migrate(db)
  await sql`alter database ${sql.id(name)} set synchronous_commit = on`.execute(db)
  return { db, url, drop: () => db.destroy() }
}

/** Postgres goes without a goodbye in mid-send and is back after `downMs`, so often. */
export async function restartInMidSend(options: {
  redisUrl: string | null
  readers: number
  restarts: number
  downMs: number
}): Promise<void> {
  const { redisUrl, readers, restarts, downMs } = options
  const server = await startTestServer()
  const database = await databaseOn(server)
  const fleet = await startFleet({ redisUrl, readers, database, sink: { dotDelayMs: 20 } })
  try {
    const workers = await Promise.all([fleet.worker(), fleet.worker()])
    const id = await fleet.send()
    for (let restart = 1; restart <= restarts; restart++) {
      await untilReceived(fleet, restart * Math.floor(readers / (restarts + 2)))
      await stopServer(server.cluster, 'immediate')
      await sleep(downMs)
      expect((await fleet.sink.counts()).messages).toBeLessThan(readers)
      await startServer(server.cluster, { port: server.port, fsync: false })
    }
    await untilFinished(fleet, id, 120_000)
    await expectAccounts(
      fleet,
      id,
      { chosen: readers, accepted: readers },
      { what: `Postgres stopped with -m immediate, ${restarts} times` },
    )
    const ends = await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
    expect(ends).toEqual(workers.map(() => ({ code: 0, signal: null })))
  } finally {
    await fleet.close()
    await server.stop()
  }
}

/** A worker is asked to stop while Postgres is away, which is back before its grace is over. */
export async function stopWhilePostgresIsAway(options: {
  redisUrl: string | null
  downMs: number
}): Promise<void> {
  const server = await startTestServer()
  const database = await databaseOn(server)
  const { redisUrl } = options
  const fleet = await startFleet({ redisUrl, readers: 400, database, sink: { dotDelayMs: 50 } })
  try {
    const worker = await fleet.worker()
    const id = await fleet.send()
    await untilReceived(fleet, 100)
    await stopServer(server.cluster, 'immediate')
    const ended = worker.end('SIGTERM')
    await sleep(options.downMs)
    await startServer(server.cluster, { port: server.port, fsync: false })
    expect(await ended).toEqual({ code: 0, signal: null })
    expect(await addressesInFlight(fleet, id)).toEqual([])
    await fleet.worker()
    await untilFinished(fleet, id, 60_000)
    await expectAccounts(
      fleet,
      id,
      { chosen: 400, accepted: 400 },
      { what: 'SIGTERM while Postgres is away' },
    )
  } finally {
    await fleet.close()
    await server.stop()
  }
}
