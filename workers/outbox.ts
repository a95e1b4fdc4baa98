import type { Courier } from '../src/delivery/courier.ts'
import type { Handler } from '../src/queues.ts'
import { answerOf } from './send.ts'

/** Sends the single mails that are due. */
export function outboxHandler(deps: { courier: Courier }): Handler<'outbox'> {
  return async () => answerOf(await deps.courier.workOutbox())
}
