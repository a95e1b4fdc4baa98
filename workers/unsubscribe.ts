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
  return async ({ newsletterId, subscriberId }) => {
    const who = { newsletterId, subscriberId }
    const { told } = await followUnsubscribe(deps.db, deps.secrets, who, new Date())
    if (told) await deps.queues.ring('outbox', {}, { id: 'outbox' })
    return 'done'
  }
}
