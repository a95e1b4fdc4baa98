import type { Trx } from '../../db/client.ts'
import { insertOutbox } from '../../db/queries/outbox.ts'
import type { Id, OutboxKind } from '../../db/types.ts'
import { type OutboxPayload, outboxPayloads } from './payload.ts'

export type OutboxMail<K extends OutboxKind = OutboxKind> = {
  [Kind in K]: Readonly<{
    kind: Kind
    newsletterId: Id
    subscriberId?: Id | null
    address: string
    addressHash: Buffer
    payload: OutboxPayload<Kind>
    /** Not before then; default: at once. */
    dueAt?: Date | null
    /** null: the way out of the worker that takes it. */
    transportId?: Id | null
  }>
}[K]

/** In the transaction of what it tells of. Ring 'outbox' after its commit; the sweep does where that is lost. */
export async function enqueueMail(trx: Trx, mail: OutboxMail): Promise<{ outboxId: Id }> {
  const outboxId = await insertOutbox(trx, {
    kind: mail.kind,
    newsletterId: mail.newsletterId,
    subscriberId: mail.subscriberId ?? null,
    address: mail.address,
    addressHash: mail.addressHash,
    payload: JSON.stringify(outboxPayloads[mail.kind].parse(mail.payload)),
    dueAt: mail.dueAt ?? null,
    transportId: mail.transportId ?? null,
  })
  return { outboxId }
}
