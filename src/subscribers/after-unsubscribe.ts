import type { Db, Trx } from '../../db/client.ts'
import { skipOpenDeliveries } from '../../db/queries/deliveries-unsubscribe.ts'
import { skipOpenWelcomes } from '../../db/queries/outbox.ts'
import { subscriberById } from '../../db/queries/subscribers.ts'
import {
  lockWaitingUnsubscribes,
  markUnsubscribesFollowed,
} from '../../db/queries/subscription-events.ts'
import { subscriptionState } from '../../db/queries/subscriptions.ts'
import type { Id } from '../../db/types.ts'
import { notify } from '../outbox/notice.ts'
import type { Secrets } from '../secrets.ts'

/**
 * What follows an unsubscribe that has committed: the reader's open rows are skipped, and whoever wants to know is
 * told. Run twice it changes nothing. Ring 'outbox' where `told`.
 */
export async function followUnsubscribe(
  db: Db,
  secrets: Secrets,
  { newsletterId, subscriberId }: Readonly<{ newsletterId: Id; subscriberId: Id }>,
  now: Date,
): Promise<{ skipped: number; told: boolean }> {
  return db.transaction().execute(async (trx) => {
    const waiting = await lockWaitingUnsubscribes(trx, newsletterId, subscriberId)
    if (waiting.length === 0) return { skipped: 0, told: false }
    const skipped = await skipOpenDeliveries(trx, newsletterId, subscriberId)
    const state = await subscriptionState(trx, newsletterId, subscriberId)
    if (state === 'unsubscribed') await skipOpenWelcomes(trx, newsletterId, subscriberId)
    const told = await tell(trx, secrets, newsletterId, subscriberId, waiting.at(-1)?.source ?? '')
    await markUnsubscribesFollowed(
      trx,
      waiting.map((event) => event.id),
      now,
    )
    return { skipped, told }
  })
}

async function tell(
  trx: Trx,
  secrets: Secrets,
  newsletterId: Id,
  subscriberId: Id,
  source: string,
): Promise<boolean> {
  const subscriber = await subscriberById(trx, subscriberId)
  if (subscriber === null) return false
  return notify(trx, secrets, newsletterId, (newsletter) =>
    newsletter.notify_unsubscribes ? notice(newsletter, subscriber.address, source) : null,
  )
}

const WAYS: Record<string, { en: string; zh: string }> = {
  'one-click': { en: 'their mail program’s unsubscribe button', zh: '邮件客户端的退订按钮' },
  page: { en: 'the link in a mail', zh: '邮件中的退订链接' },
  mail: { en: 'a mail to the unsubscribe address', zh: '发送退订邮件' },
  command: { en: 'the command line', zh: '命令行' },
  complaint: { en: 'a complaint (“this is spam”)', zh: '举报垃圾邮件' },
  provider: { en: 'a button of the mail provider’s', zh: '邮件服务商的退订按钮' },
}

function notice(newsletter: { name: string; language: string }, address: string, source: string) {
  const way = WAYS[source] ?? { en: source, zh: source }
  return /^zh\b/i.test(newsletter.language)
    ? {
        subject: `有读者退订了《${newsletter.name}》`,
        lines: [`${address} 退订了《${newsletter.name}》，方式：${way.zh}。`, '您无需做任何事。'],
      }
    : {
        subject: `A reader left ${newsletter.name}`,
        lines: [`${address} left ${newsletter.name} by ${way.en}.`, 'There is nothing to do.'],
      }
}
