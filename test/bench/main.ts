import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { packagePath } from '../../src/config.ts'
import { cleanEnvironment } from '../support/clean-environment.ts'
import { findProgram } from '../support/find-program.ts'
import { startDelayProxy } from './delay-proxy.ts'
import { writeBenchIssue } from './issue.ts'
import { listmonk } from './listmonk.ts'
import {
  benchSend,
  type Load,
  nodemailerLoop,
  otherSender,
  postrider,
  type Run,
  smtpSource,
} from './senders.ts'
import { type Server, startOwnSink, startSmtpSink } from './smtp-sink.ts'

// `npm run bench`: every table of docs/benchmarks.md, made in one run on one machine; Markdown on standard output.
cleanEnvironment()
const { values } = parseArgs({
  options: {
    tables: { type: 'string', default: 'yardstick,distance,workers,size,queues' },
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '10000' },
    sizes: { type: 'string', default: '10000,100000,1000000' },
    against: { type: 'string', multiple: true, default: [] },
  },
})
const CONNECTIONS = 10
const ROUND_TRIP_MS = 50

type Sender = Readonly<{ name: string; send(load: Load): Promise<Run> }>

/** In turn, so that a busy minute of the machine hits all alike. */
async function inTurn(senders: readonly Sender[], load: Load, rounds: number): Promise<void> {
  const runs = new Map<string, Run[]>(senders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, send } of senders) runs.get(name)?.push(await send(load))
  }
  const base = median(runs.get('nodemailer loop') ?? [], 'messagesPerSecond') ?? Number.NaN
  say('| sender | messages/s | against the loop | CPU ms a message |')
  say('| --- | ---: | ---: | ---: |')
  for (const { name } of senders) {
    const all = runs.get(name) ?? []
    const rate = median(all, 'messagesPerSecond') ?? Number.NaN
    const cpu = median(all, 'cpuMsPerMessage')
    say(
      `| ${name} | ${Math.round(rate)} | ${(rate / base).toFixed(2)} | ${cpu?.toFixed(2) ?? ''} |`,
    )
  }
}

function sendersFor(issue: string): Sender[] {
  const source = findProgram('smtp-source')
  return [
    { name: 'Postrider', send: (load) => postrider(load, issue) },
    { name: 'nodemailer loop', send: nodemailerLoop },
    ...(source ? [{ name: 'smtp-source', send: (load: Load) => smtpSource(source, load) }] : []),
    ...values.against.map((each) => {
      const [name = '', program = ''] = each.split('=')
      const send = name === 'listmonk' ? listmonk : otherSender
      return { name, send: (load: Load) => send(program, load) }
    }),
  ]
}

type Common = Omit<Load, 'port'>
const TABLES: Record<string, (load: Common, issue: string) => Promise<void>> = {
  async yardstick(load, issue) {
    const sink = await startSmtpSink()
    say(
      `\n## Against others\n\n${load.messages} messages to ${sink.name}, medians of ${values.rounds}, in turn.\n`,
    )
    await inTurn(sendersFor(issue), { ...load, port: sink.port }, Number(values.rounds))
    await sink.stop()
  },
  async distance(load, issue) {
    say(`\n## From afar`)
    await fromAfar(await startOwnSink(), 'with CHUNKING', load, issue)
    await fromAfar(await startSmtpSink(), 'without it', load, issue)
  },
  async workers(load, issue) {
    say(`\n## Worker processes\n\n${load.messages} messages with DKIM.\n`)
    await rows(
      ['1', '2', '4'].map((n) => [`${n}`, ['--workers', n]]),
      'workers',
      load,
      issue,
    )
  },
  async queues(load, issue) {
    say(`\n## Queues\n\n${load.messages} messages with DKIM.\n`)
    const backends = ['postgres', ...(findProgram('redis-server') ? ['redis'] : [])]
    await rows(
      backends.map((name) => [name, ['--queue', name]]),
      'queue',
      load,
      issue,
    )
  },
  async size(load, issue) {
    say('\n## Size\n\nOne worker, with DKIM.\n')
    const sizes = values.sizes.split(',')
    const wanted = sizes.map((n): [string, string[]] => [n, ['--recipients', n]])
    await rows(wanted, 'recipients', load, issue)
  },
}

async function fromAfar(sink: Server, offers: string, load: Common, issue: string): Promise<void> {
  const proxy = await startDelayProxy(sink.port, ROUND_TRIP_MS / 2)
  const messages = Math.ceil(load.messages / 5)
  say(`\n${messages} messages to ${sink.name}, ${offers}, ${proxy.name}, medians of 3, in turn.\n`)
  await inTurn(sendersFor(issue), { ...load, messages, port: proxy.port }, 3)
  await proxy.stop()
  await sink.stop()
}

async function rows(
  wanted: readonly (readonly [string, readonly string[]])[],
  what: string,
  load: Common,
  issue: string,
): Promise<void> {
  say(
    `| ${what} | messages/s | CPU ms | Postgres CPU ms | peak MB | early MB | late MB | B a row | prepared s | first message s |`,
  )
  say(`| --- |${' ---: |'.repeat(9)}`)
  for (const [name, flags] of wanted) {
    const common = ['--dkim', '--recipients', String(load.messages), '--issue', issue]
    const f = await benchSend([...common, ...flags])
    const mb = (value = 0) => Math.round(value / 1024 / 1024)
    say(
      `| ${name} | ${Math.round(f.messagesPerSecond ?? 0)} | ${f.cpuMsPerMessage?.toFixed(2)} | ${f.postgresCpuMsPerMessage?.toFixed(2)} | ${mb(f.peakRssBytes)} | ${mb(f.rssBytesEarly)} | ${mb(f.rssBytesLate)} | ${Math.round(f.ledgerBytesPerDelivery ?? 0)} | ${f.preparedSeconds?.toFixed(1)} | ${f.firstMessageSeconds?.toFixed(1)} |`,
    )
  }
}

async function render(issue: string, html: string, text: string): Promise<void> {
  await promisify(execFile)(process.execPath, [
    ...['--import', import.meta.resolve('tsx'), packagePath('src/cli/main.ts'), 'render', issue],
    ...['--html', html, '--text', text],
  ])
}

function median(runs: readonly Run[], figure: keyof Run): number | null {
  const sorted = runs.flatMap((run) => run[figure] ?? []).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const folder = await mkdtemp(join(tmpdir(), 'postrider-bench-'))
try {
  const issue = await writeBenchIssue(folder)
  const [html, text] = [join(folder, 'bench.html'), join(folder, 'bench.txt')]
  await render(issue, html, text)
  const sample = await benchSend(['--dkim', '--recipients', '200', '--issue', issue])
  const bytes = Math.round(sample.bytesPerMessage ?? 0)
  const load = { messages: Number(values.messages), connections: CONNECTIONS, bytes, html, text }
  say(
    `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}; ${bytes} octets a message.`,
  )
  for (const table of values.tables.split(',')) await TABLES[table]?.(load, issue)
} finally {
  await rm(folder, { recursive: true, force: true })
}
