import type { TestProject } from 'vitest/node'
import { connect } from '../../db/client.ts'
import { migrate } from '../../db/migrate.ts'
import { urlOf } from '../../db/postgres-server.ts'
import { compileAll } from './compiled.ts'
import { createDatabase, TEMPLATE } from './database.ts'
import { startTestServer } from './test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of this run's own server; to be used through testDatabase(). */
    postgresUrl: string
  }
}

type Server = { url: string; users: number; stop(): Promise<void> }

/** Each project loads this file for itself: what they share hangs at the process. */
const shared = globalThis as { postriderTestServer?: Promise<Server> | undefined }

/** One server and one migrated template a run; test files clone it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.postriderTestServer ??= start()
  const server = await shared.postriderTestServer
  server.users += 1
  project.provide('postgresUrl', server.url)
  return async () => {
    server.users -= 1
    if (server.users > 0) return
    shared.postriderTestServer = undefined
    await server.stop()
  }
}

async function start(): Promise<Server> {
  // Once, before two workers would do it side by side.
  compileAll()
  const server = await startTestServer()
  try {
    const url = urlOf(server.cluster, server.port)
    await createDatabase(url, TEMPLATE)
    const db = connect(urlOf(server.cluster, server.port, TEMPLATE), { max: 1 })
    await migrate(db)
    await db.destroy()
    return { url, users: 0, stop: server.stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}
