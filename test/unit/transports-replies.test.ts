import { describe, expect, test } from 'vitest'
import { readReply } from '../../src/mail/reply.ts'
import { hostOf, KNOWN_DOMAINS, PROFILES } from '../../src/transports/providers.ts'
import { readingOf, secondsAsked } from '../../src/transports/reading.ts'
import { OURS, RULES } from '../../src/transports/reply-rules.ts'

const read = (wire: string, provider: string | null) => readingOf(readReply(wire), provider)

/** Provider, rule, what it says, and whether the message is tried again. */
const ASKED_FOR_LESS: [string, string, string, boolean][] = [
  ['google', 'unusual rate', '421 4.7.0 Mail arrives at an unusual rate from you', true],
  ['google', 'suspicious', '550 5.7.1 Our system has detected that this message is odd', false],
  ['google', 'rate of address or domain', '421 4.7.28 Too much of it from this netblock', true],
  ['yahoo', 'TS02', '421 4.7.0 [TS02] Messages from here are put off', true],
  ['yahoo', 'TS03', '421 4.7.1 [TS03] All of them are put off', true],
  ['yahoo', 'TS04', '421 4.7.0 [TSS04] Put off for complaints', true],
  ['yahoo', 'TSS05', '421 4.7.0 [IPTS05] Put off for long', true],
  ['yahoo', 'block list', '553 5.7.1 [BL21] Connections not taken', false],
  ['outlook', 'block list', '550 5.7.1 part of their network is on our block list', false],
  ['outlook', 'rate limited', '451 4.7.500 Your address has been temporarily rate limited', true],
  ['outlook', 'connections', '421 You exceeded the maximum number of connections', true],
  ['outlook', 'busy', '451 4.3.2 Server busy', true],
  ['outlook', 'rate', '451 4.7.650 The mail server is limited for a while', true],
  ['outlook', 'reputation', '550 5.7.1 Refused for what is known of it. S3150', false],
  ['apple', 'HCM1', '421 4.7.1 [HCM1] Not so fast', true],
  ['apple', 'unavailable', '451 4.7.1 Service unavailable', true],
  ['apple', 'block list', '554 5.7.1 refused, see Spamhaus DBL', false],
  ['qq', 'frequency', '550 Ip frequency limited', true],
  ['qq', 'content', '550 Mail content denied', false],
  ['qq', 'too fast', '550 Mailbox unavailable or access denied', true],
  ['netease', 'spam, for now', '451 DT:SPM mx-1, put off', true],
  ['netease', 'connections', '421 Too many connections', true],
  ['netease', 'spam', '554 DT:SPM mx-1, refused', false],
  ['netease', 'daily limit', '550 RP:ORQ enough for today', true],
  ['gmx', 'connections', '421 Too many connections', true],
  ['gmx', 'policy', '554 5.7.0 Refused by policy restrictions', false],
  ['orange', 'connections', '421 Trop de connexions', true],
  ['orange', 'refused', '421 Service refuse', true],
  ['corp.example', 'deferred for an address', '451 4.7.1 192.0.2.1 temporarily deferred', true],
  ['corp.example', 'reputation', '450 rate limited due to IP reputation', true],
  ['corp.example', 'busy', '451 Server busy. Please try again later', true],
  ['corp.example', 'too many', '451 4.7.0 Too many messages from you', true],
  ['corp.example', 'rate', '450 4.7.1 You are sending too fast', true],
]

test.each(ASKED_FOR_LESS)('%s asks for less, by its rule "%s": %s', (who, name, wire, repeats) => {
  expect(read(wire, who)).toMatchObject({ about: 'pace', rule: { name, repeats } })
})

test('each rule has a test, and is one that can be acted upon', () => {
  const tested = new Set(ASKED_FOR_LESS.map(([who, name]) => `${who} ${name}`))
  for (const { provider, name, times, slow } of RULES) {
    expect(tested).toContain(`${provider ?? 'corp.example'} ${name}`)
    expect(times).toBeGreaterThan(0)
    expect(slow.minutes).toBeGreaterThan(0)
  }
})

test.each([
  ['google', '421 4.7.23 no PTR', 'PTR'],
  ['google', '550 5.7.25 no PTR', 'PTR'],
  ['google', '550 5.7.27 SPF', 'SPF'],
  ['google', '421 4.7.24 SPF', 'SPF'],
  ['google', '550 5.7.26 not authenticated', 'authenticated'],
  ['google', '421 4.7.29 no TLS', 'TLS'],
  ['google', '550 5.7.30 DKIM', 'DKIM'],
  ['google', '421 4.7.31 no DMARC', 'DMARC'],
  ['google', '550 5.7.40 no DMARC', 'DMARC'],
  ['google', '421 4.7.32 not aligned', 'aligned'],
  ['outlook', '550 5.7.515 Access denied', 'Microsoft'],
  ['microsoft365', '550 5.7.515 Access denied', 'Microsoft'],
  [null, '550 5.7.26 not authenticated. 41be03b00d2f7-si123 - gsmtp', 'authenticated'],
])('%s blames us and no reader: %s', (who, wire, mend) => {
  expect(read(wire, who)).toEqual({ about: 'us', mend: expect.stringContaining(mend) })
  expect(OURS.some((each) => each.mend.includes(mend))).toBe(true)
})

test.each([
  ['google', '550 5.1.1 No such user'],
  ['google', '552 5.2.2 Over quota'],
  ['google', '452 4.2.2 Over quota'],
  ['corp.example', '451 4.7.1 Greylisted, try again in 300 seconds'],
  ['corp.example', '550 5.7.1 Not wanted here'],
  // What one provider means by its words says nothing of another's.
  ['corp.example', '550 Mailbox unavailable or access denied'],
  ['corp.example', '550 5.7.26 whatever they mean by it'],
  ['yahoo', '550 5.2.1 disabled'],
])('%s speaks of that reader or message: %s', (who, wire) => {
  expect(read(wire, who)).toEqual({ about: 'delivery' })
})

test('a mailbox that receives too fast is no disabled one', () => {
  expect(read('550 5.2.1 Gets mail too quickly', 'google')).toEqual({ about: 'later' })
})

test('a provider that nobody has looked up is known by what only it says', () => {
  expect(read('421 4.7.0 [TS03] put off', null)).toMatchObject({ rule: { provider: 'yahoo' } })
  expect(read('421 RP-001 slow down', null)).toMatchObject({ rule: { provider: 'outlook' } })
})

describe('a domain’s provider', () => {
  test.each([
    [['aspmx.l.google.com', 'alt1.aspmx.l.google.com.'], 'google'],
    [['mta5.am0.yahoodns.net'], 'yahoo'],
    [['hotmail-com.olc.protection.outlook.com'], 'outlook'],
    [['corp-example.mail.protection.outlook.com'], 'microsoft365'],
    [['corp-example.a-v1.mx.microsoft'], 'microsoft365'],
    [['MX01.mail.ICLOUD.com'], 'apple'],
    [['mxbiz1.qq.com', 'mxbiz2.qq.com'], 'qq'],
    [['hzmx01.mxmail.netease.com'], 'netease'],
    [['mx00.gmx.net', 'mx01.web.de'], 'gmx'],
    [['smtp-in.orange.fr'], 'orange'],
    [['mx1.mail.yahoo.co.jp'], 'yahoo-japan'],
    [['mx1h1.comcast.net'], 'comcast'],
    [['eu-smtp-inbound-1.mimecast.com'], 'mimecast'],
    // Nobody's profile: whose name they are all under; a suffix must be a whole one.
    [['in1-smtp.messaging.example', 'in2-smtp.messaging.example'], 'messaging.example'],
    [['mx.notgoogle.com'], 'notgoogle.com'],
    [['mx1.host.co.uk', 'mx2.host.co.uk'], 'host.co.uk'],
    // Not every host: then the domain by itself.
    [['aspmx.l.google.com', 'mx.corp.example'], 'corp.example'],
    [[], 'corp.example'],
  ])('%j → %s', (hosts, provider) => {
    expect(hostOf('corp.example', hosts)).toBe(provider)
  })

  test('is known without DNS for the large ones, one for each domain', () => {
    const domains = KNOWN_DOMAINS.map(({ domain }) => domain)
    expect(new Set(domains).size).toBe(domains.length)
    expect(KNOWN_DOMAINS).toContainEqual({ domain: 'gmail.com', host: 'google' })
    expect(new Set(PROFILES.map(({ name }) => name)).size).toBe(PROFILES.length)
  })
})

test('hears how long to wait, in whatever unit', () => {
  expect(secondsAsked('try again in 5 min')).toBe(300)
  expect(secondsAsked('Please retry in 2 hours')).toBe(7200)
  expect(secondsAsked('in 300 seconds we close')).toBeNull()
})
