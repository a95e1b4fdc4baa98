import { describe, expect, it, test } from 'vitest'
import { fits, fromOf, readHead } from '../../src/feedback/sender.ts'

test.each([
  ['far.test', 'far.test', true],
  ['mail.far.test', 'far.test', true],
  ['far.test', 'news.far.test', true],
  ['a.far.test', 'b.far.test', true],
  ['Far.Test', 'far.test', true],
  ['notfar.test', 'far.test', false],
  ['far.test.evil.test', 'far.test', false],
  ['test', 'far.test', false],
  ['evil.co.uk', 'good.co.uk', false],
  ['evil.co.uk', 'co.uk', false],
  ['evil.github.io', 'good.github.io', false],
])('a proof of %s for a sender of %s: %s', (proven, from, fit) => {
  expect(fits(proven, from)).toBe(fit)
})

describe('the sender that a mail names', () => {
  const from = (...lines: string[]) =>
    fromOf(readHead(Buffer.from(`${lines.join('\r\n')}\r\n\r\nFrom: x@y.test`)))
  it('is the one address of From, however it is written and folded', () => {
    expect(from('From: ada@far.test')?.address).toBe('ada@far.test')
    expect(from('From: "Ada <bob@x.test>"', ' <ada@Far.Test>')).toEqual({
      ...{ address: 'ada@far.test', domain: 'far.test' },
    })
  })
  it('is nobody where there is none, or more than one, or none that can be', () => {
    expect(from('Subject: no sender')).toBeNull()
    expect(from('From: A <a@far.test>, B <b@far.test>')).toBeNull()
    expect(from('From: a@far.test, b@far.test')).toBeNull()
    expect(from('From: somebody')).toBeNull()
  })
  it('is nobody where From stands twice: who knows which one was signed', () => {
    expect(from('From: ada@far.test', 'From: eve@far.test')).toBeNull()
  })
})
