import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { connect, type Db } from '../../db/client.ts'

export const TEMPLATE = 'postrider_template'

export type TestDatabase = Readonly<{ db: Db; url: string; drop(): Promise<void> }>

/** A migrated database for one test file: a clone of the run's template, about 40 ms. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await createDatabase(server, name, TEMPLATE)
  const url = databaseUrl(server, name)
  const db = connect(url, { name: 'test' })
  return {
    db,
    url,
    async drop() {
      await db.destroy()
      await statement(server, `drop database ${name} with (force)`)
    },
  }
}

/** A database without any table, for tests of migrations. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await createDatabase(server, name)
  const db = connect(databaseUrl(server, name), { name: 'test' })
  return {
    db,
    url: databaseUrl(server, name),
    async drop() {
      await db.destroy()
      await statement(server, `drop database ${name} with (force)`)
    },
  }
}

export async function createDatabase(
  server: string,
  name: string,
  template = 'template0',
): Promise<void> {
  await statement(server, `create database ${name} template ${template}`)
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function statement(server: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
