import { getDomain } from 'tldts'
import type { MailAuth } from '../../db/types.ts'
import { parseAddress } from '../mail/address.ts'
import { headOf } from '../mail/head.ts'

/** Header fields, unfolded, the first of each name; names in lower case. */
export type Head = ReadonlyMap<string, string>

/** Without what follows the first empty line. */
export function readHead(raw: Buffer): Head {
  const head = new Map<string, string>()
  const unfolded = headOf(raw).head.replace(/\r?\n[ \t]+/g, ' ')
  for (const line of unfolded.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:\s]+)[ \t]*:(.*)$/.exec(line) ?? []
    const folded = name.toLowerCase()
    // RFC 5322 3.6: From stands once. Of two nobody knows which one was signed.
    if (folded === 'from' && head.has(folded)) head.set(folded, '')
    else if (folded !== '' && !head.has(folded)) head.set(folded, value.trim())
  }
  return head
}

/** Who says to have written it; null unless it is one address. */
export function fromOf(head: Head): { address: string; domain: string } | null {
  const value = (head.get('from') ?? '').replace(/"(?:[^"\\]|\\.)*"/g, '')
  const inBrackets = [...value.matchAll(/<([^<>]*)>/g)].map((match) => match[1] ?? '')
  if (inBrackets.length > 1) return null
  const parsed = parseAddress((inBrackets[0] ?? value).trim())
  return parsed.ok ? { address: parsed.value.address, domain: parsed.value.domain } : null
}

/** As DMARC aligns them, relaxed (RFC 7489 3.1.1): below one domain that somebody has registered. */
export function fits(proven: string, from: string): boolean {
  const [a, b] = [proven.toLowerCase(), from.toLowerCase()]
  const registered = registeredDomain(a)
  return a === b || (registered !== null && registered === registeredDomain(b))
}

/** null: a public suffix, below which everybody has their own. */
const registeredDomain = (domain: string) => getDomain(domain, { allowPrivateDomains: true })

export function isSignedBySender(head: Head, auth: MailAuth | null): boolean {
  const from = fromOf(head)
  if (from === null || auth === null) return false
  return auth.dkim.some(({ result, domain }) => result === 'pass' && fits(domain, from.domain))
}

/** SPF or DKIM says that the domain of From sent it. */
export function isFromSender(from: { domain: string }, auth: MailAuth | null): boolean {
  if (auth === null) return false
  const proven = [...auth.dkim, ...(auth.spf === null ? [] : [auth.spf])]
  return proven.some(({ result, domain }) => result === 'pass' && fits(domain, from.domain))
}
