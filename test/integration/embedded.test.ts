import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { attachEmbedded, type Embedded } from '../../db/embedded.ts'
import { findBinaries } from '../../db/postgres-binaries.ts'
import { initCluster, makeServerFolder } from '../../db/postgres-server.ts'
import { packagePath } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { compiled } from '../support/compiled.ts'
import { eventually } from '../support/eventually.ts'
import { rootTest } from '../support/programs.ts'
import { scratchFolder } from '../support/test-server.ts'

const log = createLog('test', 'silent')
const MARKER = 'test-scratch-marker'

let root: string
let home: string
/** Shared by the tests: in a checkout that is closed to nobody, the programs are copied there. */
let underRoot: string
const children: Child[] = []
const attached: Embedded[] = []

beforeAll(async () => {
  underRoot = await scratchFolder('var')
})
afterAll(() => rm(underRoot, { recursive: true, force: true }))

beforeEach(async () => {
  root = await scratchFolder('embedded')
  await chmod(root, 0o755)
  home = join(root, 'home')
  await mkdir(home)
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL')
  }
  for (const one of attached.splice(0)) await one.detach().catch(() => {})
  // Whatever a test left running under its home ends through the front door.
  if ((await running()).length > 0) await (await attach()).detach()
  await rm(root, { recursive: true, force: true })
})

async function attach(extra: { marker?: string } = {}): Promise<Embedded> {
  const embedded = await attachEmbedded({
    home,
    log,
    underRoot: underRoot,
    ...(extra.marker ? { scratch: { marker: extra.marker } } : {}),
  })
  attached.push(embedded)
  return embedded
}

type Child = ChildProcess
type Answer = { url: string; fresh: boolean; error?: string }

async function attachChild(
  options: { marker?: string; env?: Record<string, string>; home?: string } = {},
): Promise<{ child: Child; answer: Answer }> {
  const args = [options.home ?? home, underRoot, options.marker ?? '']
  const child = spawn(process.execPath, [compiled('test/support/embedded-child.ts'), ...args], {
    cwd: packagePath('.'),
    env: options.env ?? { PATH: process.env.PATH ?? '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(
    createInterface({ input: child.stdout as NodeJS.ReadableStream }),
    'line',
  )
  return { child, answer: JSON.parse(line) }
}

async function endGracefully(child: Child): Promise<void> {
  const exit = once(child, 'exit')
  child.stdin?.write('detach\n')
  expect(await exit).toEqual([0, null])
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Pids of all servers of this test file, but for scratch ones. */
async function running(): Promise<number[]> {
  return [...(await serversUnder(`${root}/`)), ...(await serversUnder(`${underRoot}/`))]
}

/** Pids of all processes whose command line names the folder. */
async function serversUnder(folder: string): Promise<number[]> {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .filter((line) => line.includes('bin/postgres') && line.includes(folder))
    .map((line) => Number(line.trim().split(' ')[0]))
}

async function postmaster(url: string): Promise<number> {
  const rows = await query(
    url,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
  )
  return Number(rows[0]?.pid)
}

test('a server of this home: UTF-8, C.UTF-8, scram, 127.0.0.1 only, fsync, password in a 0600 file', async () => {
  const { url, fresh } = await attach()
  expect(fresh).toBe(true)
  const [row] = await query(
    url,
    `select current_setting('server_encoding') as encoding, datcollate, datctype, datlocale,
       current_setting('listen_addresses') as listen, current_setting('fsync') as fsync,
       current_setting('synchronous_commit') as commit, current_setting('server_version_num')::int / 10000 as major,
       current_setting('unix_socket_directories') as sockets,
       (select count(*)::int from pg_hba_file_rules where auth_method <> 'scram-sha-256') as others,
       (select rolpassword like 'SCRAM-SHA-256%' from pg_authid where rolname = current_user) as scram
     from pg_database where datname = current_database()`,
  )
  expect(row).toEqual({
    ...{ encoding: 'UTF8', datcollate: 'C.UTF-8', datctype: 'C.UTF-8', datlocale: 'C.UTF-8' },
    ...{ listen: '127.0.0.1', fsync: 'on', commit: 'on', major: 18, sockets: '' },
    ...{ others: 0, scram: true },
  })
  const kept = join(home, 'postgres')
  expect((await stat(join(kept, 'password'))).mode & 0o777).toBe(0o600)
  const password = (await readFile(join(kept, 'password'), 'utf8')).trim()
  expect(new URL(url).password).toBe(password)
  expect((await readFile(join(kept, 'port'), 'utf8')).trim()).toBe(new URL(url).port)
  const wrong = new URL(url)
  wrong.password = 'x'
  await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
})

test('data and port are the same at the next start, and nothing runs in between', async () => {
  const first = await attach()
  await query(first.url, 'create table kept as select 7 as n')
  await first.detach()
  expect(await running()).toEqual([])
  const second = await attach()
  expect(second.fresh).toBe(false)
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }])
})

test('a second process attaches to the running server, and only the last one to leave stops it', async () => {
  const first = await attachChild()
  const second = await attachChild()
  expect(second.answer).toEqual({ url: first.answer.url, fresh: false })
  await endGracefully(first.child)
  expect(await query(second.answer.url, 'select 1 as n')).toEqual([{ n: 1 }])
  await endGracefully(second.child)
  expect(await running()).toEqual([])
})

test('five processes that start at once share one server', async () => {
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => attachChild()))
  expect(new Set(all.map(({ answer }) => answer.url)).size).toBe(1)
  expect(all.filter(({ answer }) => answer.fresh)).toHaveLength(1)
  await Promise.all(all.map(({ child }) => endGracefully(child)))
  expect(await running()).toEqual([])
})

test('what a kill -9 leaves running is adopted, and stopped by who adopted it', async () => {
  const { child, answer } = await attachChild()
  const pid = await postmaster(answer.url)
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
  expect(await running()).toContain(pid)
  const next = await attach()
  expect(next.url).toBe(answer.url)
  expect(await postmaster(next.url)).toBe(pid)
  await next.detach()
  expect(await running()).toEqual([])
})

test('a server that was killed or stopped is started again by whoever is attached, on the same port', async () => {
  const first = await attach()
  const { child } = await attachChild()
  await query(first.url, 'create table kept as select 7 as n')
  for (const signal of ['SIGKILL', 'SIGQUIT', 'SIGINT'] as const) {
    const pid = await postmaster(first.url)
    process.kill(pid, signal)
    await eventually(async () => {
      expect(await query(first.url, 'select n from kept')).toEqual([{ n: 7 }])
      expect(await postmaster(first.url)).not.toBe(pid)
    })
  }
  // The same when only the other process is left.
  await first.detach()
  const pid = await postmaster(first.url)
  process.kill(pid, 'SIGQUIT')
  await eventually(async () => expect(await postmaster(first.url)).not.toBe(pid))
  await endGracefully(child)
  expect(await running()).toEqual([])
})

test('a caller that cannot wait for the watch starts it again at once', async () => {
  const embedded = await attach()
  process.kill(await postmaster(embedded.url), 'SIGKILL')
  await eventually(() => expect(query(embedded.url, 'select 1')).rejects.toThrow())
  await embedded.ensureAlive()
  expect(await query(embedded.url, 'select 1 as n')).toEqual([{ n: 1 }])
})

test('a port that was taken meanwhile is replaced by a free one', async () => {
  const first = await attach()
  await first.detach()
  const { createServer } = await import('node:net')
  const squatter = createServer((socket) => socket.end('no\n'))
  squatter.listen(Number(new URL(first.url).port), '127.0.0.1')
  await once(squatter, 'listening')
  try {
    const second = await attach()
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port)
    expect(await query(second.url, 'select 1 as n')).toEqual([{ n: 1 }])
  } finally {
    squatter.close()
  }
})

test('starts with an empty environment, and passes nothing of ours to the server', async () => {
  const secret = 'do-not-pass-on'
  const { child, answer } = await attachChild({
    env: { POSTRIDER_KEYS: secret, PGDATA: '/nowhere', PGPORT: '1', LC_ALL: 'xx_YY' },
  })
  const environment = await readFile(`/proc/${await postmaster(answer.url)}/environ`, 'utf8')
  expect(environment).not.toContain(secret)
  await endGracefully(child)
})

test('data of another major version are one clear line', async () => {
  const first = await attach()
  const [row] = await query(first.url, `select current_setting('data_directory') as folder`)
  await first.detach()
  await writeFile(join(String(row?.folder), 'PG_VERSION'), '17\n')
  await expect(attach()).rejects.toThrow(/is of PostgreSQL 17, and this is 18: restore a backup/)
  await writeFile(join(String(row?.folder), 'PG_VERSION'), '18\n')
})

test('data that are gone are never replaced by an empty database', async () => {
  const first = await attach()
  const [row] = await query(first.url, `select current_setting('data_directory') as folder`)
  await first.detach()
  const folder = String(row?.folder)
  await rename(folder, `${folder}.lost`)
  await expect(attach()).rejects.toThrow(/are gone: put them back or restore a backup/)
  await rename(`${folder}.lost`, folder)
  expect((await attach()).fresh).toBe(false)
})

test('a first start that was killed half-way is begun anew', async () => {
  await mkdir(join(home, 'postgres'), { recursive: true })
  await writeFile(join(home, 'postgres', 'password'), 'made-before-the-data\n', { mode: 0o600 })
  expect((await attach()).fresh).toBe(true)
})

test('a server that does not take our password is one clear line, at once, and left alone', async () => {
  const { answer, child } = await attachChild()
  const pid = await postmaster(answer.url)
  const path = join(home, 'postgres', 'password')
  const password = await readFile(path)
  await writeFile(path, 'another\n')
  await expect(attach()).rejects.toThrow(/does not take the password in .*postgres/)
  expect(await postmaster(answer.url)).toBe(pid)
  await writeFile(path, password)
  await endGracefully(child)
})

rootTest('a user without an entry in /etc/passwd is told what to do', async () => {
  const user = { uid: 54_321, gid: 54_321 }
  const folder = join(home, 'server')
  await chmod(home, 0o755)
  await makeServerFolder(folder, user)
  const cluster = { binaries: await findBinaries(user, underRoot), folder, password: 'unused' }
  await expect(initCluster(cluster, { sync: false })).rejects.toThrow(
    /user id 54321 has none: run this as another user/,
  )
})

test('a start that fails is one clear line, at once', async () => {
  const first = await attach()
  const [row] = await query(first.url, `select current_setting('data_directory') as folder`)
  await first.detach()
  const file = join(String(row?.folder), 'postgresql.conf')
  const good = await readFile(file)
  await writeFile(file, `${good}\nwork_mem = nonsense\n`)
  const began = Date.now()
  await expect(attach()).rejects.toThrow(/Postgres did not start: .*work_mem/)
  // Not after the minute that a start may take.
  expect(Date.now() - began).toBeLessThan(40_000)
  await writeFile(file, good)
})

rootTest('as root it runs as nobody, with its data outside of the home', async () => {
  const { url } = await attach()
  const pid = await postmaster(url)
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const nobody = execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim()
  expect(/^Uid:\s+(\d+)\s+(\d+)/m.exec(status)?.slice(1)).toEqual([nobody, nobody])
  expect(/^Groups:[ \t]*(.*)$/m.exec(status)?.[1]?.trim()).toBe('')
  const [row] = await query(url, `select current_setting('data_directory') as folder`)
  expect(String(row?.folder).startsWith(`${underRoot}/`)).toBe(true)
})

rootTest('a home that another user made is one clear line, and untouched', async () => {
  await mkdir(join(home, 'postgres', 'server'), { recursive: true })
  await expect(attach()).rejects.toThrow(/was made by user id 0, and this is root/)
  await rm(join(home, 'postgres'), { recursive: true })
})

rootTest('a copied home does not run on the data of its original; a moved one does', async () => {
  const first = await attach()
  await query(first.url, 'create table kept as select 7 as n')
  await first.detach()
  const original = home
  home = join(root, 'copy')
  await cp(original, home, { recursive: true })
  await expect(attach()).rejects.toThrow(/of which .*copy is a copy/)
  await rm(original, { recursive: true })
  const moved = await attach()
  expect(await query(moved.url, 'select n from kept')).toEqual([{ n: 7 }])
})

test('scratch data: gone with the last one, and fresh after a kill -9', async () => {
  const first = await attachChild({ marker: MARKER })
  const [row] = await query(first.answer.url, `select current_setting('data_directory') as folder`)
  const folder = String(row?.folder)
  await query(first.answer.url, 'create table kept as select 7 as n')
  const exit = once(first.child, 'exit')
  first.child.kill('SIGKILL')
  await exit
  const second = await attach({ marker: MARKER })
  expect(second.fresh).toBe(true)
  expect(await serversUnder(folder)).toEqual([])
  await expect(stat(folder)).rejects.toThrow(/ENOENT/)
  await expect(query(second.url, 'select n from kept')).rejects.toThrow(/does not exist/)
  const [own] = await query(second.url, `select current_setting('data_directory') as folder`)
  await second.detach()
  await expect(stat(String(own?.folder))).rejects.toThrow(/ENOENT/)
  expect(await serversUnder(String(own?.folder))).toEqual([])
})

test('an orphaned scratch server is found even when its home was erased', async () => {
  const first = await attachChild({ marker: MARKER })
  const [row] = await query(first.answer.url, `select current_setting('data_directory') as folder`)
  const exit = once(first.child, 'exit')
  first.child.kill('SIGKILL')
  await exit
  await rm(home, { recursive: true })
  const second = await attach({ marker: MARKER })
  expect(second.fresh).toBe(true)
  expect(await serversUnder(String(row?.folder))).toEqual([])
})
