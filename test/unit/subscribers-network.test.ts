import { describe, expect, it } from 'vitest'
import { createClientAddress } from '../../src/http/client-address.ts'
import { networkOf } from '../../src/subscribers/network.ts'

describe('what counts as one network', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
    ['', 'unknown'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

describe('whose request it is', () => {
  const trusting = createClientAddress(['10.0.0.0/8', '127.0.0.1', 'fd00::/8'])

  it("is the socket's, whatever a header says, where no proxy is trusted", () => {
    expect(createClientAddress([])('192.0.2.1', '203.0.113.9')).toBe('192.0.2.1')
    expect(trusting('192.0.2.1', '203.0.113.9')).toBe('192.0.2.1')
  })

  it('is the last address before our own proxies, and none that stands before it', () => {
    expect(trusting('127.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
    expect(trusting('::ffff:127.0.0.1', '198.51.100.1, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
    expect(trusting('fd00::1', '2001:db8::5')).toBe('2001:db8::5')
    expect(trusting('10.0.0.1', '203.0.113.9:4711')).toBe('203.0.113.9')
  })

  it("is the proxy's where its header says nothing of use", () => {
    expect(trusting('10.0.0.1', undefined)).toBe('10.0.0.1')
    expect(trusting('10.0.0.1', 'for=somebody')).toBe('10.0.0.1')
    expect(trusting(null, '203.0.113.9')).toBe('unknown')
  })

  it.each(['10.0.0.0/33', '10.0.0.0/', 'proxy.example', '10.0.0.0/8/8', '::/129'])(
    'refuses %s as a trusted proxy',
    (entry) => {
      expect(() => createClientAddress([entry])).toThrow(/TRUSTED_PROXIES/)
    },
  )
})
