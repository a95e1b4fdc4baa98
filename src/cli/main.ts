#!/usr/bin/env tsx
import { readFile } from 'node:fs/promises'
import { Command, CommanderError } from 'commander'
import { startWorkers } from '../../workers/main.ts'
import { type Config, loadConfig } from '../config.ts'
import { messageOf, PostriderError } from '../errors.ts'
import { startWeb } from '../http/main.ts'
import { startInbound } from '../inbound/main.ts'
import { createDkimSigner } from '../mail/dkim.ts'
import { createSmtpSender } from '../mail/smtp.ts'
import { addCampaignMoves } from './commands/campaign-moves.ts'
import { addCheck } from './commands/check.ts'
import { addDemo } from './commands/demo.ts'
import { addDkim } from './commands/dkim.ts'
import { addInit } from './commands/init.ts'
import { addMigrate } from './commands/migrate.ts'
import { addNew } from './commands/new.ts'
import { addNewsletter } from './commands/newsletter.ts'
import { addProcesses } from './commands/processes.ts'
import { addRender } from './commands/render.ts'
import { addSend } from './commands/send.ts'
import { addStatus } from './commands/status.ts'
import { addSubscribers } from './commands/subscribers.ts'
import { addSuppression } from './commands/suppression.ts'
import { addTest } from './commands/test.ts'
import type { Bind, Context } from './context.ts'
import { openRuntime, type Runtime, unreachable } from './runtime.ts'
import type { Starters } from './starters.ts'
import { siteUrl } from './state-file.ts'
import { createTerminal, type Terminal } from './terminal.ts'

const DONE = 0
const REFUSED = 1
const BAD_USAGE = 2

const starters: Starters = {
  async web({ config, db, log, secrets, queues }) {
    const { ring } = await queues()
    const { publicUrl, trustedProxies, web } = config
    return startWeb({ db, log, secrets, ring, publicUrl, trustedProxies, listen: web })
  },
  async door({ config, db, log, secrets, queues }) {
    const { ring } = await queues()
    return startInbound({ db, log, secrets, ring, inbound: config.inbound })
  },
  async workers({ config, db, log, secrets, queues }, post) {
    const sender = createSmtpSender(post.config)
    const workers = await startWorkers({
      db,
      log,
      secrets,
      queues: await queues(),
      sender,
      transportId: post.transportId,
      transportKind: post.config.kind,
      sign: await signerOf(config),
      site: {
        publicUrl: await siteUrl(config),
        inboundDomain: config.inbound?.domain ?? null,
        senderId: config.senderId,
      },
    })
    return {
      async close() {
        await workers.close()
        await sender.close()
      },
    }
  },
}

/** @throws PostriderError bad-configuration */
async function signerOf({ dkim }: Config): Promise<ReturnType<typeof createDkimSigner> | null> {
  if (dkim === null) return null
  const privateKeyPem = await readFile(dkim.keyFile, 'utf8').catch((cause: unknown) => {
    throw new PostriderError('bad-configuration', `cannot read DKIM_KEY_FILE ${dkim.keyFile}`, {
      cause,
    })
  })
  return createDkimSigner({ domain: dkim.domain, selector: dkim.selector, privateKeyPem })
}

const bind: Bind = (command, action) => {
  command.option('--json', 'for machines: one JSON object as the last line')
  command.action(async (...received: unknown[]) => {
    // commander hands over each argument, then the options, then the command
    const options = command.opts()
    const args = received
      .slice(0, -2)
      .flat()
      .map((value) => (value === undefined ? undefined : String(value)))
    const terminal = createTerminal({
      json: options.json === true,
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
    })
    await run(terminal, (context) => action(context, args as string[], options as never))
  })
}

/** One command from configuration to exit code: what it opened is closed in reverse order, whatever happened. */
async function run(terminal: Terminal, work: (context: Context) => Promise<void>): Promise<void> {
  const opened: Runtime[] = []
  const stop = new AbortController()
  const stopped = new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve()),
  )
  const onSignal = () => stop.abort()
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    const config = loadConfig(process.env)
    await work({
      config,
      terminal,
      starters,
      stopped,
      async runtime(options) {
        const runtime = await openRuntime(config, options)
        opened.push(runtime)
        return runtime
      },
    })
  } catch (error) {
    report(terminal, unreachable(error))
  } finally {
    for (const runtime of opened.reverse()) {
      await runtime.close().catch((error: unknown) => report(terminal, error))
    }
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

function report(terminal: Terminal, error: unknown): void {
  process.exitCode = REFUSED
  if (error instanceof PostriderError) {
    terminal.fail(error.message)
    terminal.object({
      error: { code: error.code, message: error.message, place: error.place ?? null },
    })
    return
  }
  terminal.fail(`a fault of Postrider's own: ${messageOf(error)}`)
  if (error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`)
  terminal.object({ error: { code: 'fault', message: messageOf(error), place: null } })
}

function createProgram(): Command {
  const program = new Command('postrider')
    .description('Email newsletters from Markdown: every delivery accounted for.')
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(--help shows how)')
    .exitOverride()
  for (const add of [
    addInit,
    addDemo,
    addProcesses,
    addMigrate,
    addNewsletter,
    addNew,
    addCheck,
    addRender,
    addTest,
    addSend,
    addStatus,
    addCampaignMoves,
    addSubscribers,
    addSuppression,
    addDkim,
  ]) {
    add(program, bind)
  }
  return program
}

try {
  await createProgram().parseAsync(process.argv)
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? DONE : BAD_USAGE
}
