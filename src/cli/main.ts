#!/usr/bin/env tsx
import { type Command, CommanderError } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { messageOf, PostriderError } from '../errors.ts'
import type { Action, Bind, Context } from './context.ts'
import { createProgram } from './program.ts'
import type { Runtime } from './runtime.ts'
import { keepHeapSmall } from './small-heap.ts'
import type { Starters } from './starters.ts'
import { siteUrl } from './state-file.ts'
import { createTerminal, type Terminal } from './terminal.ts'

const DONE = 0
const REFUSED = 1
const BAD_USAGE = 2

// React is loaded by the commands, and its form for developers takes half as long again to make a mail.
process.env.NODE_ENV ??= 'production'

// Loaded when they are started: most commands start none.
const starters: Starters = {
  async web({ config, db, log, secrets, queues }) {
    const { startWeb } = await import('../http/main.ts')
    const { ring } = await queues()
    const { publicUrl, trustedProxies, web, webhooks } = config
    return startWeb({ db, log, secrets, ring, publicUrl, trustedProxies, webhooks, listen: web })
  },
  async door({ config, db, log, secrets, queues }, { taken } = { taken: 'refuse' }) {
    const { startInbound } = await import('../inbound/main.ts')
    const { ring } = await queues()
    const { inbound, mailboxes, inboundMailsAMinute: mailsAMinute } = config
    return startInbound({ db, log, secrets, ring, inbound, mailboxes, taken, mailsAMinute })
  },
  async workers({ config, db, log, secrets, queues }, post) {
    const { startWorkers } = await import('../../workers/main.ts')
    const { createSender } = await import('../mail/sender.ts')
    const sender = createSender(post.config)
    const otherWays = post.others.map(({ transportId, config: way }) => ({
      ...{ transportId, transportKind: way.kind, sender: createSender(way) },
    }))
    const workers = await startWorkers({
      db,
      log,
      secrets,
      queues: await queues(),
      policy: config.policy,
      sender,
      transportId: post.transportId,
      transportKind: post.config.kind,
      otherWays,
      endSeconds: config.retryHours * 3600,
      outboxDays: config.outboxDays,
      sign: post.sign,
      site: {
        publicUrl: await siteUrl(config),
        inboundDomain: config.inbound?.domain ?? null,
        senderId: config.senderId,
      },
    })
    return {
      async close() {
        await workers.close()
        // Every message has its outcome by now; what is still on its way is not waited for twice.
        const senders = [sender, ...otherWays.map((way) => way.sender)]
        await Promise.all(senders.map((each) => each.close({ graceMs: 0 })))
      },
    }
  },
}

const bind: Bind = <Options>(command: Command, action: Action<Options>) => {
  command.option('--json', 'for machines: one JSON object as the last line')
  command.action(async (...received: unknown[]) => {
    // commander hands over each argument, then the options, then the command
    const options = command.opts()
    const args = received.slice(0, -2) as string[]
    const terminal = createTerminal({
      json: options.json === true,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
    })
    await run(terminal, (context) => action(context, args, options as Options))
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
  let config: Config | null = null
  const configured = () => {
    config ??= loadConfig(process.env)
    return config
  }
  // Whoever started us and holds our IPC channel is gone.
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('disconnect', onSignal)
  try {
    await work({
      get config() {
        return configured()
      },
      terminal,
      starters,
      stopped,
      async runtime(options) {
        const { openRuntime } = await import('./runtime.ts')
        const runtime = await openRuntime(configured(), options)
        opened.push(runtime)
        return runtime
      },
    })
  } catch (error) {
    await report(terminal, error)
  } finally {
    for (const runtime of opened.reverse()) {
      await runtime.close().catch((error: unknown) => report(terminal, error))
    }
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('disconnect', onSignal)
  }
}

async function report(terminal: Terminal, thrown: unknown): Promise<void> {
  process.exitCode = thrown instanceof CommanderError ? BAD_USAGE : REFUSED
  const error = await inWords(thrown)
  if (error instanceof CommanderError) {
    terminal.fail(`${error.message} (--help shows how)`)
    terminal.object({ error: { code: 'bad-usage', message: error.message, place: null } })
    return
  }
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

async function inWords(error: unknown): Promise<unknown> {
  if (error instanceof PostriderError || error instanceof CommanderError) return error
  const { unreachable } = await import('./runtime.ts')
  return unreachable(error)
}

// Whoever read us (`| head`) has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

if (process.argv[2] === 'worker') keepHeapSmall()
try {
  const program = await createProgram(process.argv.slice(2), bind)
  await program.parseAsync(process.argv)
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? DONE : BAD_USAGE
  if (error.exitCode !== 0 && process.argv.includes('--json')) {
    const message = error.message.replace(/^error: /, '')
    process.stdout.write(
      `${JSON.stringify({ error: { code: 'bad-usage', message, place: null } })}\n`,
    )
  }
}
