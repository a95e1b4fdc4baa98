import { newsletterById } from '../../db/queries/newsletters.ts'
import type { OutboxRow } from '../../db/queries/outbox.ts'
import { claimOutbox, lookAtOutbox, outboxDueAt } from '../../db/queries/outbox-delivery.ts'
import { transportHealth } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { signBytes } from '../mail/dkim.ts'
import { composeOutboxMail } from '../outbox/compose.ts'
import type { FillDeps } from './fill.ts'
import type { Composed, Next, Source } from './held.ts'

/** Single mails go the same road as deliveries; only where they come from differs. */
export function outboxSource(deps: FillDeps & { transportId: Id }): Source {
  const { db, transportId } = deps
  return Object.freeze({
    rows: null,
    claim: claimOutbox,
    async look(trx, claimId, only) {
      const rows = await lookAtOutbox(trx, claimId, only)
      return {
        open: true,
        rows: rows.map((row) => ({
          key: row.id,
          attempts: row.attempts,
          deferredSeconds: row.deferred_seconds,
          providerId: 0,
          provider: null,
          resends: 0,
          compose: () => compose(deps, row),
        })),
      }
    },
    async whatNext(): Promise<Next> {
      const at = await outboxDueAt(db, transportId)
      if (at === null) return { next: 'none' }
      const { restsUntil } = await transportHealth(db, transportId)
      return { next: 'at', at: restsUntil ?? at }
    },
  } satisfies Source)
}

async function compose(deps: FillDeps, row: OutboxRow): Promise<Composed> {
  const newsletter =
    row.newsletter_id === null ? null : await newsletterById(deps.db, row.newsletter_id)
  if (newsletter === null) throw new Error('the newsletter of a single mail is gone')
  const mail = await composeOutboxMail(row, newsletter, deps.site, deps.secrets)
  if (deps.sign === null) return mail
  const { bytes, envelope } = mail
  return { envelope, bytes: await signBytes(deps.sign, bytes, envelope, deps.sender?.replaces) }
}
