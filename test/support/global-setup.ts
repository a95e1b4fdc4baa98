import type { TestProject } from 'vitest/node'
import { connect } from '../../db/client.ts'
import { migrate } from '../../db/migrate.ts'
import { urlOf } from '../../db/postgres-server.ts'
import { createDatabase, TEMPLATE } from './database.ts'
import { startTestServer } from './test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of this run's own server; to be used through testDatabase(). */
    postgresUrl: string
  }
}

/** One server and one migrated template a run; test files clone it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer()
  try {
    const url = urlOf(server.cluster, server.port)
    await createDatabase(url, TEMPLATE)
    const db = connect(urlOf(server.cluster, server.port, TEMPLATE), { max: 1 })
    await migrate(db)
    await db.destroy()
    project.provide('postgresUrl', url)
  } catch (error) {
    await server.stop()
    throw error
  }
  return server.stop
}
