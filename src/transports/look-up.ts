import { Resolver } from 'node:dns/promises'
import type { Db } from '../../db/client.ts'
import { storeHosts, takeDomainsToAsk } from '../../db/queries/providers.ts'
import { isReservedDomain } from '../mail/address.ts'
import { hostOf } from './providers.ts'

/** A domain's MX hosts; none where it has none. Rejects where nobody knows just now. */
export type ResolveMx = (domain: string) => Promise<string[]>

const AT_ONCE = 50
const TIMEOUT_MS = 3_000
const TRIES = 2

/** Asks the DNS servers of this machine. */
export function createMxResolver(): ResolveMx {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  return async (domain) => {
    try {
      return (await resolver.resolveMx(domain)).map(({ exchange }) => exchange)
    } catch (error) {
      // There is no such domain, or it has no MX: an answer too.
      if (/^(ENOTFOUND|ENODATA)$/.test(String((error as { code?: unknown }).code))) return []
      throw error
    }
  }
}

/**
 * Asks DNS about domains of readers, apart from any claim; what it says is kept for a week, and where it says nothing it
 * is asked again in an hour.
 * @returns how many it asked about
 */
export async function lookUpProviders(db: Db, resolveMx: ResolveMx): Promise<number> {
  const domains = await takeDomainsToAsk(db, AT_ONCE)
  const answers = await Promise.all(domains.map((domain) => lookUp(domain, resolveMx)))
  const known = answers.filter((answer) => answer !== null)
  if (known.length > 0) await storeHosts(db, known)
  return domains.length
}

async function lookUp(domain: string, resolveMx: ResolveMx) {
  // Nobody has those, and nobody is to be asked.
  if (isReservedDomain(domain)) return { domain, host: domain }
  try {
    return { domain, host: hostOf(domain, await resolveMx(domain)) }
  } catch {
    return null
  }
}
