import type { Trx } from '../../db/client.ts'
import { findDeliveries, newestDeliveries } from '../../db/queries/feedback-facts.ts'
import { lockAddressHistories } from '../../db/queries/suppressions.ts'
import type { Facts } from './judge.ts'
import type { Reading } from './read.ts'

/** A provider that names an address alone means the newest mail to it, and none older than this. */
const NEWEST_MS = 30 * 86_400_000

/** What the database knows about each reading, in their order: four statements, however many there are. */
export async function factsOf(trx: Trx, readings: readonly Reading[], now: Date): Promise<Facts[]> {
  const keys = readings.flatMap(({ about }) => (about === null ? [] : [about]))
  const hashes = readings.flatMap(({ about, event }) =>
    about === null && event.proof === 'address' && event.addressHash ? [event.addressHash] : [],
  )
  const byKey = new Map(
    (await findDeliveries(trx, keys)).map((each) => [keyOf(each), each] as const),
  )
  const newest = await newestDeliveries(trx, hashes, new Date(now.getTime() - NEWEST_MS))
  const byHash = new Map(newest.map((each) => [each.addressHash.toString('hex'), each] as const))
  const deliveries = readings.map(({ about, event }) =>
    about === null
      ? (byHash.get(event.addressHash?.toString('hex') ?? '') ?? null)
      : (byKey.get(keyOf(about)) ?? null),
  )
  const mailed = deliveries.flatMap((each) => (each === null ? [] : [each.addressHash]))
  const histories = new Map(
    (await lockAddressHistories(trx, mailed)).map((each) => [
      each.addressHash.toString('hex'),
      each,
    ]),
  )
  return deliveries.map((delivery) => ({
    delivery,
    history: (delivery && histories.get(delivery.addressHash.toString('hex'))) ?? null,
  }))
}

function keyOf(key: { campaignId: string; subscriberId: string }): string {
  return `${key.campaignId} ${key.subscriberId}`
}
