import { BlockList, isIP } from 'node:net'

// IANA's registries of special-purpose addresses (RFC 6890 and what came since).
const NOT_PUBLIC_4: readonly (readonly [net: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carriers' NAT
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local; clouds' metadata
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Within 2000::/3, which alone is given out: mapped, NAT64 (64:ff9b), local and multicast forms all lie outside it. */
const NOT_PUBLIC_6: readonly (readonly [net: string, bits: number])[] = [
  ['2001::', 23], // protocols' own, Teredo (2001::/32) and ORCHID among them
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4 wraps an IPv4 address
  ['3fff::', 20],
]

const unicast6 = new BlockList()
unicast6.addSubnet('2000::', 3, 'ipv6')
const special6 = new BlockList()
for (const [net, bits] of NOT_PUBLIC_6) special6.addSubnet(net, bits, 'ipv6')
const special4 = new BlockList()
for (const [net, bits] of NOT_PUBLIC_4) special4.addSubnet(net, bits, 'ipv4')

/** Whether the address is one that anybody on the internet could reach; false also for what is no address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4')
    case 6:
      // A zone makes it local.
      return (
        !address.includes('%') &&
        unicast6.check(address, 'ipv6') &&
        !special6.check(address, 'ipv6')
      )
    default:
      return false
  }
}
