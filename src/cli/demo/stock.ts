import PostalMime from 'postal-mime'
import { acceptedReaders } from '../../../db/queries/deliveries-reader.ts'
import type { Id } from '../../../db/types.ts'
import type { CaughtMessage } from '../../catcher/store.ts'
import { PostriderError } from '../../errors.ts'
import { openMessageId } from '../../mail/token-address.ts'
import { count } from '../format.ts'
import type { Runtime } from '../runtime.ts'
import { caughtIn, headerOf } from './caught.ts'

/**
 * Holds the ledgers against what the catcher has on disk, by recipient and Message-ID: one mail for each accepted
 * delivery, and no other.
 * @returns how many there are
 * @throws PostriderError wrong-state
 */
export async function compareCaught(
  { db, secrets }: Runtime,
  catcherDir: string,
  campaignIds: readonly Id[],
): Promise<number> {
  const accepted = await Promise.all(
    campaignIds.map(async (campaignId) => {
      const readers = await acceptedReaders(db, campaignId)
      return readers.map(({ subscriberId, address }) => nameOf(campaignId, subscriberId, address))
    }),
  )
  const issues = (await caughtIn(catcherDir)).filter(({ from }) => from.startsWith('b-'))
  const caught = await Promise.all(
    issues.map(async (mail) => {
      const ids = openMessageId(secrets, await messageIdIn(mail))
      return nameOf(ids?.campaignId ?? '?', ids?.subscriberId ?? '?', mail.to)
    }),
  )
  refuseDifference(accepted.flat(), caught)
  return caught.length
}

const nameOf = (campaignId: Id, subscriberId: Id, address: string) =>
  `campaign ${campaignId} to ${address} (${subscriberId})`

async function messageIdIn(mail: CaughtMessage): Promise<string> {
  return headerOf(await PostalMime.parse(await mail.raw()), 'Message-ID')
}

function refuseDifference(accepted: readonly string[], caught: readonly string[]): void {
  const lacking = without(accepted, caught)
  const beyond = without(caught, accepted)
  if (lacking.length === 0 && beyond.length === 0) return
  throw new PostriderError(
    'wrong-state',
    `${count(accepted.length, 'delivery', 'deliveries')} accepted and ${count(caught.length, 'mail')} caught; lacking: ${lacking[0] ?? 'none'}; beyond: ${beyond[0] ?? 'none'}`,
  )
}

/** What is in `all` more often than in `some`. */
function without(all: readonly string[], some: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const name of some) counts.set(name, (counts.get(name) ?? 0) + 1)
  return all.filter((name) => {
    const rest = counts.get(name) ?? 0
    counts.set(name, rest - 1)
    return rest <= 0
  })
}
