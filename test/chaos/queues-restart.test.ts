import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
import { startServer, stopServer, urlOf } from '../../db/postgres-server.ts'
import { createLog } from '../../src/log.ts'
import { openQueues } from '../../src/queues.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  // Tests run without it; here a commit must survive the kill, as it does in earnest.
  const db = connect(urlOf(server.cluster, server.port), { max: 1 })
  await sql`alter database postgres set synchronous_commit = on`.execute(db)
  await db.destroy()
})
afterAll(async () => {
  await server.stop()
})

it('hears new doorbells soon after Postgres was killed and is back, and frees those that were at work', async () => {
  const databaseUrl = urlOf(server.cluster, server.port)
  const queues = await openQueues({ redisUrl: null, databaseUrl }, createLog('test', 'silent'))
  const heard: string[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const worker = queues.work(
    'prepare',
    async ({ campaignId }) => {
      heard.push(campaignId)
      if (campaignId === '1') await held
      return 'done'
    },
    2,
  )
  const ring = (campaignId: string) => queues.ring('prepare', { campaignId })
  await ring('1')
  await eventually(() => expect(heard).toEqual(['1']))
  await stopServer(server.cluster, 'immediate')
  // Nobody hears it, and who rings is not disturbed.
  await ring('2')
  release()
  await startServer(server.cluster, { port: server.port, fsync: false })
  const up = Date.now()
  await eventually(async () => {
    await ring('2')
    expect(heard).toContain('2')
  })
  // The next sweep is enough.
  expect(Date.now() - up).toBeLessThan(5_000)
  await eventually(async () => {
    await ring('1')
    expect(heard.filter((campaignId) => campaignId === '1').length).toBeGreaterThan(1)
  })
  // BullMQ's own defaults take 30 to 60 s.
  expect(Date.now() - up).toBeLessThan(15_000)
  await worker.close()
  await queues.close()
})
