import { describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../db/types.ts'
import { bounceTypeOf, judgeBounce } from '../../src/suppression/policy.ts'

const proof = {
  source: 'door',
  action: 'failed',
  status: '5.1.1',
  deliveryState: 'accepted',
} as const

describe('a bounce', () => {
  it('suppresses when a report says that an accepted delivery failed for good, for the address', () => {
    for (const status of ['5.1.0', '5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10']) {
      expect(judgeBounce({ ...proof, status })).toEqual({ verdict: 'suppress' })
    }
  })

  it('suppresses when a rejection in the session said so', () => {
    expect(
      judgeBounce({ ...proof, source: 'session', action: null, deliveryState: 'rejected' }),
    ).toEqual({ verdict: 'suppress' })
  })

  it.each([
    [{ status: '5.2.2' }, 'status 5.2.2 is not 5.1.x'],
    [{ status: '5.7.1' }, 'status 5.7.1 is not 5.1.x'],
    [{ status: '4.1.1' }, 'status 4.1.1 is not 5.1.x'],
    [{ status: '5.11.1' }, 'status 5.11.1 is not 5.1.x'],
    [{ status: '5.1.7' }, 'status 5.1.7 is about the sender'],
    [{ status: '5.1.8' }, 'status 5.1.8 is about the sender'],
    [{ status: null }, 'no status'],
    [{ action: 'delayed' }, 'action delayed is not failed'],
    [{ action: 'delivered' }, 'action delivered is not failed'],
    [{ action: null }, 'the report names no action'],
    [{ deliveryState: null }, 'no such delivery'],
    [{ source: 'session', action: null } as const, 'delivery is accepted, not rejected'],
  ] as const)('is held: %j', (change, because) => {
    expect(judgeBounce({ ...proof, ...change })).toEqual({ verdict: 'hold', because })
  })

  it('is held for every state of a delivery that was not accepted, but for one still on its way', () => {
    const states: DeliveryState[] = [
      'queued',
      'deferred',
      'rejected',
      'failed',
      'skipped',
      'uncertain',
      'cancelled',
    ]
    for (const deliveryState of states) {
      expect(judgeBounce({ ...proof, deliveryState })).toEqual({
        verdict: 'hold',
        because: `delivery is ${deliveryState}, not accepted`,
      })
    }
    expect(judgeBounce({ ...proof, deliveryState: 'sending' })).toEqual({ verdict: 'wait' })
  })

  it('has a type that says whose fault it is', () => {
    expect(bounceTypeOf('5.1.1', 'failed')).toBe('hard')
    expect(bounceTypeOf('5.1.8', 'failed')).toBe(null)
    expect(bounceTypeOf('5.2.2', 'failed')).toBe('soft')
    expect(bounceTypeOf('4.4.1', 'failed')).toBe('soft')
    expect(bounceTypeOf('5.1.1', 'delayed')).toBe('soft')
    expect(bounceTypeOf('5.7.1', 'failed')).toBe('block')
    expect(bounceTypeOf(null, 'failed')).toBe(null)
  })
})
