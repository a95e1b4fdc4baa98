import type { Trx } from '../../db/client.ts'
import { settleEvents, type WaitingEvent } from '../../db/queries/feedback-events.ts'
import { newsletterById } from '../../db/queries/newsletters.ts'
import type { Id } from '../../db/types.ts'
import { parseAddress } from '../mail/address.ts'
import type { Secrets } from '../secrets.ts'
import { requestByMail } from '../subscribers/subscribe.ts'
import type { FeedbackOutcome } from './apply.ts'
import type { Reading } from './read.ts'
import { fromOf, type Head, isFromSender } from './sender.ts'

/**
 * A mail to `subscribe@`: starts double opt-in for whoever provably wrote it. To a machine's mail nothing is ever
 * answered (RFC 3834 2), as two machines would answer each other for ever.
 */
export async function answerSubscribe(
  trx: Trx,
  secrets: Secrets,
  { event, head }: Reading,
  now: Date,
): Promise<Map<Id, FeedbackOutcome>> {
  const asked = whoAsks(event, head)
  const outcome: FeedbackOutcome =
    'because' in asked
      ? { outcome: 'held', because: asked.because }
      : await ask(trx, secrets, event, asked.address, now)
  const parsed = 'address' in asked ? parseAddress(asked.address) : null
  await settleEvents(
    trx,
    [
      {
        ...event,
        ...{ kind: 'subscribe', domain: parsed?.ok ? parsed.value.domain : null, proven: false },
        addressHash: parsed?.ok ? secrets.addressHash(parsed.value.key) : null,
        action: outcome.outcome === 'confirmation' ? 'confirmation' : null,
        heldBecause: outcome.outcome === 'held' ? outcome.because : null,
      },
    ],
    now,
  )
  return new Map([[event.id, outcome]])
}

async function ask(
  trx: Trx,
  secrets: Secrets,
  event: WaitingEvent,
  address: string,
  now: Date,
): Promise<FeedbackOutcome> {
  const newsletter = event.newsletterId && (await newsletterById(trx, event.newsletterId))
  if (!newsletter) return { outcome: 'held', because: 'no such newsletter' }
  const networkAddress = event.envelope?.peer ?? null
  const asked = await requestByMail(trx, secrets, { newsletter, address, networkAddress }, now)
  if (asked.outcome === 'bad-address') return { outcome: 'held', because: asked.why }
  return asked.mailQueued
    ? { outcome: 'confirmation' }
    : { outcome: 'held', because: 'subscribed, suppressed, or asked within a day' }
}

/** Pure. */
export function whoAsks(
  event: Pick<WaitingEvent, 'envelope' | 'auth'>,
  head: Head,
): { address: string } | { because: string } {
  const machine = isMachine(event, head)
  if (machine !== null) return { because: machine }
  const from = fromOf(head)
  if (from === null) return { because: 'its From is not one address' }
  if (event.auth === null) return { because: 'nobody could look into who sent it' }
  if (!isFromSender(from, event.auth)) {
    return { because: 'neither SPF nor DKIM shows that its From sent it' }
  }
  return { address: from.address }
}

/** A bounce, a list or an automatic answer; null: a person, as far as one can tell. */
function isMachine({ envelope }: Pick<WaitingEvent, 'envelope'>, head: Head): string | null {
  const says = (name: string) => head.get(name)?.trim().toLowerCase() ?? ''
  if (envelope?.from === '' || /^<\s*>$/.test(says('return-path'))) return 'it came from nobody'
  // RFC 3834 5: "no" is a person's mail.
  if (says('auto-submitted') !== '' && !/^no\b/.test(says('auto-submitted')))
    return 'it is automatic'
  if (/^(bulk|list|junk|auto_reply)\b/.test(says('precedence'))) return 'it came from a list'
  if ([...head.keys()].some((name) => /^list-(id|post|unsubscribe|help)$/.test(name))) {
    return 'it came from a list'
  }
  if (/multipart\/report|message\/delivery-status/.test(says('content-type')))
    return 'it is a report'
  if (says('x-autoreply') !== '' || says('x-autorespond') !== '') return 'it is automatic'
  const local = (fromOf(head)?.address ?? '').toLowerCase().replace(/@.*$/, '')
  const isDaemon =
    /^(mailer-daemon|postmaster|no-?reply|do-?not-?reply)$|-(request|bounces?|owner)$|^owner-/
  return isDaemon.test(local) ? 'its sender is a machine' : null
}
