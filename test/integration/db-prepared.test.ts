import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import { emptyDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await emptyDatabase()
  db = connect(database.url, { max: 1 })
})

afterAll(async () => {
  await db.destroy()
  await database.drop()
})

test('what is marked is planned once on a connection, whatever its values, and nothing else is', async () => {
  for (const value of [1, 2, 3]) {
    const { rows } = await sql<{
      value: number
    }>`/* prepared */ select ${value}::int as value`.execute(db)
    expect(rows).toEqual([{ value }])
    await sql`select ${value}::int as other`.execute(db)
  }
  const { rows } = await sql<{ statement: string; times: string }>`
    select statement, generic_plans + custom_plans as times from pg_prepared_statements`.execute(db)
  expect(rows).toEqual([
    { statement: expect.stringMatching(/^\/\* prepared \*\/ select/), times: '3' },
  ])
})

test('a statement that failed is prepared and works when it can', async () => {
  const ask = () => sql`/* prepared */ select * from not_there_yet`.execute(db)
  await expect(ask()).rejects.toThrow('does not exist')
  await sql`create table not_there_yet (here int)`.execute(db)
  await expect(ask()).resolves.toMatchObject({ rows: [] })
})
