import { Resolver } from 'node:dns/promises'
import type { MailAuth, MailEnvelope } from '../../db/types.ts'
import { headOf } from '../mail/head.ts'
import { isPublicAddress } from '../public-address.ts'

/** Asks DNS, as node:dns/promises does. */
export type AskDns = (name: string, type: string) => Promise<unknown>

export type Authenticate = (raw: Buffer, envelope: MailEnvelope | null) => Promise<MailAuth>

/** Each signature costs a question to DNS and a look at the whole mail; honest mail bears two or three. */
const MAX_SIGNATURES = 10
const DNS_TIMEOUT_MS = 2_000
const TIMEOUT_MS = 10_000

/**
 * Who sent a mail, as far as DNS proves it. SPF only where the peer was somebody outside: what a relay of ours brings
 * tells nothing of its sender by its address. A mail without an answer within ten seconds proves nothing.
 * @param ask in place of the system's name servers
 */
export function createAuthenticate(ask: AskDns = askSystem()): Authenticate {
  return async (raw, envelope) => {
    const peer = envelope?.peer ?? null
    const isOutside = peer !== null && isPublicAddress(peer)
    if (!isCheap(raw)) return { spf: null, dkim: [] }
    // 25 MB that a worker needs only where such a mail comes.
    const { authenticate } = await import('mailauth')
    const checking = authenticate(raw, {
      ...{ disableArc: true, disableDmarc: true, disableBimi: true, mta: 'postrider' },
      ...(isOutside && envelope ? { ip: peer, helo: envelope.helo, sender: envelope.from } : {}),
      resolver: ask as never,
    })
    const { spf, dkim } = await within(TIMEOUT_MS, checking)
    return {
      spf: isOutside && spf ? { result: spf.status.result, domain: spf.domain } : null,
      dkim: dkim.results.flatMap((each) =>
        each.signingDomain
          ? [{ result: each.status.result, domain: each.signingDomain.toLowerCase() }]
          : [],
      ),
    }
  }
}

function askSystem(): AskDns {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  return (name, type) => resolver.resolve(name, type)
}

/** mailauth unfolds whatever header there is. */
function isCheap(raw: Buffer): boolean {
  const { head, isWhole } = headOf(raw)
  return isWhole && (head.match(/^dkim-signature\s*:/gim)?.length ?? 0) <= MAX_SIGNATURES
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`DNS gave no answer in ${timeoutMs} ms`)), timeoutMs)
  })
  work.catch(() => {})
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
