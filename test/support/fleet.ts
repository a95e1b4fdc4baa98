import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import { type CampaignStatus, campaignStatus } from '../../src/campaigns/status.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createNewsletter, type Newsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets, type Secrets } from '../../src/secrets.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { testDatabase } from './database.ts'
import { eventually } from './eventually.ts'
import {
  type Environment,
  type Postrider,
  postrider,
  type Ran,
  startPostrider,
} from './processes.ts'
import { describeWith } from './programs.ts'
import { startRedis, type TestRedis } from './redis.ts'
import type { Sink, SinkOptions } from './sink.ts'
import { forkSink } from './sink-process.ts'
import { scratchFolder } from './test-server.ts'

export type FleetOptions = Readonly<{
  /** null: the queue is on Postgres. */
  redisUrl: string | null
  sink?: SinkOptions
  /** Of SMTP_URL: `user:password`, and what stands behind the question mark. */
  login?: string
  query?: string
  readers: number
  /** A database on another server than the run's; the caller drops it. */
  database?: { db: Db; url: string; drop(): Promise<void> }
}>

/** A database, a mail sink, a newsletter with readers, and worker processes as many as a test starts. */
export type Fleet = Readonly<{
  db: Db
  secrets: Secrets
  sink: Sink & { pid: number }
  newsletter: Newsletter
  /** The issue's file. */
  issue: string
  env: Environment
  /** Starts a `postrider worker`, beside those that run. `env`: what it has besides. */
  worker(env?: Environment): Promise<Postrider>
  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ran>
  /** `send --detach`: makes the campaign and leaves it to the workers. */
  send(): Promise<Id>
  /** Ends whatever still runs and erases what was made. */
  close(): Promise<void>
}>

const ISSUE = `---
title: The news
date: 2026-11-24
---

Good morning, {{ subscriber.first_name | default: "reader" }}.

## Found

### A lighthouse

> https://lighthouse.example/

It stands.
`

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const database = options.database ?? (await testDatabase())
  const { db } = database
  const home = await scratchFolder('fleet')
  const sink = await forkSink(options.sink)
  const keys = newKeys()
  const secrets = createSecrets(parseKeys(keys, 'test'))
  const login = options.login ? `${options.login}@` : ''
  const env: Environment = {
    POSTRIDER_HOME: home,
    POSTRIDER_KEYS: keys,
    DATABASE_URL: database.url,
    SMTP_URL: `smtp://${login}127.0.0.1:${sink.port}?${options.query ?? ''}`,
    PUBLIC_URL: 'https://letters.example',
    ...(options.redisUrl === null ? {} : { REDIS_URL: ownDatabase(options.redisUrl) }),
  }
  const newsletter = await createNewsletter(db, {
    slug: 'weekly',
    name: 'The Weekly',
    fromAddress: 'editor@weekly.example',
    postalAddress: '1 Mill Lane, Anytown',
  })
  const csv = readersCsv(options.readers)
  await importSubscribers(db, secrets, { newsletter, csv, consent: 'asked for it' }, new Date())
  const issue = join(home, 'the-news.md')
  await writeFile(issue, ISSUE)
  const workers: Postrider[] = []
  const run = (...args: string[]) => postrider(args, env)
  return Object.freeze({
    ...{ db, secrets, sink, newsletter, issue, env, run },
    async worker(more = {}) {
      const worker = await startPostrider(['worker'], { ...env, ...more })
      workers.push(worker)
      return worker
    },
    async send() {
      const ran = await run('send', issue, '--newsletter', 'weekly', '--yes', '--detach')
      if (typeof ran.last.campaign !== 'string') throw new Error(`not sent:\n${ran.log}`)
      return ran.last.campaign
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')))
      await sink.close()
      await database.drop()
      await rm(home, { recursive: true, force: true })
    },
  } satisfies Fleet)
}

let fleets = 0

/** Of fleets that share one Redis each has its own of its 16 databases: they would take each other's doorbells. */
function ownDatabase(redisUrl: string): string {
  fleets += 1
  return `${redisUrl}/${fleets % 16}`
}

/** Ends it whatever happens; for tests that run side by side. */
export async function withFleet(
  options: FleetOptions,
  use: (fleet: Fleet) => Promise<void>,
): Promise<void> {
  const fleet = await startFleet(options)
  try {
    await use(fleet)
  } finally {
    await fleet.close()
  }
}

/** `reader-1@readers.test` and so on. */
export function readersCsv(count: number): string {
  const lines = Array.from(
    { length: count },
    (_, i) => `reader-${i + 1}@readers.test,Reader ${i + 1}`,
  )
  return ['email,first_name', ...lines, ''].join('\n')
}

/** The same promises on both queues; `redis()` is null on Postgres. */
export function onBothBackends(define: (redis: () => TestRedis | null) => void): void {
  describe('its queue on Postgres', () => define(() => null))
  onRedis(define)
}

export function onRedis(define: (redis: () => TestRedis) => void): void {
  describeWith('redis-server', 'its queue on Redis', () => {
    let redis: TestRedis
    beforeAll(async () => {
      redis = await startRedis()
    })
    afterAll(async () => {
      await redis.stop()
    })
    define(() => redis)
  })
}

/** Waits until the status is as `check` wants it, and gives it. */
export async function untilStatus(
  { db }: Pick<Fleet, 'db'>,
  campaignId: Id,
  timeoutMs: number,
  check: (status: CampaignStatus) => boolean,
): Promise<CampaignStatus> {
  return eventually(
    async () => {
      const status = await campaignStatus(db, campaignId)
      if (!check(status)) throw new Error(`still so: ${JSON.stringify(status)}`)
      return status
    },
    { timeoutMs, everyMs: 100 },
  )
}

export async function untilFinished(
  fleet: Pick<Fleet, 'db'>,
  campaignId: Id,
  timeoutMs: number,
): Promise<CampaignStatus> {
  return untilStatus(fleet, campaignId, timeoutMs, ({ state }) => state === 'finished')
}

/** Waits until the sink has so many messages. */
export async function untilReceived(
  { sink }: Pick<Fleet, 'sink'>,
  count: number,
  timeoutMs = 60_000,
): Promise<void> {
  await eventually(
    async () => {
      const { messages } = await sink.counts()
      if (messages < count) throw new Error(`the sink has ${messages} of ${count} messages`)
    },
    { timeoutMs },
  )
}
