import type { Db } from '../db/client.ts'
import type { Handler, Queues } from '../src/queues.ts'
import { followUnsubscribe } from '../src/subscribers/after-unsubscribe.ts'

/** What follows an unsubscribe that has committed. */
export function unsubscribeHandler(deps: { db: Db; queues: Queues }): Handler<'unsubscribe'> {
  return async ({ newsletterId, subscriberId }) => {
    await followUnsubscribe(deps.db, { newsletterId, subscriberId }, new Date())
    // There may be a notice to mail.
    await deps.queues.ring('outbox', {}, { id: 'outbox' })
    return 'done'
  }
}
