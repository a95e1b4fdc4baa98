import type { Command } from 'commander'
import type { Bind, Context } from '../context.ts'
import { examples } from '../options.ts'
import { NOBODY_IS_MAILED, openPost, type Post } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { settleHeap } from '../small-heap.ts'
import { removeState, writeState } from '../state-file.ts'
import { openInbound } from './inbound.ts'

export function defineStart(command: Command, bind: Bind): void {
  command.addHelpText('after', examples('postrider start'))
  bind(command, runAll)
}

export function defineServe(command: Command, bind: Bind): void {
  command.addHelpText('after', examples('WEB_LISTEN=127.0.0.1:3000 postrider serve'))
  bind(command, runWeb)
}

export function defineWorker(command: Command, bind: Bind): void {
  command.addHelpText('after', examples('postrider worker'))
  bind(command, runWorker)
}

async function runAll(context: Context): Promise<void> {
  const runtime = await context.runtime({
    name: 'start',
    isProcess: true,
    migrates: true,
    poolSize: 20 + context.config.mailboxes.length,
  })
  // First, so that the links the workers make lead to it.
  await startWeb(context, runtime)
  const post = await openPost(runtime)
  await startWorkers(context, runtime, post)
  const { inbound, mailboxes } = runtime.config
  if (inbound || mailboxes.length > 0) await openInbound(context, runtime)
  sayPost(context, post)
  await untilStopped(context)
}

async function runWeb(context: Context): Promise<void> {
  await startWeb(context, await context.runtime({ name: 'serve', isProcess: true }))
  await untilStopped(context)
}

async function runWorker(context: Context): Promise<void> {
  const runtime = await context.runtime({ name: 'worker', isProcess: true, poolSize: 20 })
  const post = await openPost(runtime)
  await startWorkers(context, runtime, post)
  settleHeap()
  sayPost(context, post)
  await untilStopped(context)
}

async function startWeb({ starters, terminal }: Context, runtime: Runtime): Promise<void> {
  const web = await starters.web(runtime)
  await writeState(runtime.config.home, 'web', { url: web.url })
  runtime.defer(async () => {
    await removeState(runtime.config.home, 'web')
    await web.close()
  })
  terminal.done('serving', web.url)
  terminal.object({ web: web.url })
}

async function startWorkers(
  { starters, terminal }: Context,
  runtime: Runtime,
  post: Post,
): Promise<void> {
  const workers = await starters.workers(runtime, post)
  runtime.defer(() => workers.close())
  for (const { name, host, port } of [post.config, ...post.others.map(({ config }) => config)]) {
    terminal.done('working', `through ${name} (${host}:${port})`)
  }
  terminal.object({ worker: process.pid, transport: post.config.name })
}

function sayPost({ terminal }: Context, post: Post): void {
  if (post.inbox === null) return
  terminal.warn('catching', NOBODY_IS_MAILED)
  terminal.more(post.inbox.url)
  terminal.object({ inbox: post.inbox.url })
}

async function untilStopped({ terminal, stopped }: Context): Promise<void> {
  terminal.note('Ctrl-C ends it: what is on its way is finished first.')
  await stopped
}
