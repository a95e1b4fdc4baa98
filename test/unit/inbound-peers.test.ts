import { expect, it } from 'vitest'
import { createPeers, isLoopback, plainAddress } from '../../src/inbound/peers.ts'

it('lets one client hold twenty connections, and the next one when one of them is gone', () => {
  const peers = createPeers(100)
  const enter = (n: number) => peers.enter(`session-${n}`, '203.0.113.5')
  expect(Array.from({ length: 20 }, (_, n) => enter(n)).every(Boolean)).toBe(true)
  expect(enter(20)).toBe(false)
  expect(peers.enter('other', '203.0.113.6')).toBe(true)
  peers.leave('session-3', '203.0.113.5')
  expect(enter(21)).toBe(true)
  expect(enter(22)).toBe(false)
})

it('lets one client bring so many mails a minute, and fewer to names that everybody knows', async () => {
  const peers = createPeers(100)
  const count = async (may: (peer: string) => Promise<boolean>, peer: string) => {
    let taken = 0
    for (let n = 0; n < 150; n++) if (await may(peer)) taken += 1
    return taken
  }
  expect(await count(peers.mayPost, '203.0.113.5')).toBe(100)
  expect(await count(peers.mayName, '203.0.113.5')).toBe(60)
  expect(await count(peers.mayPost, '203.0.113.6')).toBe(100)
  // A relay of our own brings everything there is.
  expect(await count(peers.mayPost, '127.0.0.1')).toBe(150)
})

it('knows this machine however its address is written', () => {
  expect(isLoopback(plainAddress('::ffff:127.0.0.1'))).toBe(true)
  expect(isLoopback('::1')).toBe(true)
  expect(isLoopback('203.0.113.5')).toBe(false)
  expect(isLoopback('localhost.evil.example')).toBe(false)
})
