import { aliveWorkerIds } from '../../db/queries/workers.ts'
import type { Context } from './context.ts'
import { count } from './format.ts'
import type { Post } from './post.ts'
import type { Runtime } from './runtime.ts'

/** Where no worker is alive, this process is one for as long as the command lasts. */
export async function workHere({ starters }: Context, runtime: Runtime, post: Post): Promise<void> {
  if ((await aliveWorkerIds(runtime.db)).length > 0) return
  const workers = await starters.workers(runtime, post)
  runtime.defer(() => workers.close())
}

/** Who goes on with it. @returns how many there are */
export async function sayWorkers({ terminal }: Context, { db }: Runtime): Promise<number> {
  const workers = (await aliveWorkerIds(db)).length
  if (workers > 0) terminal.done('left', `to ${count(workers, 'worker')}`)
  else
    terminal.warn(
      'waiting',
      'no worker is alive: start one with `postrider worker` or `postrider start`',
    )
  return workers
}
