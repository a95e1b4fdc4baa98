import { aliveWorkerIds, aliveWorkersOf } from '../../db/queries/workers.ts'
import type { Id } from '../../db/types.ts'
import type { Context } from './context.ts'
import { count } from './format.ts'
import type { Post } from './post.ts'
import type { Runtime } from './runtime.ts'
import type { Running } from './starters.ts'

/**
 * Where no worker of this transport is alive, this process is one until the command ends, or `close` is called.
 * @returns null where others work
 */
export async function workHere(
  { starters }: Context,
  runtime: Runtime,
  post: Post,
): Promise<Running | null> {
  if ((await aliveWorkerIds(runtime.db, post.transportId)).length > 0) return null
  const workers = await starters.workers(runtime, post)
  let closed: Promise<void> | null = null
  const close = () => {
    closed ??= workers.close()
    return closed
  }
  runtime.defer(close)
  return { close }
}

/** Who goes on with a campaign. @returns how many there are */
export async function sayWorkers(
  { terminal }: Context,
  { db }: Runtime,
  campaignId: Id,
): Promise<number> {
  const workers = (await aliveWorkersOf(db, [campaignId])).length
  if (workers > 0) terminal.done('left', `to ${count(workers, 'worker')}`)
  else
    terminal.warn(
      'waiting',
      'no worker of its transport is alive: start one with `postrider worker` or `postrider start`',
    )
  return workers
}
