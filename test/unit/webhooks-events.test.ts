import { expect, it } from 'vitest'
import type { WebhookProvider } from '../../src/config-intake.ts'
import { readPost } from '../../src/feedback/parse/webhooks/providers.ts'

const events = (provider: WebhookProvider, said: unknown) =>
  readPost(provider, Buffer.from(JSON.stringify(said)))
const one = (provider: WebhookProvider, said: unknown) => events(provider, said)?.[0] ?? null
const ses = (message: unknown) => ({
  ...{ Type: 'Notification', MessageId: 'm', TopicArn: 't', SigningCertURL: 'u' },
  Message: JSON.stringify(message),
})
const sesBounce = (bounceType: string, bounceSubType: string, recipient: object = {}) =>
  ses({
    eventType: 'Bounce',
    bounce: {
      ...{ bounceType, bounceSubType, feedbackId: 'f' },
      bouncedRecipients: [{ emailAddress: 'Ada@Far.test', ...recipient }],
    },
    mail: { messageId: 'x' },
  })

it.each([
  ['its own word alone', sesBounce('Permanent', 'NoEmail'), 'hard', 'unknown-user'],
  [
    'a wall that it calls permanent',
    sesBounce('Permanent', 'General', {
      status: '5.7.1',
      diagnosticCode: 'smtp; 550 5.7.1 message rejected due to the reputation of your IP address',
    }),
    'block',
    'reputation',
  ],
  [
    'a full mailbox that it calls permanent',
    sesBounce('Permanent', 'General', {
      status: '5.2.2',
      diagnosticCode: 'smtp; 552 5.2.2 over quota',
    }),
    'soft',
    'mailbox-full',
  ],
  [
    'what says nothing',
    sesBounce('Permanent', 'General', { diagnosticCode: 'smtp; 550 no' }),
    'soft',
    'unclear',
  ],
  ['its own list', sesBounce('Permanent', 'OnAccountSuppressionList'), 'soft', 'unclear'],
  ['a full mailbox', sesBounce('Transient', 'MailboxFull'), 'soft', 'mailbox-full'],
  ['content', sesBounce('Transient', 'ContentRejected'), 'block', 'content'],
  ['what it cannot tell', sesBounce('Undetermined', 'Undetermined'), 'soft', 'unclear'],
] as const)('says of SES with %s whose fault it is', (_, said, type, reason) => {
  expect(one('ses', said)).toMatchObject({
    kind: 'bounce',
    recipient: 'ada@far.test',
    type,
    reason,
  })
})

it('never calls hard what a provider and a server do not both call so', () => {
  const text = '550 5.1.1 no such user'
  expect(
    one('sendgrid', [{ event: 'bounce', type: 'blocked', status: '5.1.1', reason: text }]),
  ).toMatchObject({ type: 'soft' })
  expect(
    one('sparkpost', [
      { msys: { message_event: { type: 'bounce', bounce_class: '22', raw_reason: text } } },
    ]),
  ).toMatchObject({ type: 'soft', reason: 'mailbox-full' })
  expect(
    one('tencent', { event: 'bounce', bounceType: 'soft_bounce', reason: text }),
  ).toMatchObject({ type: 'soft' })
  expect(
    one('mailjet', {
      event: 'bounce',
      hard_bounce: true,
      error_related_to: 'policy',
      error: 'policy issue',
    }),
  ).toMatchObject({ type: 'block', reason: 'policy' })
  expect(
    one('mailjet', { event: 'bounce', hard_bounce: true, error: 'mailbox inactive' }),
  ).toMatchObject({ type: 'soft', reason: 'disabled' })
  expect(
    one('brevo', { event: 'hard_bounce', reason: '554 5.7.1 blocked, listed by a blocklist' }),
  ).toMatchObject({ type: 'block' })
  expect(
    one('mailgun', {
      'event-data': {
        event: 'failed',
        severity: 'permanent',
        reason: 'old',
        'delivery-status': { code: 498 },
      },
    }),
  ).toMatchObject({ type: 'soft', reason: 'expired' })
})

it.each([
  [
    'ses',
    ses({
      notificationType: 'Complaint',
      complaint: {
        complainedRecipients: [{ emailAddress: 'a@b.test' }],
        complaintFeedbackType: 'not-spam',
      },
    }),
    'not-spam',
  ],
  [
    'ses',
    ses({
      notificationType: 'Complaint',
      complaint: { complainedRecipients: [{ emailAddress: 'a@b.test' }] },
    }),
    null,
  ],
  ['postmark', { RecordType: 'SpamComplaint', Email: 'a@b.test' }, 'abuse'],
  ['sendgrid', [{ event: 'spamreport', email: 'a@b.test' }], 'abuse'],
  ['mailgun', { 'event-data': { event: 'complained', recipient: 'a@b.test' } }, 'abuse'],
  ['resend', { type: 'email.complained', data: { to: ['a@b.test'] } }, 'abuse'],
  ['brevo', { event: 'spam', email: 'a@b.test' }, 'abuse'],
  [
    'sparkpost',
    [{ msys: { message_event: { type: 'spam_complaint', fbtype: 'Fraud', rcpt_to: 'a@b.test' } } }],
    'fraud',
  ],
  ['mailjet', { event: 'spam', email: 'a@b.test' }, 'abuse'],
  ['aliyun', { type: 'dm:Feedback:FblReport', data: { rcpt: 'a@b.test' } }, 'abuse'],
  ['tencent', { event: 'spamreport', email: 'a@b.test' }, 'abuse'],
  [
    'generic',
    { event: 'complaint', email: 'a@b.test', feedback_type: 'auth-failure' },
    'auth-failure',
  ],
] as const)('reads a complaint from %s, of its kind', (provider, said, feedbackType) => {
  expect(one(provider, said)).toMatchObject({
    kind: 'complaint',
    recipient: 'a@b.test',
    feedbackType,
  })
})

it.each([
  [
    'postmark',
    {
      RecordType: 'SubscriptionChange',
      Recipient: 'a@b.test',
      SuppressSending: true,
      SuppressionReason: 'ManualSuppression',
    },
  ],
  ['sendgrid', [{ event: 'group_unsubscribe', email: 'a@b.test' }]],
  ['sendgrid', [{ event: 'dropped', reason: 'Unsubscribed Address', email: 'a@b.test' }]],
  ['mailgun', { 'event-data': { event: 'unsubscribed', recipient: 'a@b.test' } }],
  ['brevo', { event: 'unsubscribed', email: 'a@b.test' }],
  [
    'sparkpost',
    [{ msys: { unsubscribe_event: { type: 'list_unsubscribe', rcpt_to: 'a@b.test' } } }],
  ],
  ['mailjet', { event: 'unsub', email: 'a@b.test' }],
  ['aliyun', { type: 'dm:Feedback:UnSubscribe', data: { rcpt: 'a@b.test' } }],
  ['tencent', { event: 'unsubscribe', email: 'a@b.test' }],
] as const)('reads from %s who has left', (provider, said) => {
  expect(one(provider, said)).toMatchObject({ kind: 'unsubscribe', recipient: 'a@b.test' })
})

it('leaves out what is not the end of a mail, and takes pings and unknown events without a word', () => {
  const open = (event: string) => [{ event, email: 'a@b.test' }]
  for (const event of ['processed', 'deferred', 'open', 'click', 'group_resubscribe', 'new']) {
    expect(events('sendgrid', open(event))).toEqual([])
  }
  expect(events('ses', ses({ eventType: 'DeliveryDelay', deliveryDelay: {} }))).toEqual([])
  expect(events('sparkpost', [{ msys: {} }])).toEqual([])
  expect(events('postmark', { RecordType: 'Open', Recipient: 'a@b.test' })).toEqual([])
  expect(events('mailgun', { 'event-data': { event: 'failed', severity: 'temporary' } })).toEqual(
    [],
  )
  expect(events('resend', { type: 'contact.created', data: {} })).toEqual([])
})

it('does not say who complained where the provider itself does not know', () => {
  const complainedRecipients = ['a@b.test', 'c@b.test'].map((emailAddress) => ({ emailAddress }))
  const hidden = events(
    'ses',
    ses({ notificationType: 'Complaint', complaint: { complainedRecipients } }),
  )
  expect(hidden?.map(({ kind }) => kind)).toEqual(['other', 'other'])
  expect(
    one('resend', {
      type: 'email.bounced',
      data: { to: ['a@b.test', 'c@b.test'], bounce: { type: 'Permanent' } },
    }),
  ).toMatchObject({ recipient: null })
})

it.each([
  'ses',
  'postmark',
  'sendgrid',
  'mailgun',
  'resend',
  'brevo',
  'sparkpost',
  'mailjet',
  'aliyun',
  'tencent',
  'generic',
] as const)('survives whatever stands in a post of %s', (provider) => {
  const strange = [
    '',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '[null]',
    '[[[]]]',
    '{"data":null}',
    '{"event-data":[]}',
    '[{"msys":null}]',
    '{"Message":"{"}',
    '{"event":{"a":1},"email":["x"]}',
    '\u0000',
    '{"__proto__":{"event":"spam"}}',
  ]
  for (const text of strange) {
    const read = readPost(provider, Buffer.from(text))
    expect(read === null || Array.isArray(read)).toBe(true)
  }
})

it('masks addresses in what servers say', () => {
  const said = {
    event: 'bounce',
    bounceType: 'hard_bounce',
    reason: '550 5.1.1 <ada@far.test> unknown user',
  }
  expect(one('tencent', said)?.diagnostic).toBe('550 5.1.1 <a***@far.test> unknown user')
})
