import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate, pendingMigrations } from '../../db/migrate.ts'
import { emptyDatabase, type TestDatabase } from '../support/database.ts'

let empty: TestDatabase
beforeAll(async () => {
  empty = await emptyDatabase()
})
afterAll(() => empty.drop())

test('two processes that migrate at once run each migration once', async () => {
  const waiting = await pendingMigrations(empty.db)
  expect(waiting[0]).toBe('0001-first.sql')
  const runs = await Promise.all([migrate(empty.db), migrate(empty.db)])
  expect(runs.flat().sort()).toEqual(waiting)
  expect(await pendingMigrations(empty.db)).toEqual([])
  expect(await migrate(empty.db)).toEqual([])
})
