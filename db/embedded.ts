import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { messageOf, PostriderError } from '../src/errors.ts'
import type { Log } from '../src/log.ts'
import {
  clearScratch,
  countAttached,
  type HomeOptions,
  hadData,
  keeping,
  keepPort,
  movedTo,
  noteData,
  noteMoved,
  openCluster,
  readPort,
  removeScratch,
  type Scratch,
  signIn,
} from './embedded-home.ts'
import { withLock } from './home-lock.ts'
import {
  type Cluster,
  checkCluster,
  freePort,
  initCluster,
  isPortTaken,
  type Knock,
  knock,
  readPidFile,
  startServer,
  stopServer,
  urlOf,
} from './postgres-server.ts'

export type AttachOptions = Readonly<{
  /** POSTRIDER_HOME, absolute. */
  home: string
  log: Log
  /** For demo, bench and tests: fresh data in a temp folder with a marker, erased when the last one detaches. */
  scratch?: Scratch
  /** Where root's data go. Tests give a folder of their own. */
  underRoot?: string
}>

export type Embedded = Readonly<{
  url: string
  /** Whether the data were made by this call. */
  fresh: boolean
  /** Starts the server again if it is gone. The watch does so by itself; a caller may wait for it here. */
  ensureAlive(): Promise<void>
  /**
   * From now on nobody attaches to these data any more: they are used elsewhere.
   * @param to where, for people to read
   * @returns what takes it back
   * @throws PostriderError refused while other processes use them
   */
  closeFor(to: string): Promise<() => Promise<void>>
  /** The last one to detach stops the server. */
  detach(): Promise<void>
}>

/** How long a server that went away may take to come back by somebody else's hand (pg_ctl restart). */
const GRACE_MS = 1_000
const RETRY_MS = 2_000
const START_LIMIT_MS = 30_000

/**
 * Starts the home's Postgres, or joins those who use it already. A server that a killed process left running is joined
 * like any other. While attached, this process starts it again whenever it is gone.
 * @throws PostriderError with one line that says what to do
 */
export async function attachEmbedded(options: AttachOptions): Promise<Embedded> {
  const home: HomeOptions = {
    home: options.home,
    scratch: options.scratch ?? null,
    underRoot: options.underRoot ?? '/var/lib/postrider',
  }
  const { cluster, port, fresh, signOut } = await underLock(home.home, () => open(home))
  options.log.debug({ port, fresh }, 'attached to the embedded Postgres')
  const ensureAlive = () =>
    underLock(home.home, async () => {
      await ensureData(cluster, home.home)
      await ensureRunning(home.home, cluster, port)
    })
  const watch = watchServer(urlOf(cluster, port), ensureAlive, options.log)
  let detached: Promise<void> | null = null
  const detach = async () => {
    await watch.stop()
    await underLock(home.home, async () => {
      await signOut()
      if ((await countAttached(home.home)) > 0) return
      await stopServer(cluster)
      if (home.scratch) await removeScratch(cluster)
      options.log.debug('stopped the embedded Postgres')
    })
  }
  return {
    url: urlOf(cluster, port),
    fresh,
    ensureAlive,
    closeFor: (to) => underLock(home.home, () => closeHome(home.home, to)),
    detach() {
      detached ??= detach()
      return detached
    },
  }
}

async function closeHome(home: string, to: string): Promise<() => Promise<void>> {
  const others = (await countAttached(home)) - 1
  if (others > 0) {
    throw new PostriderError(
      'refused',
      `${others} other ${others === 1 ? 'process uses' : 'processes use'} the database in ${home}: end them first`,
    )
  }
  return await noteMoved(home, to)
}

async function open(options: HomeOptions) {
  const { home, scratch } = options
  const moved = await movedTo(home)
  if (moved !== null) {
    throw new PostriderError(
      'wrong-state',
      `the data in ${home} were moved to ${moved}: set DATABASE_URL, since sending from both would mail readers twice; to use these again, remove ${keeping(home)}/moved`,
    )
  }
  const alone = (await countAttached(home)) === 0
  if (scratch && alone) await clearScratch(home, scratch)
  const cluster = await openCluster(options)
  const fresh = scratch === null ? await makeData(home, cluster) : await makeScratchData(cluster)
  const fixedPort = alone ? null : await readPort(home)
  try {
    const port = await ensureRunning(home, cluster, fixedPort)
    return { cluster, port, fresh, signOut: await signIn(home) }
  } catch (error) {
    // A server that nobody could attach to would run on with nobody to stop it.
    if (alone) await stopServer(cluster)
    throw error
  }
}

/** @returns whether they were made now: once, ever */
async function makeData(home: string, cluster: Cluster): Promise<boolean> {
  const fresh = !(await checkCluster(cluster))
  if (fresh) {
    if (await hadData(home)) throw lostData(cluster, home)
    await initCluster(cluster, { sync: true })
  }
  await noteData(home)
  return fresh
}

async function makeScratchData(cluster: Cluster): Promise<boolean> {
  if (await checkCluster(cluster)) return false
  await initCluster(cluster, { sync: false })
  return true
}

/** A restart never begins with empty data. */
async function ensureData(cluster: Cluster, home: string): Promise<void> {
  if (!(await checkCluster(cluster))) throw lostData(cluster, home)
}

const lostData = (cluster: Cluster, home: string) =>
  new PostriderError(
    'wrong-state',
    `the data in ${cluster.folder} are gone: put them back or restore a backup; to begin with an empty database, remove ${keeping(home)}`,
  )

/**
 * Under the lock. The server itself refuses a second start over the same data, so a start that fails because somebody
 * else was faster is followed by another look.
 * @param fixedPort what others are connected to; null: another free port will do
 */
async function ensureRunning(
  home: string,
  cluster: Cluster,
  fixedPort: number | null,
): Promise<number> {
  const deadline = Date.now() + START_LIMIT_MS
  let port = fixedPort ?? (await readPort(home)) ?? (await freePort())
  for (;;) {
    const found = (await readPidFile(cluster))?.port ?? port
    const answer = await knock(cluster, found)
    if (answer === 'ours') return arrived(home, found, fixedPort)
    const failure = await tryToStart(answer, home, cluster, port)
    if (failure === null) continue
    if (!passes(failure) || Date.now() > deadline) throw failure
    if (isPortTaken(failure) && fixedPort === null) port = await freePort()
    await sleep(100)
  }
}

async function arrived(home: string, port: number, fixedPort: number | null): Promise<number> {
  if (fixedPort !== null && fixedPort !== port) {
    throw new PostriderError(
      'unavailable',
      `the embedded Postgres now listens on port ${port} instead of ${fixedPort}: restart this process`,
    )
  }
  await keepPort(home, port)
  return port
}

async function tryToStart(
  answer: Exclude<Knock, 'ours'>,
  home: string,
  cluster: Cluster,
  port: number,
): Promise<Error | null> {
  if (answer === 'starting') return stillStarting()
  if (answer === 'refuses') return strangePassword(cluster, home)
  try {
    await startServer(cluster, { port, fsync: true })
    return null
  } catch (error) {
    return error as Error
  }
}

const strangePassword = (cluster: Cluster, home: string) =>
  new PostriderError(
    'wrong-state',
    `the Postgres over ${cluster.folder} does not take the password in ${keeping(home)}: put back the one that belongs to these data`,
  )

const stillStarting = () =>
  new PostriderError('unavailable', 'Postgres is starting up, and not done within 30 s')

/** What another moment may change: a port in use, another starter, the last children of a killed server. */
function passes(failure: Error): boolean {
  return (
    isPortTaken(failure) ||
    /already exists|shared memory block|starting up|shutting down/.test(failure.message)
  )
}

/** Missing in pg's types. */
type Holding = pg.Client & { ref(): void; unref(): void }

/** Holds a connection, so that the server's end is known at once, and starts it again unless somebody else does. */
function watchServer(url: string, ensureAlive: () => Promise<void>, log: Log) {
  const stopping = new AbortController()
  let client: Holding | null = null
  const pause = (ms: number) =>
    sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
  const hold = async () => {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'postrider-watch',
    }) as Holding
    next.on('error', () => {})
    const ended = new Promise<void>((resolve) => next.once('end', resolve))
    client = next
    // An end while it connects settles `ended` alone.
    await Promise.race([next.connect(), ended])
    if (stopping.signal.aborted) await next.end()
    next.unref() // the watch alone keeps no process alive
    await ended
  }
  const watch = async () => {
    while (!stopping.signal.aborted) {
      await hold().catch(() => {})
      await pause(GRACE_MS)
      if (stopping.signal.aborted) return
      try {
        await ensureAlive()
      } catch (error) {
        log.error({ reason: messageOf(error) }, 'the embedded Postgres is gone')
        await pause(RETRY_MS)
      }
    }
  }
  const running = watch()
  return {
    async stop() {
      stopping.abort()
      client?.ref() // or the process ends before the goodbye is through
      await client?.end().catch(() => {})
      await running
    },
  }
}

/** A folder that we may not use is a person's to mend; everything else stays as it is. */
async function underLock<T>(home: string, task: () => Promise<T>): Promise<T> {
  try {
    return await withLock(keeping(home), task)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR'].includes(code ?? '')) throw error
    throw new PostriderError('unavailable', `cannot use ${home}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
