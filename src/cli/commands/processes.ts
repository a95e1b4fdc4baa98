import type { Command } from 'commander'
import { PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { NOBODY_IS_MAILED, openPost, type Post } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { removeState, writeState } from '../state-file.ts'

/** Web and workers in one, or each for itself, as many as one likes. */
export function addProcesses(program: Command, bind: Bind): void {
  const start = program
    .command('start')
    .description('web and workers in one process, on what is configured or on nothing at all')
    .addHelpText('after', '\nExample:\n  postrider start')
  bind(start, runAll)
  bind(program.command('serve').description("the web process: readers' pages"), runWeb)
  bind(
    program.command('worker').description('a worker process; run as many as you like, anywhere'),
    runWorker,
  )
  const inbound = program
    .command('inbound')
    .description(
      'the inbound door: takes reports and mailto unsubscribes (INBOUND_DOMAIN, INBOUND_LISTEN)',
    )
  bind(inbound, runDoor)
}

async function runAll(context: Context): Promise<void> {
  const runtime = await context.runtime({ name: 'start', migrates: true, poolSize: 20 })
  // First, so that the links the workers make lead to it.
  await startWeb(context, runtime)
  const post = await openPost(runtime)
  await startWorkers(context, runtime, post)
  if (runtime.config.inbound) await startDoor(context, runtime)
  sayPost(context, post)
  await untilStopped(context)
}

async function runWeb(context: Context): Promise<void> {
  await startWeb(context, await context.runtime({ name: 'serve' }))
  await untilStopped(context)
}

async function runWorker(context: Context): Promise<void> {
  const runtime = await context.runtime({ name: 'worker', poolSize: 20 })
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
  await startDoor(context, await context.runtime({ name: 'inbound' }))
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
  if (post.inboxUrl === null) return
  terminal.warn('catching', NOBODY_IS_MAILED, post.inboxUrl)
  terminal.object({ inbox: post.inboxUrl })
}

async function untilStopped({ terminal, stopped }: Context): Promise<void> {
  terminal.note('Ctrl-C ends it: what is on its way is finished first.')
  await stopped
}
