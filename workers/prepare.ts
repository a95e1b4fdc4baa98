import type { Db } from '../db/client.ts'
import { aliveWorkersOf } from '../db/queries/workers.ts'
import { prepareSlice } from '../src/campaigns/prepare.ts'
import type { Handler, Queues } from '../src/queues.ts'

/** A slice a job, so that other campaigns have their turn. Sending starts with the first. */
export function prepareHandler(deps: { db: Db; queues: Queues }): Handler<'prepare'> {
  return async ({ campaignId }) => {
    const left = await prepareSlice(deps.db, campaignId)
    for (const { workerId } of await aliveWorkersOf(deps.db, [campaignId])) {
      await deps.queues.ring('send', { campaignId, workerId })
    }
    return left === 'more' ? { again: new Date() } : 'done'
  }
}
