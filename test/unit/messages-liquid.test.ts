import { afterEach, expect, it, vi } from 'vitest'
import { compileMerge } from '../../src/messages/liquid.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('fills a value also where the machine stood still for seconds in the middle of it', () => {
  const fill = compileMerge('{{ subscriber.first_name | default: "reader" }}')
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 2_000
    return now
  })
  const values = { newsletter: { name: 'The Weekly' }, issue: { title: 'First' } }
  expect(fill({ ...values, subscriber: { first_name: 'Ada' } })).toBe('Ada')
  expect(fill({ ...values, subscriber: {} })).toBe('reader')
})
