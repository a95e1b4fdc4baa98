import type { Db } from '../../db/client.ts'
import { endTransportRestOf, upsertTransport } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { NO_LIMITS, type ProviderLimits, type TransportConfig } from '../config-transport.ts'
import { registerProviders } from './register-providers.ts'

/** The row that pace and health of a configured way out are kept in; its rate is the configuration's from now on. */
export async function registerTransport(
  db: Db,
  config: Pick<TransportConfig, 'name' | 'kind' | 'ratePerSecond' | 'limits'>,
  overrides: ProviderLimits = {},
): Promise<{ id: Id }> {
  const { name, kind, ratePerSecond, limits = NO_LIMITS } = config
  const { idempotency, direct, ...values } = limits
  const idempotentSeconds = idempotency?.seconds ?? null
  const id = await upsertTransport(db, { name, kind, ratePerSecond, ...values, idempotentSeconds })
  await registerProviders(db, id, { direct, overrides })
  return { id }
}

/** An editor who resumes a campaign does not want to wait until its transport has rested. */
export async function wakeTransport(db: Db, campaignId: Id): Promise<void> {
  await endTransportRestOf(db, campaignId)
}
