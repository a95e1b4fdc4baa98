import type { Command } from 'commander'
import { PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { examples } from '../options.ts'
import { NOBODY_IS_MAILED, openPost, type Post } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { removeState, writeState } from '../state-file.ts'

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

export function defineInbound(command: Command, bind: Bind): void {
  command.addHelpText(
    'after',
    examples(
      'INBOUND_DOMAIN=bounces.weekly.example INBOUND_LISTEN=127.0.0.1:2526 postrider inbound',
    ),
  )
  bind(command, runDoor)
}

async function runAll(context: Context): Promise<void> {
  const runtime = await context.runtime({
    name: 'start',
    isProcess: true,
    migrates: true,
    poolSize: 20,
  })
  // First, so that the links the workers make lead to it.
  await startWeb(context, runtime)
  const post = await openPost(runtime)
  await startWorkers(context, runtime, post)
  if (runtime.config.inbound) await startDoor(context, runtime)
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
  sayPost(context, post)
  await untilStopped(context)
}

async function runDoor(context: Context): Promise<void> {
  if (!context.config.inbound) {
    throw new PostriderError(
      'bad-configuration',
      'set INBOUND_DOMAIN and INBOUND_LISTEN: the door needs both',
    )
  }
  await startDoor(context, await context.runtime({ name: 'inbound', isProcess: true }))
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
  terminal.done('working', `through ${post.config.name} (${post.config.host}:${post.config.port})`)
  terminal.object({ worker: process.pid, transport: post.config.name })
}

async function startDoor({ starters, terminal }: Context, runtime: Runtime): Promise<void> {
  const door = await starters.door(runtime)
  runtime.defer(() => door.close())
  terminal.done('listening', `for mail to ${runtime.config.inbound?.domain} on port ${door.port}`)
  terminal.object({ inbound: door.port })
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
