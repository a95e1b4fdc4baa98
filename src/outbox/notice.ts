import type { Trx } from '../../db/client.ts'
import { newsletterById } from '../../db/queries/newsletters.ts'
import type { Id } from '../../db/types.ts'
import { parseAddress } from '../mail/address.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import type { Secrets } from '../secrets.ts'
import { enqueueMail } from './enqueue.ts'

/** What telling by mail needs: the outbox keeps addresses as hashes too. */
export type Teller = Pick<Secrets, 'addressHash'>
export type Notice = Readonly<{ subject: string; lines: string[] }>

/**
 * Tells a newsletter's notify address, if it has one: in the transaction of what is told, so that it is told once.
 * @param write null: there is nothing to tell after all
 * @returns whether a mail was written: ring 'outbox' after the commit
 */
export async function notify(
  trx: Trx,
  teller: Teller,
  newsletterId: Id,
  write: (newsletter: Newsletter, isChinese: boolean) => Promise<Notice | null> | Notice | null,
): Promise<boolean> {
  const newsletter = await newsletterById(trx, newsletterId)
  const to = newsletter?.notify_address ? parseAddress(newsletter.notify_address) : null
  if (newsletter === null || !to?.ok) return false
  const notice = await write(newsletter, /^zh\b/i.test(newsletter.language))
  if (notice === null) return false
  const { address, key } = to.value
  await enqueueMail(trx, {
    ...{ kind: 'notice', newsletterId, address, addressHash: teller.addressHash(key) },
    payload: {
      language: newsletter.language,
      ...{ subject: notice.subject.slice(0, 500), lines: notice.lines },
    },
  })
  return true
}
