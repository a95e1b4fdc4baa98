import type { Id } from '../db/types.ts'
import type { Courier, Worked } from '../src/delivery/courier.ts'
import type { Answer, Handler } from '../src/queues.ts'

/** How soon a doorbell that this process cannot use is offered to the others. */
const PASS_ON_MS = 200

/** One process by one of its transports. */
export type Hand = Readonly<{ workerId: Id; courier: Courier }>

/**
 * Works one campaign till nothing of it is due: by the hand that was rung for, else by one that is free. There are as
 * many doorbells as hands, so all get to it.
 */
export function sendHandler(deps: {
  hands: readonly Hand[]
  /** Nothing is due any more: it may have been the last of it. Otherwise the sweep finishes it. */
  atEnd?: () => Promise<void>
}): Handler<'send'> {
  return async ({ campaignId, workerId }) => {
    const ours = [...deps.hands].sort((a, b) => rank(a, workerId) - rank(b, workerId))
    for (const { courier } of ours) {
      const worked = await courier.work(campaignId)
      if (worked.next === 'none') await deps.atEnd?.()
      if (worked.next !== 'busy') return answerOf(worked)
    }
    return answerOf({ next: 'busy' })
  }
}

const rank = (hand: Hand, workerId: Id) => (hand.workerId === workerId ? 0 : 1)

export function answerOf(worked: Worked): Answer {
  switch (worked.next) {
    case 'none':
      return 'done'
    case 'at':
      return { again: worked.at }
    case 'busy':
      return { again: new Date(Date.now() + PASS_ON_MS) }
  }
}
