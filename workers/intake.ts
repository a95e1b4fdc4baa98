import type { Db } from '../db/client.ts'
import { readPosts } from '../src/feedback/read-posts.ts'
import type { Handler, Queues } from '../src/queues.ts'
import type { Secrets } from '../src/secrets.ts'

/** Reads what providers posted, to the last of it. */
export function intakeHandler(deps: {
  db: Db
  secrets: Secrets
  queues: Queues
}): Handler<'intake'> {
  return async () => {
    for (let more = true; more; ) {
      const read = await readPosts(deps.db, deps.secrets)
      // The job takes all that waits, so one of them is enough to ring for.
      const [eventId] = read.eventIds
      if (eventId !== undefined) {
        await deps.queues.ring('feedback', { eventId })
      }
      more = read.more
    }
    return 'done'
  }
}
