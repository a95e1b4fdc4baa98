import type { Trx } from '../../db/client.ts'
import { findDeliveries } from '../../db/queries/feedback-facts.ts'
import { lockAddressHistories } from '../../db/queries/suppressions.ts'
import type { Facts } from './judge.ts'
import type { Reading } from './read.ts'

/** What the database knows about each reading, in their order: three statements, however many there are. */
export async function factsOf(trx: Trx, readings: readonly Reading[]): Promise<Facts[]> {
  const keys = readings.flatMap(({ about }) => (about === null ? [] : [about]))
  const found = await findDeliveries(trx, keys)
  const byKey = new Map(found.map((each) => [keyOf(each), each] as const))
  const mailed = found.map(({ addressHash }) => addressHash)
  const histories = await lockAddressHistories(trx, mailed)
  const byHash = new Map(histories.map((each) => [each.addressHash.toString('hex'), each] as const))
  return readings.map(({ about }) => {
    const delivery = about === null ? null : (byKey.get(keyOf(about)) ?? null)
    const history = delivery && byHash.get(delivery.addressHash.toString('hex'))
    return { delivery, history: history ?? null }
  })
}

function keyOf(key: { campaignId: string; subscriberId: string }): string {
  return `${key.campaignId} ${key.subscriberId}`
}
