import type { Db } from '../../db/client.ts'
import { endTransportRestOf, upsertTransport } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import type { TransportConfig } from '../config.ts'

/** The row that pace and health of a configured way out are kept in; its rate is the configuration's from now on. */
export async function registerTransport(
  db: Db,
  config: Pick<TransportConfig, 'name' | 'kind' | 'ratePerSecond'>,
): Promise<{ id: Id }> {
  const { name, kind, ratePerSecond } = config
  return { id: await upsertTransport(db, { name, kind, ratePerSecond }) }
}

/** An editor who resumes a campaign does not want to wait until its transport has rested. */
export async function wakeTransport(db: Db, campaignId: Id): Promise<void> {
  await endTransportRestOf(db, campaignId)
}
