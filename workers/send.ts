import type { Courier } from '../src/delivery/courier.ts'
import type { Answer, Handler } from '../src/queues.ts'

/** How soon a doorbell that this process cannot use is offered to the others. */
const PASS_ON_MS = 200

/** Works one campaign till nothing of it is due. */
export function sendHandler(deps: { courier: Courier }): Handler<'send'> {
  return async ({ campaignId }) => answerOf(await deps.courier.work(campaignId))
}

export function answerOf(worked: Awaited<ReturnType<Courier['work']>>): Answer {
  switch (worked.next) {
    case 'none':
      return 'done'
    case 'at':
      return { again: worked.at }
    case 'busy':
      return { again: new Date(Date.now() + PASS_ON_MS) }
  }
}
