import { BlockList, isIP } from 'node:net'
import { PostriderError } from '../errors.ts'

export type ClientAddress = (peer: string | null, forwardedFor: string | undefined) => string

/**
 * Whose request it is: the socket's own address, unless that is one of ours. Then X-Forwarded-For is read from its
 * end, where our proxies write, and the first address that is none of them is the client's; what stands before it
 * anybody could have written.
 * @param trusted addresses and networks (10.0.0.0/8)
 * @throws PostriderError bad-configuration
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList()
  for (const entry of trusted) addTrusted(proxies, entry)
  const isProxy = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return (peer, forwardedFor) => {
    let client = plain(peer ?? '')
    if (isIP(client) === 0) return 'unknown'
    const hops = (forwardedFor ?? '').split(',').map((hop) => plain(hop.trim()))
    while (isProxy(client)) {
      const hop = hops.pop()
      if (hop === undefined || isIP(hop) === 0) break
      client = hop
    }
    return client
  }
}

function addTrusted(proxies: BlockList, entry: string): void {
  const [address = '', prefix, ...rest] = entry.split('/')
  const version = isIP(address)
  const bits = prefix === undefined ? (version === 6 ? 128 : 32) : Number(prefix)
  const isPrefix = Number.isInteger(bits) && bits >= 0 && bits <= (version === 6 ? 128 : 32)
  if (version === 0 || !isPrefix || rest.length > 0 || prefix === '') {
    throw new PostriderError(
      'bad-configuration',
      `TRUSTED_PROXIES: "${entry}" is no address or network such as 10.0.0.1 or 10.0.0.0/8`,
    )
  }
  proxies.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4')
}

/** An IPv4 address as such, however the socket or a proxy writes it. */
function plain(address: string): string {
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/%.*$/, '')
  const ipv4 = bare.replace(/^::ffff:(?=\d+\.)/i, '')
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(ipv4) ? ipv4.replace(/:\d+$/, '') : ipv4
}
