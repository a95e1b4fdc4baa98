import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { connect, type Db } from '../../db/client.ts'
import { freePort } from '../../db/postgres-server.ts'
import { cpuSeconds } from '../../src/cli/bench/processes.ts'
import { openRuntime } from '../../src/cli/runtime.ts'
import { markerOf } from '../../src/cli/scratch-home.ts'
import { loadConfig } from '../../src/config.ts'
import { eventually } from '../support/eventually.ts'
import type { Load, Run } from './senders.ts'

const run = promisify(execFile)

const SENDS_FOR_MS = 30 * 60_000

/**
 * `--against listmonk=PATH`: listmonk as its release runs, on the same Postgres that ours gets (a database of its own),
 * with as many connections and its limits taken away. The same page and text, the reader's address and a link to leave
 * filled in. From the moment it has begun to the moment at which it says that it has finished.
 */
export async function listmonk(program: string, load: Load): Promise<Run> {
  const home = await mkdtemp(join(tmpdir(), 'postrider-bench-'))
  const bare = { POSTRIDER_HOME: home, LOG_LEVEL: 'error' }
  const scratch = { marker: markerOf('bench') }
  const runtime = await openRuntime(loadConfig(bare), { name: 'bench', poolSize: 2, scratch })
  try {
    await sql`create database listmonk`.execute(runtime.db)
    const url = new URL(runtime.databaseUrl)
    url.pathname = '/listmonk'
    const db = connect(url.href, { max: 2 })
    runtime.defer(() => db.destroy())
    return await measure(program, db, load, await environmentFor(url))
  } finally {
    await runtime.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function environmentFor(url: URL): Promise<Record<string, string>> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LISTMONK_app__address: `127.0.0.1:${await freePort()}`,
    LISTMONK_db__host: url.hostname,
    LISTMONK_db__port: url.port,
    LISTMONK_db__user: decodeURIComponent(url.username),
    LISTMONK_db__password: decodeURIComponent(url.password),
    LISTMONK_db__database: 'listmonk',
    LISTMONK_db__ssl_mode: 'disable',
    LISTMONK_db__max_open: '25',
    LISTMONK_db__max_idle: '25',
    LISTMONK_db__max_lifetime: '300s',
  }
}

async function measure(
  program: string,
  db: Db,
  load: Load,
  env: Record<string, string>,
): Promise<Run> {
  const where = { cwd: dirname(program), env }
  await run(program, ['--config', '', '--install', '--idempotent', '--yes'], where)
  await configure(db, load)
  await foundReaders(db, load.messages)
  await trigger(db, load)
  const child = spawn(program, ['--config', ''], { ...where, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const pid = child.pid as number
  try {
    const began = await when(db, 'started_at is not null')
    const before = await cpuSeconds([pid])
    const finished = await when(db, `status = 'finished'`)
    const cpu = (await cpuSeconds([pid])) - before
    const { rows } = await sql<{
      sent: number
    }>`select sent from campaigns where name = 'bench'`.execute(db)
    if (rows[0]?.sent !== load.messages) throw new Error(`listmonk sent ${rows[0]?.sent}`)
    const seconds = (finished - began) / 1000
    return {
      messagesPerSecond: load.messages / seconds,
      cpuMsPerMessage: (cpu * 1000) / load.messages,
    }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

async function configure(db: Db, { port, connections }: Load): Promise<void> {
  const server = {
    ...{ uuid: randomUUID(), name: 'email-bench', enabled: true, host: '127.0.0.1', port },
    ...{ auth_protocol: 'none', username: '', password: '', hello_hostname: 'bench.test' },
    ...{ max_conns: connections, idle_timeout: '15s', wait_timeout: '30s', max_msg_retries: 2 },
    ...{ msg_retry_delay: '10ms', tls_type: 'none', tls_skip_verify: true, email_headers: [] },
    from_addresses: [],
  }
  const settings = {
    smtp: [server],
    'app.concurrency': 2 * connections,
    'app.message_rate': 1_000_000,
    'app.batch_size': 5_000,
  }
  for (const [key, value] of Object.entries(settings)) {
    await sql`update settings set value = ${JSON.stringify(value)}::jsonb where key = ${key}`.execute(
      db,
    )
  }
}

async function foundReaders(db: Db, readers: number): Promise<void> {
  await sql`insert into lists (id, uuid, name, type) values (100, gen_random_uuid(), 'bench', 'private')`.execute(
    db,
  )
  await sql`
    with made as (
      insert into subscribers (uuid, email, name)
      select gen_random_uuid(), 'reader-' || n || '@domain-' || n % 40 || '.test', 'Reader ' || n
      from generate_series(1, ${readers}::int) as n returning id
    )
    insert into subscriber_lists (subscriber_id, list_id, status) select id, 100, 'confirmed' from made`.execute(
    db,
  )
  await sql`analyze`.execute(db)
}

async function trigger(db: Db, { html, text }: Load): Promise<void> {
  const filled = async (file: string) =>
    (await readFile(file, 'utf8')).replaceAll('reader@example.com', '{{ .Subscriber.Email }}')
  await sql`
    with template as (
      insert into templates (name, type, subject, body)
      values ('bench', 'campaign', '', '{{ template "content" . }}<p><a href="{{ UnsubscribeURL }}">leave</a></p>')
      returning id
    ), campaign as (
      insert into campaigns (uuid, name, subject, from_email, body, altbody, content_type, status, messenger, template_id)
      select gen_random_uuid(), 'bench', 'The bench, number 1', 'The Bench <editor@bench.test>', ${await filled(html)},
        ${await filled(text)}, 'html', 'running', 'email', id from template
      returning id
    )
    insert into campaign_lists (campaign_id, list_id, list_name) select id, 100, 'bench' from campaign`.execute(
    db,
  )
}

/** @returns the moment at which it was seen, a time of performance.now() */
async function when(db: Db, condition: string): Promise<number> {
  const is = sql<{ is: boolean }>`
    select exists (select from campaigns where name = 'bench' and ${sql.raw(condition)}) as is`
  await eventually(
    async () => {
      if (!(await is.execute(db)).rows[0]?.is) throw new Error(`not yet: ${condition}`)
    },
    { timeoutMs: SENDS_FOR_MS },
  )
  return performance.now()
}
