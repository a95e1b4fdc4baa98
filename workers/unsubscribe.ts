import type { Db } from '../db/client.ts'
import type { Handler, Queues } from '../src/queues.ts'
import type { Secrets } from '../src/secrets.ts'
import { followUnsubscribe } from '../src/subscribers/after-unsubscribe.ts'

/** What follows an unsubscribe that has committed. */
export function unsubscribeHandler(deps: {
  db: Db
  secrets: Secrets
  queues: Queues
}): Handler<'unsubscribe'> {
  return async (who) => {
    const { told } = await followUnsubscribe(deps.db, deps.secrets, who, new Date())
    // Without an id: one that is at work may have looked already, and would swallow it.
    if (told) await deps.queues.ring('outbox', {})
    return 'done'
  }
}
