import type { fetchSafely } from '../../fetch-safely.ts'

export type Certificates = Readonly<{
  /** PEM; null: not to be had just now. */
  get(url: string, now: Date): Promise<string | null>
}>

/** Providers change theirs every few months, and name the new one by another address. */
const KEPT_MS = 86_400_000
const KEPT = 20
const MAX_BYTES = 20_000
const TIMEOUT_MS = 5_000

/** What stands at an address that was found to be the provider's own; asked for once a day. */
export function createCertificates(fetch: typeof fetchSafely): Certificates {
  const known = new Map<string, { pem: string; at: Date }>()
  return {
    async get(url, now) {
      const kept = known.get(url)
      if (kept && now.getTime() - kept.at.getTime() < KEPT_MS) return kept.pem
      const got = await fetch(url, {
        ...{ maxRedirects: 0, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS },
      })
      if (got.outcome !== 'ok' || got.status !== 200) return null
      const pem = got.body.toString('utf8')
      const [oldest] = known.keys()
      if (known.size >= KEPT && oldest !== undefined) known.delete(oldest)
      known.set(url, { pem, at: now })
      return pem
    },
  }
}
