import { execFile } from 'node:child_process'
import { chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { messageOf, PostriderError } from '../src/errors.ts'
import { type Binaries, childOptions, localeName, type ServerUser } from './postgres-binaries.ts'
import { commandLine } from './process-identity.ts'

const run = promisify(execFile)

/** `folder` is the server user's own: the data, the log and nothing else of ours. */
export type Cluster = Readonly<{ binaries: Binaries; folder: string; password: string }>

export type StartOptions = Readonly<{ port: number; fsync: boolean }>

export const SUPERUSER = 'postrider'
const MAJOR = '18'
const LOG_LIMIT_BYTES = 10_000_000

export const dataOf = (cluster: Cluster) => join(cluster.folder, 'data')

/** A folder that the server's user owns and nobody else reads. */
export async function makeServerFolder(folder: string, user: ServerUser): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (user) await chown(folder, user.uid, user.gid)
}

/**
 * Makes the data folder if it is not there: whole or not at all.
 * @throws PostriderError wrong-state for a folder of another major version or owner
 */
export async function initCluster(cluster: Cluster, options: { sync: boolean }): Promise<void> {
  if (await checkCluster(cluster)) return
  const { binaries, folder } = cluster
  const draft = join(folder, 'data.new')
  const secret = join(folder, 'initial-password')
  await rm(draft, { recursive: true, force: true })
  try {
    await writePrivate(secret, cluster.password, binaries.user)
    await run(
      join(binaries.bin, 'initdb'),
      [
        ...['-D', draft, '-U', SUPERUSER, '--pwfile', secret],
        ...['-A', 'scram-sha-256', '-E', 'UTF8', '--locale', localeName(), '--lc-messages', 'C'],
        ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
        ...(options.sync ? [] : ['--no-sync']),
      ],
      childOptions(binaries.user),
    )
    await rename(draft, dataOf(cluster))
  } catch (cause) {
    throw noUserEntry(cause) ?? failed('initdb failed', lastLine(cause), cause)
  } finally {
    await rm(secret, { force: true })
    await rm(draft, { recursive: true, force: true })
  }
}

/** Whether there is one, and ours to run. */
export async function checkCluster(cluster: Cluster): Promise<boolean> {
  const data = dataOf(cluster)
  const found = await stat(data).catch(() => null)
  if (found === null) return false
  const expected = cluster.binaries.user?.uid ?? process.getuid?.() ?? found.uid
  if (found.uid !== expected) {
    throw new PostriderError(
      'wrong-state',
      `${data} belongs to user id ${found.uid}, and Postgres would run as ${expected}: use the user who made it, or another POSTRIDER_HOME`,
    )
  }
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => 'unknown')
  if (version.trim() !== MAJOR) {
    throw new PostriderError(
      'wrong-state',
      `${data} is of PostgreSQL ${version.trim()}, and this is ${MAJOR}: restore a backup into another POSTRIDER_HOME`,
    )
  }
  return true
}

/**
 * Starts the server and waits until it takes connections. It outlives us.
 * @throws PostriderError unavailable, with `portTaken` told by isPortTaken
 */
export async function startServer(cluster: Cluster, options: StartOptions): Promise<void> {
  const log = join(cluster.folder, 'log')
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  )
  if (size > LOG_LIMIT_BYTES) await rename(log, `${log}.1`)
  const before = size > LOG_LIMIT_BYTES ? 0 : size
  const settings = [
    `listen_addresses=127.0.0.1`,
    `port=${options.port}`,
    `unix_socket_directories=`,
    'max_connections=200',
    ...(options.fsync ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ]
  const flags = settings.map((setting) => `-c ${setting}`).join(' ')
  try {
    await run(
      join(cluster.binaries.bin, 'pg_ctl'),
      ['start', '-w', '-t', '60', '-D', dataOf(cluster), '-l', log, '-o', flags],
      childOptions(cluster.binaries.user),
    )
  } catch (cause) {
    const told = (await readFrom(log, before)).trim()
    throw noUserEntry(cause) ?? failed('Postgres did not start', told || lastLine(cause), cause)
  }
}

const failed = (what: string, told: string, cause: unknown) =>
  new PostriderError('unavailable', `${what}: ${told}`, { cause })

/** Postgres's programs ask for the name of who runs them; a uid given to a container often has none. */
function noUserEntry(cause: unknown): PostriderError | null {
  const uid = /could not look up effective user ID (\d+)/.exec(lastLines(cause))?.[1]
  if (uid === undefined) return null
  return new PostriderError(
    'unavailable',
    `Postgres runs only for a user with an entry in /etc/passwd, and user id ${uid} has none: run this as another user, or set DATABASE_URL`,
    { cause },
  )
}

export function isPortTaken(error: unknown): boolean {
  return /could not bind|Address already in use/.test(messageOf(error))
}

/** Waits until the process is gone. Stopping what does not run is no error. */
export async function stopServer(
  cluster: Cluster,
  mode: 'fast' | 'immediate' = 'fast',
): Promise<void> {
  const pid = await serverPid(cluster.folder)
  if (pid === null) return
  const stop = (how: string) =>
    run(
      join(cluster.binaries.bin, 'pg_ctl'),
      ['stop', '-w', '-t', '20', '-m', how, '-D', dataOf(cluster)],
      childOptions(cluster.binaries.user),
    )
  // It may have ended by itself meanwhile, which pg_ctl calls a failure; what counts is looked at below.
  await stop(mode).catch(() => stop('immediate').catch(() => {}))
  // pg_ctl looks at the pid file, which goes a moment before the process does.
  await waitGone(pid, cluster.folder)
}

/** Pid of the server over the cluster folder. The pid in its file may be another's by now: what it runs tells. */
async function serverPid(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return pid > 0 && (await runsOver(pid, folder)) ? pid : null
}

async function runsOver(pid: number, folder: string): Promise<boolean> {
  return (await commandLine(pid)).includes(join(folder, 'data'))
}

/** Ends, at once, whatever server runs over the cluster folder, without its programs or password. */
export async function endServerOver(folder: string): Promise<void> {
  const pid = await serverPid(folder)
  if (pid === null) return
  signal(pid, 'SIGQUIT')
  await waitGone(pid, folder)
}

function signal(pid: number, name: 'SIGQUIT' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function waitGone(pid: number, folder: string): Promise<void> {
  for (let waitedMs = 0; await runsOver(pid, folder); waitedMs += 20) {
    if (waitedMs === 10_000) signal(pid, 'SIGKILL')
    await sleep(20)
  }
}

/** What the running (or crashed) server wrote about itself. */
export async function readPidFile(
  cluster: Cluster,
): Promise<{ pid: number; port: number | null } | null> {
  const text = await readFile(join(dataOf(cluster), 'postmaster.pid'), 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  return { pid: Number(lines[0]), port: Number(lines[3]) || null }
}

export function urlOf(cluster: Cluster, port: number, database = 'postgres'): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/${database}`
}

export type Knock = 'ours' | 'starting' | 'silent' | 'refuses' | 'foreign'

/** Who answers on the port: our server over our folder, one that is not up yet or not for us, nobody, somebody else. */
export async function knock(cluster: Cluster, port: number): Promise<Knock> {
  const client = new pg.Client({
    connectionString: urlOf(cluster, port),
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query(`select current_setting('data_directory') as folder`)
    return rows[0].folder === dataOf(cluster) ? 'ours' : 'foreign'
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === '57P03' || code === '53300') return 'starting'
    if (code?.startsWith('28')) return (await serverPid(cluster.folder)) ? 'refuses' : 'foreign'
    return code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'silent' : 'foreign'
  } finally {
    await client.end().catch(() => {})
  }
}

/** A port that nobody listened on just now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Starts on a free port; one that is taken between asking and binding is replaced. */
export async function startOnFreePort(
  cluster: Cluster,
  options: { fsync: boolean },
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      await startServer(cluster, { port, fsync: options.fsync })
      return port
    } catch (error) {
      if (attempt === 5 || !isPortTaken(error)) throw error
      await sleep(50)
    }
  }
}

async function writePrivate(path: string, text: string, user: ServerUser): Promise<void> {
  await rm(path, { force: true })
  const file = await open(path, 'wx', 0o600)
  await file.writeFile(text)
  if (user) await file.chown(user.uid, user.gid)
  await file.close()
}

async function readFrom(path: string, offset: number): Promise<string> {
  const text = await readFile(path).catch(() => Buffer.alloc(0))
  return text.subarray(offset).toString('utf8')
}

function lastLines(error: unknown): string {
  const { stderr } = error as { stderr?: string }
  return stderr?.trim() || messageOf(error)
}

function lastLine(error: unknown): string {
  return lastLines(error).split('\n').at(-1) ?? ''
}
