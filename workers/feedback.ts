import type { Db } from '../db/client.ts'
import { handleFeedback } from '../src/feedback/handle.ts'
import type { Handler, Queues } from '../src/queues.ts'

/** A report may be here before the reply that it follows is recorded. */
const ASK_AGAIN_MS = 1_000

/** Draws the conclusion from one event. */
export function feedbackHandler(deps: { db: Db; queues: Queues }): Handler<'feedback'> {
  return async ({ eventId }) => {
    const now = new Date()
    const handled = await handleFeedback(deps.db, eventId, now)
    if (handled.outcome === 'later') return { again: new Date(now.getTime() + ASK_AGAIN_MS) }
    if (handled.outcome === 'unsubscribed') {
      const { newsletterId, subscriberId } = handled
      const id = `unsubscribe-${newsletterId}-${subscriberId}`
      await deps.queues.ring('unsubscribe', { newsletterId, subscriberId }, { id })
    }
    return 'done'
  }
}
