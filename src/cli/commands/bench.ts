import type { Command } from 'commander'
import { packagePath } from '../../config.ts'
import { requireProc } from '../bench/processes.ts'
import { benchSend, type SendFigures } from '../bench/send.ts'
import { foundReaders, openStage, type StageOptions } from '../bench/stage.ts'
import type { Bind } from '../context.ts'
import { formatBytes, formatNumber } from '../format.ts'
import { badUsage, examples } from '../options.ts'
import { closeScratchHome, openScratchHome } from '../scratch-home.ts'
import { equation } from '../watch.ts'

type SendFlags = {
  recipients: string
  workers: string
  connections: string
  queue: string
  smtp?: string
  dkim?: boolean
  issue?: string
}

/** On a database, a queue and a mail server of their own; nothing of yours is read, mailed or kept. */
export function defineBench(bench: Command, bind: Bind): void {
  bench.addHelpText('after', examples('postrider bench send --recipients 10000 --dkim'))
  defineSend(bench, bind)
  defineImport(bench, bind)
}

function defineSend(bench: Command, bind: Bind): void {
  const send = bench
    .command('send')
    .option('--recipients <n>', 'how many readers', '10000')
    .option('--workers <n>', 'worker processes', '1')
    .option('--connections <n>', 'SMTP connections of each', '10')
    .option('--queue <backend>', 'postgres or redis (a redis-server of its own)', 'postgres')
    .option('--smtp <url>', 'a server on this machine that takes everything (smtp://host:port)')
    .option('--dkim', 'sign each message (RSA-2048)')
    .option('--issue <file>', 'what is sent')
    .description('one campaign through the real pipeline, measured from outside')
    .addHelpText('after', examples('postrider bench send --recipients 10000 --dkim --workers 2'))
  bind<SendFlags>(send, async (context, _args, flags) => {
    await requireProc()
    const options = readFlags(flags)
    const home = await openScratchHome('bench')
    try {
      const stage = await openStage(home, options)
      try {
        const { figures, status } = await benchSend(context, stage, options)
        sayFigures(context.terminal.done, figures, equation(status))
        context.terminal.object(figures)
      } finally {
        await stage.runtime.close()
      }
    } finally {
      await closeScratchHome(home, 'bench')
    }
  })
}

function readFlags(flags: SendFlags): StageOptions & {
  recipients: number
  workers: number
  issue: string
} {
  const { queue } = flags
  if (queue !== 'postgres' && queue !== 'redis')
    throw badUsage(`--queue ${queue} is neither postgres nor redis`)
  return {
    recipients: whole('--recipients', flags.recipients),
    workers: whole('--workers', flags.workers),
    connections: whole('--connections', flags.connections),
    queue,
    dkim: flags.dkim === true,
    smtp: flags.smtp === undefined ? null : loopback(flags.smtp),
    issue: flags.issue ?? packagePath('issues/field-notes-007.md'),
  }
}

function whole(name: string, text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw badUsage(`${name} ${text} is no number above 0`)
  return Number(text)
}

/** A bench is no load for anybody else's server. */
function loopback(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'smtp:' || !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)) {
    throw badUsage(`--smtp ${text} is no smtp://127.0.0.1:port`)
  }
  return url.host
}

function sayFigures(
  say: (verb: string, what: string, detail?: string) => void,
  figures: SendFigures,
  sum: string,
): void {
  const ms = (value: number) => `${value.toFixed(2)} ms`
  const s = (value: number | null) => (value === null ? 'unknown' : `${value.toFixed(1)} s`)
  say('sent', `${formatNumber(Math.round(figures.messagesPerSecond))} messages/s`, sum)
  say(
    'cpu',
    `${ms(figures.cpuMsPerMessage)} a message`,
    `and ${ms(figures.postgresCpuMsPerMessage)} of Postgres`,
  )
  say(
    'memory',
    `${formatBytes(figures.peakRssBytes)} at most`,
    `${formatBytes(figures.rssBytesEarly)} early, ${formatBytes(figures.rssBytesLate)} at the end`,
  )
  if (figures.bytesPerMessage !== null) {
    say('wire', `${formatBytes(Math.round(figures.bytesPerMessage))} a message`)
  }
  say('ledger', `${Math.round(figures.ledgerBytesPerDelivery)} B a delivery`)
  say(
    'times',
    `first message after ${s(figures.firstMessageSeconds)}, prepared after ${s(figures.preparedSeconds)}`,
    `imported ${formatNumber(Math.round(figures.importedPerSecond))} readers/s`,
  )
}

function defineImport(bench: Command, bind: Bind): void {
  const command = bench
    .command('import')
    .option('--recipients <n>', 'how many readers', '100000')
    .description('import a file of readers into an empty database')
    .addHelpText('after', examples('postrider bench import --recipients 100000'))
  bind<{ recipients: string }>(command, async ({ terminal }, _args, flags) => {
    await requireProc()
    const recipients = whole('--recipients', flags.recipients)
    const home = await openScratchHome('bench')
    try {
      const quiet = { smtp: '127.0.0.1:1', dkim: false, queue: 'postgres', connections: 1 } as const
      const { runtime } = await openStage(home, quiet)
      try {
        const { importSeconds } = await foundReaders(runtime, recipients, (rows) =>
          terminal.progress('importing', rows, recipients, 0),
        )
        terminal.progressDone()
        const perSecond = recipients / importSeconds
        const peakBytes = process.resourceUsage().maxRSS * 1024
        terminal.done('imported', `${formatNumber(Math.round(perSecond))} readers/s`)
        terminal.object({
          readersPerSecond: perSecond,
          seconds: importSeconds,
          peakRssBytes: peakBytes,
        })
      } finally {
        await runtime.close()
      }
    } finally {
      await closeScratchHome(home, 'bench')
    }
  })
}
