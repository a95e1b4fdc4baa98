import type { Worked } from '../src/delivery/courier.ts'
import type { Handler } from '../src/queues.ts'
import { answerOf, type Hand } from './send.ts'

/** Sends the single mails that are due: by the first transport, and what it cannot take now by the others. */
export function outboxHandler(deps: { hands: readonly Hand[] }): Handler<'outbox'> {
  return async () => {
    let next: Worked = { next: 'none' }
    for (const { courier } of deps.hands) {
      const worked = await courier.workOutbox()
      next = sooner(next, worked)
    }
    return answerOf(next)
  }
}

function sooner(a: Worked, b: Worked): Worked {
  if (a.next === 'none') return b
  if (b.next === 'none') return a
  if (a.next === 'busy' || b.next === 'busy') return { next: 'busy' }
  return a.at < b.at ? a : b
}
