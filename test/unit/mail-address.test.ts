import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isReservedDomain, parseAddress } from '../../src/mail/address.ts'

describe('an address', () => {
  test.each([
    ['Ada@Example.ORG', 'Ada@example.org', 'ada@example.org', 'example.org'],
    [' li@bücher.example ', 'li@xn--bcher-kva.example', 'li@xn--bcher-kva.example', null],
    ['a&b/c@x.example', 'a&b/c@x.example', 'a&b/c@x.example', 'x.example'],
    ['李@例子.中国', null, null, null],
    ['li@例子.中国', 'li@xn--fsqu00a.xn--fiqs8s', 'li@xn--fsqu00a.xn--fiqs8s', null],
    ['root@localhost', 'root@localhost', 'root@localhost', 'localhost'],
    ['a@x.example.', 'a@x.example', 'a@x.example', 'x.example'],
  ])('%s is kept as it is mailed and found by its key', (text, address, key, domain) => {
    const parsed = parseAddress(text)
    if (address === null) return expect(parsed.ok).toBe(false)
    expect(parsed).toMatchObject({ ok: true, value: { address, key } })
    if (domain && parsed.ok) expect(parsed.value.domain).toBe(domain)
  })

  test.each([
    'a\r\nRCPT TO:<b@x.example>@x.example',
    'a@x.example\n',
    'a\u0000@x.example',
    'a@x.example>',
    '<a@x.example>',
    'a b@x.example',
    'a@@x.example',
    '@x.example',
    'a@',
    'a',
    '',
    '.a@x.example',
    'a..b@x.example',
    'a@x',
    'a@127.0.0.1',
    'a@2130706433',
    '"a b"@x.example',
    'a@x.example, b@x.example',
    `${'a'.repeat(65)}@x.example`,
    `a@${'x'.repeat(64)}.example`,
    `a@${'x.'.repeat(130)}example`,
  ])('%j is refused with a reason that repeats nothing of it', (text) => {
    const parsed = parseAddress(text)
    expect(parsed.ok).toBe(false)
    if (!parsed.ok) expect(parsed.why).not.toContain('x.example')
  })

  test('whatever is accepted fits between < and > of a command and is read the same again', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.emailAddress(), fc.string(), fc.string({ unit: 'binary' })),
        (text) => {
          const parsed = parseAddress(text)
          if (!parsed.ok) return
          expect(parsed.value.address).toMatch(/^[\x21-\x3b\x3d\x3f-\x7e]{3,254}$/)
          expect(parseAddress(parsed.value.address)).toEqual(parsed)
          expect(parseAddress(parsed.value.address.toUpperCase())).toMatchObject({
            value: { key: parsed.value.key },
          })
        },
      ),
    )
  })
})

test('only domains that nobody can own are reserved', () => {
  const yes = [
    'x.test',
    'TEST',
    'a.example',
    'b.invalid',
    'example.com',
    'm.example.net',
    'localhost',
  ]
  const no = ['example.de', 'contest', 'x.test.com', 'myexample.com', 'example.com.cn']
  expect(yes.map(isReservedDomain)).toEqual(yes.map(() => true))
  expect(no.map(isReservedDomain)).toEqual(no.map(() => false))
})
