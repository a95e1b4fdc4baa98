import {
  createPostgresBackend,
  DelayedError,
  type Job,
  type JobsOptions,
  type PgPool,
  type Processor,
  Queue,
  runMigrations,
  Worker,
  type WorkerOptions,
} from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import { z } from 'zod'
import { connectQueuePool } from '../db/client.ts'
import { messageOf, PostriderError } from './errors.ts'
import { type Log, logNowAndThen } from './log.ts'

const id = z.string().regex(/^[1-9]\d*$/)

/** Jobs carry ids; the rows are the truth. */
export const payloads = {
  prepare: z.strictObject({ campaignId: id }),
  /** One per campaign and worker that lives, so that all of them work on it; any of them may take it. */
  send: z.strictObject({ campaignId: id, workerId: id }),
  outbox: z.strictObject({}),
  /** What providers posted. */
  intake: z.strictObject({}),
  feedback: z.strictObject({ eventId: id }),
  unsubscribe: z.strictObject({ newsletterId: id, subscriberId: id }),
} as const

export type QueueName = keyof typeof payloads
export type Payload<N extends QueueName> = z.infer<(typeof payloads)[N]>
export const queueNames = Object.keys(payloads) as QueueName[]

/** `again`: the same job once more, not before then. */
export type Answer = 'done' | Readonly<{ again: Date }>
export type Handler<N extends QueueName> = (payload: Payload<N>) => Promise<Answer>

export type RingOptions = Readonly<{ delayMs?: number }>

/**
 * While a job with that id is there (waiting, delayed or at work), ringing again changes nothing. Single mails have none:
 * a job that is just ending would swallow the bell of a mail that came too late for it. No `:`, and not all digits.
 */
const jobIds: { [N in QueueName]: (payload: Payload<N>) => string | null } = {
  prepare: ({ campaignId }) => `prepare-${campaignId}`,
  send: ({ campaignId, workerId }) => `send-${campaignId}-w${workerId}`,
  outbox: () => null,
  intake: () => 'intake',
  feedback: ({ eventId }) => `feedback-${eventId}`,
  unsubscribe: ({ newsletterId, subscriberId }) => `unsubscribe-${newsletterId}-${subscriberId}`,
}

/** Handlers of one queue at work in this process. */
export type QueueWorker = Readonly<{
  /** Takes no new job from now on; settles when those at work have been answered. */
  close(): Promise<void>
}>

export type Queues = Readonly<{
  /** Never throws for a queue that cannot be reached: it is logged, and the sweep rings again. */
  ring<N extends QueueName>(name: N, payload: Payload<N>, options?: RingOptions): Promise<void>
  work<N extends QueueName>(name: N, handler: Handler<N>, concurrency: number): QueueWorker
  /** Workers first. */
  close(): Promise<void>
}>

/** What both backends' classes have in common for us. */
type AnyQueue = Readonly<{
  add(name: string, data: object, options: JobsOptions): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}>
type AnyWorker = Readonly<{
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'failed', listener: (job: { id?: string } | undefined, error: Error) => void): unknown
  close(force?: boolean): Promise<void>
  disconnect(): Promise<void>
}>
type Backend = Readonly<{
  queue(name: QueueName): AnyQueue
  worker(name: QueueName, process: Processor, options: Omit<WorkerOptions, 'connection'>): AnyWorker
  isAway(): boolean
  close(): Promise<void>
}>

const IN_TROUBLE = 'queue in trouble'
const SCHEMA = 'bullmq'
/** Six workers, no queue events, four more as BullMQ asks, and some to work with. */
const POOL_SIZE = 15
const RING_TIMEOUT_MS = 2_000
const CLOSE_TIMEOUT_MS = 5_000
const CONNECT_TIMEOUT_MS = 5_000
/** A job whose worker died is taken up again after lock and two checks at most. */
const LOCK_MS = 6_000
const STALLED_CHECK_MS = 3_000

/**
 * BullMQ on Redis (single or cluster) where `redisUrl` is given, otherwise on Postgres in the schema `bullmq`.
 * @throws PostriderError unavailable
 */
export async function openQueues(
  config: Readonly<{ redisUrl: string | null; databaseUrl: string; prefix?: string }>,
  log: Log,
): Promise<Queues> {
  const backend =
    config.redisUrl === null
      ? await openPostgres(config.databaseUrl)
      : await openRedis(config.redisUrl, config.prefix ?? '{postrider}')
  const queues = new Map<QueueName, AnyQueue>()
  const queueOf = (name: QueueName): AnyQueue => {
    const known = queues.get(name)
    if (known) return known
    const queue = backend.queue(name)
    queue.on('error', logNowAndThen(log, { queue: name }, IN_TROUBLE))
    queues.set(name, queue)
    return queue
  }
  const notRung = logNowAndThen(log, {}, 'not rung; the sweep rings again')
  return Object.freeze({
    async ring(name, payload, options = {}) {
      const data = payloads[name].parse(payload)
      try {
        const id = jobIds[name](payload)
        const adding = queueOf(name).add(name, data, jobOptions(id, options))
        await within(RING_TIMEOUT_MS, adding)
      } catch (error) {
        notRung(error)
      }
    },
    work(name, handler, concurrency) {
      const atWork = new Set<Promise<Answer>>()
      const process = processorOf(name, handler, atWork)
      const worker = backend.worker(name, process, workerOptions(concurrency))
      worker.on('error', logNowAndThen(log, { queue: name }, IN_TROUBLE))
      worker.on('failed', (job, error) => {
        log.error({ queue: name, job: job?.id, err: messageOf(error) }, 'job failed')
      })
      return Object.freeze({ close: () => closeWorker(worker, atWork, backend.isAway()) })
    },
    async close() {
      await Promise.allSettled(
        [...queues.values()].map((queue) => within(CLOSE_TIMEOUT_MS, queue.close())),
      )
      await within(CLOSE_TIMEOUT_MS, backend.close()).catch(logNowAndThen(log, {}, IN_TROUBLE))
    },
  } satisfies Queues)
}

function processorOf<N extends QueueName>(
  name: N,
  handler: Handler<N>,
  atWork: Set<Promise<Answer>>,
): Processor {
  return async (job: Job, token?: string) => {
    const working = handler(payloads[name].parse(job.data) as Payload<N>)
    atWork.add(working)
    const answer = await working.finally(() => atWork.delete(working))
    if (answer === 'done') return
    await job.moveToDelayed(answer.again.getTime(), token)
    throw new DelayedError()
  }
}

/**
 * `isAway`: BullMQ would wait for a Redis that is gone until it is back; forced, it does not, nor for what is at work.
 * We do.
 */
async function closeWorker(
  worker: AnyWorker,
  atWork: Set<Promise<Answer>>,
  isAway: boolean,
): Promise<void> {
  const closed = worker.close(isAway)
  await Promise.allSettled(atWork)
  await within(CLOSE_TIMEOUT_MS, closed).catch(() => void worker.disconnect().catch(() => {}))
}

function jobOptions(id: string | null, options: RingOptions) {
  return {
    ...(id === null ? {} : { jobId: id }),
    ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
    // A kept job would swallow the next one of its id, and `{ count }` deadlocks on Postgres.
    removeOnComplete: true,
    removeOnFail: true,
  }
}

function workerOptions(concurrency: number): Omit<WorkerOptions, 'connection'> {
  return {
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    // How soon it asks again after the server was away; the default, 15 s, is slower than the sweep.
    runRetryDelay: 1_000,
    // A doorbell may lie there as often as it likes.
    maxStalledCount: 1_000,
  }
}

async function openPostgres(databaseUrl: string): Promise<Backend> {
  const pool = connectQueuePool(databaseUrl, { schema: SCHEMA, max: POOL_SIZE })
  try {
    const client = await pool.connect()
    await runMigrations(client, SCHEMA).finally(() => client.release())
  } catch (cause) {
    await pool.end()
    throw unavailable('the queue in Postgres', cause)
  }
  // It is one; only the index signature of BullMQ's type for options stands in the way.
  const connection = pool as unknown as PgPool
  return {
    queue: (name) => new Queue(name, { connection }, createPostgresBackend),
    worker: (name, process, options) =>
      new Worker(name, process, { ...options, connection }, createPostgresBackend),
    isAway: () => false,
    close: () => pool.end(),
  }
}

async function openRedis(redisUrl: string, prefix: string): Promise<Backend> {
  const isCluster = await askWhetherCluster(redisUrl)
  // Whoever rings does not wait for a Redis that is away; a worker waits for ever, as BullMQ demands.
  // Also that of connections which BullMQ made from ours: null ends them.
  let isClosed = false
  const retryInMs = (times: number) => (isClosed ? null : Math.min(times * 100, 1_000))
  const ringing = connectRedis(redisUrl, isCluster, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryInMs,
  })
  const working = connectRedis(redisUrl, isCluster, {
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    retryInMs,
  })
  const close = async () => {
    isClosed = true
    ringing.disconnect()
    working.disconnect()
  }
  await within(CONNECT_TIMEOUT_MS, ringing.connect()).catch(async (cause: unknown) => {
    await close()
    throw unavailable('Redis (REDIS_URL)', cause)
  })
  return {
    queue: (name) => new Queue(name, { connection: ringing, prefix }),
    worker: (name, process, options) =>
      new Worker(name, process, { ...options, connection: working, prefix }),
    // A cluster stays at 'connect'.
    isAway: () => !['ready', 'connect'].includes(working.status),
    close,
  }
}

/** Also finds out whether it can be reached at all. */
async function askWhetherCluster(redisUrl: string): Promise<boolean> {
  const probe = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  // Told by what `connect` rejects with; without a listener it would also be printed.
  let reason: unknown = null
  probe.on('error', (error) => {
    reason = error
  })
  try {
    await probe.connect()
    return (await probe.info('cluster')).includes('cluster_enabled:1')
  } catch (error) {
    throw unavailable('Redis (REDIS_URL)', reason ?? error)
  } finally {
    probe.disconnect()
  }
}

type RedisManners = Readonly<{
  maxRetriesPerRequest: number | null
  enableOfflineQueue: boolean
  retryInMs(times: number): number | null
}>

function connectRedis(redisUrl: string, isCluster: boolean, manners: RedisManners) {
  const { retryInMs, maxRetriesPerRequest, enableOfflineQueue } = manners
  const client = isCluster
    ? new Cluster([redisUrl], {
        enableOfflineQueue,
        lazyConnect: true,
        clusterRetryStrategy: retryInMs,
        redisOptions: { ...loginOf(redisUrl), maxRetriesPerRequest },
      })
    : new Redis(redisUrl, {
        enableOfflineQueue,
        maxRetriesPerRequest,
        lazyConnect: true,
        retryStrategy: retryInMs,
      })
  // BullMQ's queues and workers tell of errors; ioredis would print them once more.
  client.on('error', () => {})
  return client
}

/** A cluster's other nodes are told of without it. */
function loginOf(redisUrl: string) {
  const { username, password, protocol } = new URL(redisUrl)
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
}

function unavailable(what: string, cause: unknown): PostriderError {
  return new PostriderError('unavailable', `cannot open ${what}: ${messageOf(cause)}`, { cause })
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    // Nobody hears it any more if it was late.
    work.catch(() => {})
  }
}
