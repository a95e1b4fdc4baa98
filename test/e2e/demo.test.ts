import { spawn } from 'node:child_process'
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packagePath } from '../../src/config.ts'
import { eventually } from '../support/eventually.ts'
import { processesOf } from '../support/process-list.ts'
import { endWhen, postrider } from '../support/processes.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-demo-test-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** An environment that would lead a demo astray if it read it. */
const ASTRAY = {
  SMTP_URL: 'smtp://127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  PUBLIC_URL: 'https://elsewhere.example',
  INBOUND_DOMAIN: 'elsewhere.example',
  POSTRIDER_HOME: '/nonexistent/home',
  PGSSLMODE: 'require',
  PGOPTIONS: '-c default_transaction_read_only=on',
}

const NONE = {
  ...{ queued: 0, sending: 0, deferred: 0, failed: 0, uncertain: 0, cancelled: 0 },
}
const FIRST = { ...NONE, chosen: 201, accepted: 196, rejected: 5, skipped: 0 }
const SECOND = { ...NONE, chosen: 199, accepted: 192, rejected: 0, skipped: 7 }

test('plays the circle in the counts that it promises, whatever the environment says', async () => {
  const held = await holdPorts([3000, 2525, 2526])
  const { code, last, log } = await postrider(['demo', '--exit'], ASTRAY, folder)
  await held.release()
  expect({ code, log }).toEqual({ code: 0, log: '' })
  expect(last).toMatchObject({
    ledger: { ...NONE, chosen: 400, accepted: 388, rejected: 5, skipped: 7 },
    campaigns: [FIRST, SECOND],
    caught: 388,
    suppressed: 7,
    left: 2,
    deferred: 5,
    bounced: 2,
  })
  expect(await readdir(folder)).toEqual([])
}, 240_000)

test('works again after kill -9, and leaves no process of either behind', async () => {
  const home = join(folder, '.postrider-demo')
  const catching = () =>
    access(join(home, 'catcher.json')).then(
      () => true,
      () => false,
    )
  await endWhen('SIGKILL', ['demo'], { cwd: folder }, catching)
  const server = (await readFile(join(home, 'postgres', 'folder'), 'utf8')).trim()
  const { code, last } = await postrider(['demo', '--exit'], {}, folder)
  expect(code).toBe(0)
  expect(last).toMatchObject({ campaigns: [FIRST, SECOND] })
  await eventually(async () => expect(await processesOf([home, server])).toEqual([]))
  await expect(access(server)).rejects.toThrow('ENOENT')
}, 240_000)

test('ends by itself when the npm that ran it is killed', async () => {
  const home = join(folder, '.postrider-demo')
  const script = `${packagePath('node_modules/.bin/tsx')} ${packagePath('src/cli/main.ts')} demo`
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { demo: script } }))
  const npm = spawn('npm', ['run', 'demo'], { cwd: folder, stdio: 'ignore', detached: true })
  try {
    await eventually(() => access(join(home, 'catcher.json')), { timeoutMs: 60_000 })
    const server = (await readFile(join(home, 'postgres', 'folder'), 'utf8')).trim()
    npm.kill('SIGKILL')
    await eventually(async () => expect(await processesOf([folder, server])).toEqual([]), {
      timeoutMs: 60_000,
    })
    await expect(access(home)).rejects.toThrow('ENOENT')
  } finally {
    endGroup(npm.pid)
  }
}, 240_000)

/** Whatever is left of it: nothing, unless the test failed. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' })
  }
}

/** Takes default ports, where nobody has them already. */
async function holdPorts(ports: readonly number[]): Promise<{ release(): Promise<void> }> {
  const servers = await Promise.all(
    ports.map(
      (port) =>
        new Promise<ReturnType<typeof createServer> | null>((resolve) => {
          const server = createServer()
          server.once('error', () => resolve(null))
          server.listen(port, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  return {
    async release() {
      for (const server of servers)
        await new Promise((resolve) => server?.close(resolve) ?? resolve(0))
    },
  }
}
