import { BlockList, isIP } from 'node:net'
import { RateLimiterMemory } from 'rate-limiter-flexible'

export type Peers = Readonly<{
  /** Counts a connection; false: the peer has enough of them. */
  enter(sessionId: string, peer: string): boolean
  leave(sessionId: string, peer: string): void
  /** Counts a mail; false: enough for this minute. */
  mayPost(peer: string): Promise<boolean>
  /** The same for a mail to a name that everybody knows, rather than to a token. */
  mayName(peer: string): Promise<boolean>
}>

/** Of the 50 connections one peer may hold so many, so that it cannot shut out the others. */
const CONNECTIONS_EACH = 20
const MINUTE_SECONDS = 60
const NAMED_A_MINUTE = 60

const own = new BlockList()
own.addSubnet('127.0.0.0', 8, 'ipv4')
own.addAddress('::1', 'ipv6')

/** A relay of our own on this machine brings everything there is. */
export function isLoopback(peer: string): boolean {
  const family = isIP(peer)
  return family !== 0 && own.check(peer, family === 6 ? 'ipv6' : 'ipv4')
}

/** What each client may ask of this process. In memory: it protects the process, not the fleet. */
export function createPeers(mailsAMinute: number): Peers {
  const connections = new Map<string, Set<string>>()
  const duration = MINUTE_SECONDS
  const posted = new RateLimiterMemory({ points: mailsAMinute, duration })
  const named = new RateLimiterMemory({ points: NAMED_A_MINUTE, duration })
  const mayTake = async (limit: RateLimiterMemory, peer: string) => {
    if (isLoopback(peer)) return true
    return limit.consume(peer).then(
      () => true,
      () => false,
    )
  }
  return {
    enter(sessionId, peer) {
      if (isLoopback(peer)) return true
      const sessions = connections.get(peer) ?? new Set()
      if (sessions.size >= CONNECTIONS_EACH) return false
      connections.set(peer, sessions.add(sessionId))
      return true
    },
    leave(sessionId, peer) {
      const sessions = connections.get(peer)
      sessions?.delete(sessionId)
      if (sessions?.size === 0) connections.delete(peer)
    },
    mayPost: (peer) => mayTake(posted, peer),
    mayName: (peer) => mayTake(named, peer),
  }
}

/** An IPv4 address as such, however the socket writes it. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

/** As a configuration names it. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopback(host)
}
