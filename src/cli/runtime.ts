import { mkdir, rm } from 'node:fs/promises'
import { connect, type Db, isUnreachable, sqlState } from '../../db/client.ts'
import { attachEmbedded, type Embedded } from '../../db/embedded.ts'
import { migrate, pendingMigrations } from '../../db/migrate.ts'
import { type Fingerprints, noteKeys, usedKeys } from '../../db/queries/key-ids.ts'
import { type Config, forgetLibpqVariables } from '../config.ts'
import { messageOf, PostriderError } from '../errors.ts'
import { createLog, type Log } from '../log.ts'
import type { Queues } from '../queues.ts'
import { loadSecrets, type Secrets } from '../secrets.ts'
import { lackedWords, strangeKeys } from './lacked-keys.ts'

/** What a command stands on. Closed in reverse order of opening, whatever happens. */
export type Runtime = Readonly<{
  config: Config
  log: Log
  db: Db
  databaseUrl: string
  secrets: Secrets
  /** The doorbells, opened when first asked for. */
  queues(): Promise<Queues>
  /** To be closed with the rest, before what was opened earlier. */
  defer(close: () => Promise<void>): void
  close(): Promise<void>
}>

/** `scratch`: the embedded server of a demo or bench, whose folder bears this marker. */
export type RuntimeOptions = Readonly<{
  name?: string
  /** It stays, and logs what it does; a command logs only what is wrong. */
  isProcess?: boolean
  poolSize?: number
  scratch?: Readonly<{ marker: string }>
  /** A configured database is migrated only by who was asked to (`migrate`, `start`, `init`). */
  migrates?: boolean
}>

/**
 * Opens database (embedded where none is configured), keys and, when asked for, queues.
 * @throws PostriderError unavailable, bad-configuration
 */
export async function openRuntime(config: Config, options: RuntimeOptions = {}): Promise<Runtime> {
  const isQuiet = options.isProcess !== true && config.logLevel === 'info'
  const log = createLog(options.name ?? 'postrider', isQuiet ? 'warn' : config.logLevel)
  const closers: (() => Promise<void>)[] = []
  const close = () => closeAll(closers.splice(0).reverse())
  try {
    await mkdir(config.home, { recursive: true, mode: 0o700 })
    const databaseUrl = config.databaseUrl ?? (await openEmbedded(config, log, options, closers))
    const db = connect(databaseUrl, { max: options.poolSize ?? 10 })
    closers.push(() => db.destroy())
    await readySchema(db, config.databaseUrl === null || options.migrates === true)
    const secrets = await openSecrets(config, db)
    let queues: Promise<Queues> | null = null
    return Object.freeze({
      config,
      log,
      db,
      databaseUrl,
      secrets,
      queues() {
        queues ??= ringers(config, databaseUrl, log, closers)
        return queues
      },
      defer: (step) => void closers.push(step),
      close,
    } satisfies Runtime)
  } catch (error) {
    await close()
    throw error
  }
}

/** The database as it is, with whatever schema, and without the keys: for what carries it. */
export type BareDatabase = Readonly<{
  url: string
  embedded: Embedded | null
  close(): Promise<void>
}>

/** @throws PostriderError unavailable */
export async function openBare(config: Config): Promise<BareDatabase> {
  if (config.databaseUrl !== null) {
    return { url: config.databaseUrl, embedded: null, close: () => Promise.resolve() }
  }
  forgetLibpqVariables()
  await mkdir(config.home, { recursive: true, mode: 0o700 })
  const embedded = await attachEmbedded({ home: config.home, log: createLog('postrider', 'warn') })
  return { url: embedded.url, embedded, close: () => embedded.detach() }
}

/** All of them, also behind one that fails; the first failure is then thrown. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) await close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

async function ringers(
  { redisUrl }: Config,
  databaseUrl: string,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<Queues> {
  const { openQueues } = await import('../queues.ts')
  const queues = await openQueues({ redisUrl, databaseUrl }, log)
  closers.push(() => queues.close())
  return queues
}

async function openEmbedded(
  config: Config,
  log: Log,
  options: RuntimeOptions,
  closers: (() => Promise<void>)[],
): Promise<string> {
  forgetLibpqVariables()
  const embedded = await attachEmbedded({
    home: config.home,
    log,
    ...(options.scratch ? { scratch: options.scratch } : {}),
  })
  closers.push(() => embedded.detach())
  return embedded.url
}

async function readySchema(db: Db, migrates: boolean): Promise<void> {
  try {
    if (migrates) {
      await migrate(db)
      return
    }
    const pending = await pendingMigrations(db)
    if (pending.length > 0) {
      throw new PostriderError(
        'wrong-state',
        `the database lacks ${pending.join(', ')}: run \`postrider migrate\` first`,
      )
    }
  } catch (error) {
    throw unreachable(error)
  }
}

/** What a person can do about a database that does not answer, or a file; anything else as it is. */
export function unreachable(error: unknown): unknown {
  if (error instanceof PostriderError) return error
  const { code, path } = (error ?? {}) as { code?: unknown; path?: unknown }
  if (typeof code === 'string' && typeof path === 'string') {
    return new PostriderError('unavailable', messageOf(error), { place: path, cause: error })
  }
  // It answers, and DATABASE_URL is wrong: a login or a database that is not there.
  const isRefused = /^(28|3D)/.test(sqlState(error) ?? '')
  if (!isUnreachable(error) && !isRefused) return error
  return new PostriderError(
    'unavailable',
    `the database does not answer (${messageOf(error)}): look at DATABASE_URL, and that the server runs`,
    { cause: error },
  )
}

/**
 * The keys that this database's links and hashes were made with: with others every link that was mailed is dead, and
 * every suppression forgotten.
 * @throws PostriderError bad-configuration
 */
async function openSecrets(config: Config, db: Db): Promise<Secrets> {
  const mayMake = (await usedKeys(db)).size === 0
  const { secrets, madeFile } = await loadSecrets(config, { mayMake })
  const ours = [0, secrets.signingKeyId]
  const noted = new Map([...secrets.fingerprints].filter(([id]) => ours.includes(id)))
  try {
    await db.transaction().execute(async (trx) => {
      await noteKeys(trx, noted)
      // Read once ours are in: of several first starts at once one has its keys there, and the others see them.
      refuseOtherKeys(await usedKeys(trx), secrets)
    })
  } catch (error) {
    // Only where it was refused: with a lost answer the database may have these keys.
    if (madeFile !== null && error instanceof PostriderError) await rm(madeFile, { force: true })
    throw error
  }
  return secrets
}

function refuseOtherKeys(used: Fingerprints, secrets: Secrets): void {
  const strange = strangeKeys(used, secrets.fingerprints)
  if (strange.length === 0) return
  throw new PostriderError('bad-configuration', lackedWords(strange))
}
