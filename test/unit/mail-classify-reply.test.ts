import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { BOUNCE_REASONS, type BounceReason } from '../../src/mail/bounce-reason.ts'
import { classifyReply } from '../../src/mail/classify-reply.ts'

/** A reply to RCPT as it stands on the wire. */
function classify(wire: string, stage: 'mail' | 'rcpt' | 'data' | undefined = 'rcpt') {
  const [, code, enhanced, text = ''] = /^(\d{3})[ -]?([245]\.\d+\.\d+)? ?(.*)$/s.exec(wire) ?? []
  return classifyReply({ code: Number(code), enhanced: enhanced ?? null, text, stage })
}

const reasonOf = (wire: string, stage?: 'mail' | 'rcpt' | 'data') => classify(wire, stage).reason

const REPLIES: readonly (readonly [BounceReason, readonly string[]])[] = [
  [
    'unknown-user',
    [
      '550 5.1.1 <ada@far.test>: Recipient address rejected: User unknown in virtual mailbox table',
      '550 No such user here',
      '550 Invalid User',
      '550 5.1.1 The account that you tried to reach does not exist',
      '550 5.4.1 Recipient address rejected: Access denied. AS(201806281)',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound',
      '550 sorry, no mailbox here by that name (#5.1.1 - chkuser)',
      '550 该用户不存在',
      '550 5.1.1 Adresse inconnue',
      '550 5.1.1',
    ],
  ],
  ['unknown-host', ['550 5.1.2 Host unknown', '550 Unrouteable address']],
  ['accepts-no-mail', ['556 5.1.10 recipient domain has a null MX', '521 far.test']],
  ['moved', ['551 User has moved to <bob@far.test>', '550 5.1.6']],
  [
    'mailbox-full',
    [
      '452 4.2.2 Mailbox full',
      '552 5.2.2 Over quota',
      '550 Quota exceeded (mailbox for user is full)',
      '552 收件人空间不足',
    ],
  ],
  [
    'disabled',
    [
      '550 5.2.1 The account that you tried to reach is disabled',
      '550 User suspended',
      '550 mailbox is inactive',
      '550 is a deactivated mailbox',
    ],
  ],
  ['greylisted', ['450 4.2.0 <ada@far.test>: Recipient address rejected: Greylisted']],
  [
    'recipient-rate',
    [
      '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more',
      '550 Mailbox unavailable or access denied',
    ],
  ],
  ['too-large', ['552 5.3.4 Message size exceeds fixed limit', '552 message too large']],
  [
    'spam',
    [
      '550 5.7.1 Message was identified as spam',
      '554 DT:SPM 163 smtp7',
      '550 Mail content denied',
      '554 5.7.1 This looks like unsolicited mail',
    ],
  ],
  ['virus', ['554 5.7.1 A virus was found in this message']],
  [
    'reputation',
    [
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.dnsbl.test',
      '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints',
      "550 5.7.1 messages from [192.0.2.1] weren't sent: part of their network is on our block list",
      '550 User in blacklist',
    ],
  ],
  [
    'authentication',
    [
      '550 5.7.26 Unauthenticated email from weekly.test is not accepted due to DMARC policy',
      '550 SPF check failed',
      '550 5.7.515',
      '550 MI:DMA 163 smtp7',
    ],
  ],
  [
    'sender-dns',
    [
      '550 5.7.25 The sending address has no PTR record',
      '450 4.7.1 Client host rejected: cannot find your hostname',
    ],
  ],
  ['sender', ['553 5.1.8 Sender address rejected', '550 5.1.7 Invalid sender']],
  [
    'rate',
    [
      '421 Too many connections from your host',
      '550 Domain frequency limited',
      '550 RP:TRC 163 smtp7',
      '452 4.5.3 Too many recipients',
    ],
  ],
  ['relaying', ['550 5.7.1 Relaying denied', '554 5.7.1 Unable to relay for ada@far.test']],
  ['security', ['530 5.7.0 Must issue a STARTTLS command first', '535']],
  ['loop', ['554 5.4.6 Too many hops', '554 5.4.14 Hop count exceeded']],
  ['refused-by-recipient', ['550 mail is rejected by recipients']],
  ['policy', ['550 5.7.1 Access denied', '550 Administrative prohibition']],
  ['system-error', ['451 4.3.0 Temporary system problem', '421 Service unavailable']],
  ['unclear', ['550', '550 Xyzzy']],
]

describe('a reply to RCPT is', () => {
  for (const [reason, replies] of REPLIES) {
    it.each(replies)(`${reason}: %s`, (wire) => {
      expect(classify(wire)).toEqual({ type: BOUNCE_REASONS[reason], reason })
    })
  }
})

/** Answers to RCPT that sound like a dead address, and are about something else, or may pass. */
const NOT_DEAD: readonly string[] = [
  '550 5.1.1 unroutable sender address',
  '550 5.1.2 invalid domain in sender address',
  '550 this server does not accept mail from x.test',
  '550 Null sender is not allowed',
  '553 5.1.3 fully qualified email address required',
  '550 returned mail not accepted here',
  '550 5.1.1 rule imposed mailbox access for a@b.test: refused',
  '554 host does not accept mail from dynamic IPs',
  '550 mailbox does not accept mail from the Internet',
  '550 recipient does not accept mail from you',
  '550 5.1.1 user has insufficient space',
  '550 user over quota, unknown error',
  '550 unknown error',
  '550 unknown reason',
  '550 unknown recipient domain policy: rejected',
  '550 5.4.4 unable to route: dns lookup failure',
  '550 cannot resolve MX for sender domain',
  '550 invalid HELO domain',
  '550 5.1.8 domain of sender address x@y.test does not exist',
  '501 5.1.8 sender domain must exist',
  '550 Sender verify failed: no such user',
  '550 sender callout: 550 user unknown',
  '550 verification failed for <x@y.test>: The mail server could not deliver mail to x@y.test. The account or domain may not exist',
  '553 sorry, your envelope sender domain must exist (#5.7.1)',
  "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
  '550 5.1.1 account not available for this service: inactive',
  '550 user not active',
  '550 mailbox not active',
  '550 5.2.0 mailbox not available; try later',
  '550 Invalid recipient limit reached: too many invalid recipients',
  '550 too many unknown users',
  '421 too many invalid recipients',
  '550 Recipient not in whitelist',
  '550 recipient unknown to this filter, greylisted',
  '550 The recipient has not signed up',
  '550 not found: SPF record',
  '550 DNS record not found for sending host',
  '550 host not found for your IP',
  '550 no MX record for your domain',
  '550 domain has no MX or A record: sender rejected',
  '550 address list not allowed',
  '554 no valid recipients',
  '554 5.5.1 Error: no valid recipients',
  '503 5.5.1 valid RCPT command must precede DATA',
  '550 your domain does not exist in our whitelist',
  '550 No such domain for SPF',
  '550 5.7.1 Domain not found in DMARC policy',
  '550 the user does not want mail from you',
  '550 message id not found',
  '550 header From not found',
  '550 From: address does not exist',
  '550 Reply-To domain does not exist',
  '550 URL domain does not exist',
  '550 The address in the From header is invalid',
  '550 invalid address in header',
  '550 5.6.0 invalid recipient header',
  '550 mailing list does not exist for you; only members may post',
  '550 user moved to another server, temporarily unavailable',
  '550 mail for this domain is not accepted here',
  '550 domain not hosted here',
  '550 5.1.2 relaying to this domain denied',
  '550 This mailbox has been blocked due to inactivity',
  '550 account expired',
  '550 The account has been disabled by administrator',
  '550 account closed',
  '554 mailbox for a@b.test is over quota or does not exist',
  '550 5.1.1 temporary lookup failure',
  '550 5.1.1 LDAP lookup failure',
  '450 4.1.2 Recipient address rejected: Domain not found',
  '450 4.1.1 unknown user',
  '451 user unknown temporarily',
  '554 5.3.2 system not accepting network messages',
  '550 maximum mailbox size exceeded, unknown user',
  '550 no such file or directory',
  '550 User locked due to spam',
  '550 recipient rejected due to content',
  '550 Mail receiving disabled for spam sender',
  '550 5.1.10 sender has null MX',
  '550 all relevant MX records point to non-existent hosts (sender verify)',
  '550-Verification failed for <x@y.test> 550-No Such User Here 550 Sender verify failed',
  '550 authentication failed: user unknown',
  '535 5.7.8 invalid user name or password',
  '553 sorry, relay: user not found in locals',
  '550 host x.test not found in your SPF',
]

test.each(NOT_DEAD)('no reader is lost to: %s', (wire) => {
  expect(classify(wire).type).not.toBe('hard')
})

describe('doubt is never called hard', () => {
  test.each([
    ['a temporary code, whatever the words', '450 4.1.1 User unknown', 'rcpt'],
    ['words that speak of us too', '550 User unknown or blocked by our spam policy', 'rcpt'],
    ['a code that says policy', '550 5.7.1 Recipient rejected', 'rcpt'],
    ['the reader’s filter, which speaks once it has the mail', '550 User unknown', 'data'],
    ['what is said of the sender', '550 5.1.1 No such user', 'mail'],
    ['a sentence of which nobody says to what', '550 User unknown', undefined],
    ['a name of a host', '550 5.7.1 mx.user-unknown.test refuses', 'rcpt'],
    ['an address', '550 5.7.1 <nosuchuser@far.test> refused', 'rcpt'],
  ] as const)('%s', (_, wire, stage) => {
    const [, code, enhanced, text = ''] =
      /^(\d{3})(?: ([245]\.\d+\.\d+))?(?: (.*))?$/.exec(wire) ?? []
    const said = classifyReply({ code: Number(code), enhanced: enhanced ?? null, text, stage })
    expect(said.type).not.toBe('hard')
  })

  test('servers that look for the mailbox only once they have the mail have words of their own', () => {
    expect(reasonOf('552 1 Requested mail action aborted, mailbox not found', 'data')).toBe(
      'unknown-user',
    )
  })
})

test('Postfix and Exim say in words what a reply answered', () => {
  const text = 'User unknown (in reply to end of DATA command)'
  expect(classifyReply({ code: 550, enhanced: '5.1.1', text }).type).not.toBe('hard')
  const rcpt = 'User unknown (in reply to RCPT TO command)'
  expect(classifyReply({ code: 550, enhanced: null, text: rcpt }).type).toBe('hard')
})

test('every reason that a reply can have has a type, and blocks are the only ones that are our fault', () => {
  expect(Object.keys(BOUNCE_REASONS).length).toBeGreaterThanOrEqual(20)
  expect(new Set(Object.values(BOUNCE_REASONS))).toEqual(new Set(['hard', 'soft', 'block']))
})

test('the documentation has a line for every reason, with its type', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/feedback.md'), 'utf8')
  const lines = [...docs.matchAll(/^\| `([a-z-]+)` \| (hard|soft|block) \|/gm)]
  expect(Object.fromEntries(lines.map(([, reason, type]) => [reason, type]))).toEqual(
    BOUNCE_REASONS,
  )
})

test.each([
  [
    'Host or domain name not found. Name service error for name=far.test type=A: Host not found',
    'hard',
  ],
  ['Name service error for name=far.test type=MX: Host not found, try again', 'soft'],
  ['Host far.test unreachable', 'soft'],
  ['retry timeout exceeded', 'soft'],
  ['The destination server for this recipient could not be found in DNS', 'hard'],
  ['Mail server for domain not found (timeout)', 'soft'],
  ['no servers could be contacted: domain unknown error', 'soft'],
  ['an MX or SRV record indicated no SMTP service', 'hard'],
  ['lowest numbered MX record points to local host', 'soft'],
] as const)(
  'of a domain that is gone, and not of one that is silent, a relay says: %s',
  (text, type) => {
    expect(classifyReply({ code: null, enhanced: null, text }).type).toBe(type)
  },
)
