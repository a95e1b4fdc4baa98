import { nextEventDueAt } from '../db/queries/feedback-events.ts'
import { guardCampaigns } from '../src/feedback/guards.ts'
import { type FeedbackDeps, type Handled, handleWaiting } from '../src/feedback/handle.ts'
import type { Handler, Queues } from '../src/queues.ts'

/** Draws the conclusions from all that waits: one job serves the events that came with it, and theirs find nothing. */
export function feedbackHandler(
  deps: FeedbackDeps & Readonly<{ queues: Queues }>,
): Handler<'feedback'> {
  return async () => {
    const outcomes = new Map<string, string>()
    const campaigns = new Set<string>()
    for (let more = true; more; ) {
      const handled = await handleWaiting(deps, new Date())
      await ringFor(deps.queues, handled)
      for (const [id, { outcome }] of handled.outcomes) outcomes.set(id, outcome)
      for (const id of handled.campaignIds) campaigns.add(id)
      more = handled.more
    }
    if (campaigns.size > 0) await guardCampaigns(deps, [...campaigns])
    // A report may be here before the reply that it follows is recorded.
    const again = [...outcomes.values()].includes('later') ? await nextEventDueAt(deps.db) : null
    return again === null ? 'done' : { again }
  }
}

async function ringFor(queues: Queues, { outcomes }: Handled): Promise<void> {
  const all = [...outcomes.values()]
  if (all.some(({ outcome }) => outcome === 'confirmation')) {
    await queues.ring('outbox', {})
  }
  for (const each of all) {
    const left = each.outcome === 'unsubscribed' ? each : each.outcome === 'suppressed' && each.left
    if (!left) continue
    const { newsletterId, subscriberId } = left
    await queues.ring('unsubscribe', { newsletterId, subscriberId })
  }
}
