import { isIPv4, isIPv6 } from 'node:net'
import type { Db } from '../../db/client.ts'
import { createLimit, type Limit } from '../../db/limits.ts'

/** Asking for confirmations, from one network. */
const REQUESTS = { name: 'subscribe', points: 10, durationMs: 3_600_000 }

/** Shared by all processes through the database. */
export function createRequestLimit(db: Db): Limit {
  const limit = createLimit(db, REQUESTS)
  return { take: (networkAddress) => limit.take(networkOf(networkAddress)) }
}

/**
 * What counts as one network: an IPv4 address (one line's, or an office's), and of IPv6 the /64 that every line gets
 * whole. An IPv4 address written as IPv6 is the IPv4 address.
 */
export function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase()
  if (isIPv4(bare)) return bare
  if (!isIPv6(bare)) return 'unknown'
  const groups = ipv6Groups(bare)
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (mapped) {
    const [high = 0, low = 0] = groups.slice(6)
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** Eight numbers of a valid address. */
function ipv6Groups(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...octets: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = '', tail] = hex.split('::')
  const numbers = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const before = numbers(head)
  if (tail === undefined) return before
  const after = numbers(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
