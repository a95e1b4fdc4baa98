import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import { underSweepLock } from '../../db/queries/claims.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

let database: TestDatabase
let other: Db
beforeAll(async () => {
  database = await testDatabase()
  other = connect(database.url)
})
afterAll(async () => {
  await other.destroy()
  await database.drop()
})

// A process that is stopped keeps its connections: its rows and locks would be out of reach for as long as it sleeps.
describe.concurrent('a transaction', () => {
  it.concurrent('in which a process fell asleep is undone within 12 s, and its locks are free', async ({
    expect,
  }) => {
    const take = (db: Db) =>
      sql<{ taken: boolean }>`select pg_try_advisory_xact_lock(42) as taken`.execute(db)
    const asleep = database.db.transaction().execute(async (trx) => {
      await take(trx)
      const begun = performance.now()
      await eventually(async () => expect((await take(other)).rows[0]?.taken).toBe(true), {
        everyMs: 200,
      })
      expect(performance.now() - begun).toBeLessThan(12_000)
      await sql`select 1`.execute(trx)
    })
    await expect(asleep).rejects.toThrow(/connection/i)
  })

  it.concurrent('under which a sweep runs lasts as long as the sweep, beyond that time', async ({
    expect,
  }) => {
    const sweeping = underSweepLock(database.db, async () => {
      await sleep(12_500)
      expect(await underSweepLock(other, async () => 'in')).toBe(null)
      return 'done'
    })
    expect(await sweeping).toBe('done')
    expect(await underSweepLock(other, async () => 'in')).toBe('in')
  })
})
