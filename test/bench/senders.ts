import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { packagePath } from '../../src/config.ts'

const run = promisify(execFile)

/** What one run of a sender came to. */
export type Run = Readonly<{ messagesPerSecond: number; cpuMsPerMessage: number | null }>

export type Load = Readonly<{
  port: number
  messages: number
  connections: number
  /** Octets of one message on the wire. */
  bytes: number
  html: string
  text: string
}>

const tsx = ['--import', import.meta.resolve('tsx')]

/** `postrider bench send …`, as it is deployed: built. Everything that it says as its last object. */
export async function benchSend(flags: readonly string[]): Promise<Record<string, number>> {
  const child = spawn(
    process.execPath,
    [packagePath('dist/src/cli/main.js'), 'bench', 'send', ...flags, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'close')
  let last = '{}'
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line
  })
  const [code] = await ended
  if (code !== 0) throw new Error(`bench send ${flags.join(' ')} ended with ${code}: ${last}`)
  return JSON.parse(last)
}

export async function postrider(load: Load, issue: string): Promise<Run> {
  const { port, messages, connections } = load
  const figures = await benchSend([
    ...['--dkim', '--recipients', String(messages), '--connections', String(connections)],
    ...['--smtp', `smtp://127.0.0.1:${port}`, '--issue', issue],
  ])
  return {
    messagesPerSecond: figures.messagesPerSecond ?? 0,
    cpuMsPerMessage: figures.cpuMsPerMessage ?? null,
  }
}

export async function nodemailerLoop(load: Load): Promise<Run> {
  const { port, messages, connections, html, text } = load
  const { stdout } = await run(process.execPath, [
    ...[...tsx, packagePath('test/bench/nodemailer-loop.ts')],
    ...[port, messages, connections, html, text].map(String),
  ])
  return JSON.parse(stdout)
}

/** Postfix's own load generator, with the same octets: no MIME, no ledger, no signature. */
export async function smtpSource(program: string, load: Load): Promise<Run> {
  const { port, messages, connections, bytes } = load
  const began = performance.now()
  await run(program, [
    ...['-d', '-s', String(connections), '-l', String(bytes), '-m', String(messages)],
    ...['-f', 'editor@bench.test', '-t', 'reader@domain-1.test', `127.0.0.1:${port}`],
  ])
  const seconds = (performance.now() - began) / 1000
  return { messagesPerSecond: messages / seconds, cpuMsPerMessage: null }
}

/**
 * Another sender: an executable that mails as many messages as it is told to the server that it is told, and ends.
 * BENCH_SMTP host:port, BENCH_MESSAGES, BENCH_CONNECTIONS, BENCH_HTML and BENCH_TEXT (files).
 */
export async function otherSender(program: string, load: Load): Promise<Run> {
  const { port, messages, connections, html, text } = load
  const began = performance.now()
  await run(program, [], {
    env: {
      ...{ PATH: process.env.PATH, BENCH_SMTP: `127.0.0.1:${port}`, BENCH_HTML: html },
      ...{ BENCH_TEXT: text, BENCH_MESSAGES: String(messages) },
      BENCH_CONNECTIONS: String(connections),
    },
  })
  const seconds = (performance.now() - began) / 1000
  return { messagesPerSecond: messages / seconds, cpuMsPerMessage: null }
}
