import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../../db/postgres-server.ts'
import { loadConfig } from '../../config.ts'
import { messageOf, PostriderError } from '../../errors.ts'
import { makeDkimKey } from '../../mail/dkim-keys.ts'
import { createNewsletter, type Newsletter } from '../../newsletters/newsletter.ts'
import { importSubscribers } from '../../subscribers/import.ts'
import { startChild } from '../child.ts'
import { openRuntime, type Runtime } from '../runtime.ts'
import { markerOf } from '../scratch-home.ts'
import { benchReaders } from './readers.ts'
import type { SinkCount } from './sink.ts'

export type StageOptions = Readonly<{
  /** host:port of an SMTP server that takes everything; null: one of our own, in a process of its own. */
  smtp: string | null
  dkim: boolean
  queue: 'postgres' | 'redis'
  connections: number
}>

export type Stage = Readonly<{
  runtime: Runtime
  /** What worker processes are started with. */
  env: Record<string, string>
  /** What our own sink has taken; null: it is not ours. */
  taken(): Promise<SinkCount | null>
}>

const DOMAIN = 'bench.test'

/** Everything on its own: nothing of the environment is read, and whatever is mailed goes to loopback. */
export async function openStage(home: string, options: StageOptions): Promise<Stage> {
  const bare = { POSTRIDER_HOME: home, LOG_LEVEL: 'error', PUBLIC_URL: `https://${DOMAIN}` }
  const scratch = { marker: markerOf('bench') }
  const opened = await openRuntime(loadConfig(bare), { name: 'bench', poolSize: 20, scratch })
  try {
    const sink = options.smtp === null ? await openSink(opened) : null
    const env = {
      ...bare,
      DATABASE_URL: opened.databaseUrl,
      SMTP_URL: `smtp://${options.smtp ?? `127.0.0.1:${sink?.port}`}?name=bench&connections=${options.connections}`,
      ...(options.dkim ? await dkimEnvironment(home) : {}),
      ...(options.queue === 'redis' ? { REDIS_URL: await openRedis(opened) } : {}),
    }
    return {
      runtime: { ...opened, config: loadConfig(env) },
      env: { ...env, PATH: '/usr/local/bin:/usr/bin:/bin' },
      taken: async () => sink?.ask<SinkCount>() ?? null,
    }
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openSink(runtime: Runtime) {
  const child = await startChild<{ port: number }>('src/cli/bench/sink-main.ts', {})
  runtime.defer(() => child.close())
  return { port: child.said.port, ask: child.ask }
}

async function dkimEnvironment(home: string): Promise<Record<string, string>> {
  const file = join(home, 'dkim.pem')
  await writeFile(file, makeDkimKey('rsa'), { mode: 0o600 })
  return { DKIM_DOMAIN: DOMAIN, DKIM_SELECTOR: 'bench', DKIM_KEY_FILE: file }
}

async function openRedis(runtime: Runtime): Promise<string> {
  const port = await freePort()
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const failed = once(child, 'error').then(([error]) => {
    throw new PostriderError('unavailable', `cannot start redis-server: ${messageOf(error)}`)
  })
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (text) => /Ready to accept/.test(String(text)) && resolve())
  })
  await Promise.race([ready, failed])
  failed.catch(() => {})
  runtime.defer(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
  return `redis://127.0.0.1:${port}`
}

/** A newsletter with so many readers, imported as a file would be. @returns how long the import took, too */
export async function foundReaders(
  { db, secrets }: Runtime,
  recipients: number,
  onProgress: (rows: number) => void,
): Promise<{ newsletter: Newsletter; importSeconds: number }> {
  const newsletter = await createNewsletter(db, {
    ...{ slug: 'bench', name: 'The Bench', fromAddress: `editor@${DOMAIN}` },
    postalAddress: '1 Loopback Lane',
  })
  const began = performance.now()
  const csv = benchReaders(recipients)
  const input = { newsletter, csv, consent: 'made up for the bench', onProgress }
  await importSubscribers(db, secrets, input, new Date())
  return { newsletter, importSeconds: (performance.now() - began) / 1000 }
}
