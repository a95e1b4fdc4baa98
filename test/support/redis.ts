import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { freePort } from '../../db/postgres-server.ts'
import { endWithUs } from './children.ts'
import { eventually } from './eventually.ts'
import { programPath } from './programs.ts'
import { scratchFolder } from './test-server.ts'

export type TestRedis = Readonly<{
  url: string
  pid: number
  flushAll(): Promise<void>
  stop(): Promise<void>
}>

/**
 * A Redis (`cluster`: of one node) of this test file's own: free port, nothing on disk, ended by its pid. Guard it with
 * describeWith.
 */
export async function startRedis(
  options: { cluster?: boolean; port?: number } = {},
): Promise<TestRedis> {
  const folder = await scratchFolder('redis')
  const { child, exit, port } = await launch(folder, options.cluster ?? false, options.port)
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true })
  client.on('error', () => {})
  const stop = async () => {
    client.disconnect()
    child.kill('SIGKILL')
    await exit
    await rm(folder, { recursive: true, force: true })
  }
  try {
    if (options.cluster) await formCluster(client)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid as number,
    async flushAll() {
      await client.flushall()
    },
    stop,
  }
}

/** A port that is taken between asking and binding is replaced, and one that leaves a cluster's bus (+10000) no room. */
async function launch(folder: string, cluster: boolean, wanted?: number) {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort())
    const child = spawn(
      programPath('redis-server'),
      [
        ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
        ...(cluster ? ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] : []),
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    endWithUs(child)
    const exit = once(child, 'exit')
    let said = ''
    const ready = new Promise<boolean>((resolve) => {
      child.stdout.on('data', (chunk) => {
        said += chunk
        if (said.includes('Ready to accept connections')) resolve(true)
      })
    })
    if (await Promise.race([ready, exit.then(() => false)])) return { child, exit, port }
    if (attempt === 10) throw new Error(`redis-server did not start: ${said}`)
  }
}

async function formCluster(client: Redis): Promise<void> {
  await client.cluster('ADDSLOTSRANGE', 0, 16_383)
  await eventually(async () => {
    if (!(await client.cluster('INFO')).includes('cluster_state:ok')) throw new Error('not ok')
  })
}
