import type { Db } from '../../db/client.ts'
import { setProviderLimits } from '../../db/queries/pace.ts'
import { noteKnownDomains, upsertProviders } from '../../db/queries/providers.ts'
import type { Id } from '../../db/types.ts'
import type { ProviderLimits } from '../config-transport.ts'
import { KNOWN_DOMAINS, PROFILES } from './providers.ts'

/**
 * Puts the profiles where prepare and claims find them, and sets what this transport may do with each: an operator's
 * numbers, else a profile's starting values where nothing stands between us and the provider.
 */
export async function registerProviders(
  db: Db,
  transportId: Id,
  { direct, overrides }: Readonly<{ direct: boolean; overrides: ProviderLimits }>,
): Promise<void> {
  const names = [...new Set([...PROFILES.map(({ name }) => name), ...Object.keys(overrides)])]
  const ids = await upsertProviders(db, names)
  await noteKnownDomains(db, KNOWN_DOMAINS)
  const limits = names.flatMap((name) => {
    const profile = direct ? PROFILES.find((each) => each.name === name) : undefined
    const { inFlight = profile?.inFlight ?? null, perSecond = profile?.perSecond ?? null } =
      overrides[name] ?? {}
    const providerId = ids.get(name)
    if (providerId === undefined || (inFlight === null && perSecond === null)) return []
    return [{ providerId, inFlight, ratePerSecond: perSecond }]
  })
  await setProviderLimits(db, transportId, limits)
}
