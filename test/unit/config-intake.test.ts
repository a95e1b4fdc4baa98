import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'

const mailboxesOf = (urls: string) => loadConfig({ MAILBOX_URLS: urls }).mailboxes

it('reads mailboxes with their logins, and what becomes of their mail', () => {
  expect(
    mailboxesOf('imaps://a%40far.example:p%3Aw@imap.far.example pop3://b:x@127.0.0.1:1110'),
  ).toEqual([
    {
      ...{ name: 'a@far.example@imap.far.example', protocol: 'imap', host: 'imap.far.example' },
      ...{ port: 993, implicitTls: true, user: 'a@far.example', login: { password: 'p:w' } },
      ...{ folder: 'INBOX', moveTo: 'Postrider', caFile: null },
    },
    {
      ...{ name: 'b@127.0.0.1', protocol: 'pop3', host: '127.0.0.1', port: 1110, caFile: null },
      ...{ implicitTls: false, user: 'b', login: { password: 'x' }, folder: 'INBOX', moveTo: null },
    },
  ])
  const url = 'imap://a:b@h.example/Bounces/In?then=move:Done&name=box'
  expect(mailboxesOf(url)).toMatchObject([
    { name: 'box', folder: 'Bounces/In', moveTo: 'Done', port: 143, implicitTls: false },
  ])
  expect(mailboxesOf('imaps://a@h.example?token-file=/run/token&then=delete')).toMatchObject([
    { login: { tokenFile: '/run/token' }, moveTo: null },
  ])
})

it.each([
  ['http://a:b@h.example', 'entry 1 is no imaps://'],
  ['imaps://h.example', 'lacks a host or a user'],
  ['imaps://a@h.example', 'lacks a password'],
  ['imaps://a:b@h.example pop3s://a:b@h.example', 'twice'],
  ['pop3s://a:b@h.example?then=move:x', 'no delete'],
  ['imaps://a:b@h.example?then=keep', 'neither move:FOLDER nor delete'],
  ['imaps://a:b@h.example/INBOX?then=move:INBOX', 'the folder that it comes from'],
  ['imaps://a:b@h.example?then=move:inbox', 'the folder that it comes from'],
  ['imaps://a:b@h.example/Postrider', 'the folder that it comes from'],
])('refuses %s, and repeats no password', (urls, why) => {
  expect(() => mailboxesOf(urls)).toThrow(why)
  expect(() => mailboxesOf(urls.replace(':b@', ':hunter2@'))).not.toThrow('hunter2')
})

it('wants a domain for the door, and a way in for a domain', () => {
  expect(() => loadConfig({ INBOUND_LMTP_LISTEN: '2600' })).toThrow('INBOUND_DOMAIN')
  expect(() => loadConfig({ INBOUND_DOMAIN: 'b.example' })).toThrow('INBOUND_LISTEN')
  const box = { MAILBOX_URLS: 'imaps://a:b@h.example' }
  expect(loadConfig({ ...box, INBOUND_DOMAIN: 'b.example' }).inbound).toMatchObject({
    ...{ domain: 'b.example', listen: null, lmtp: null },
  })
  expect(loadConfig(box).inbound).toBeNull()
  const half = { INBOUND_DOMAIN: 'b.example', INBOUND_LISTEN: '25', INBOUND_TLS_CERT: '/c.pem' }
  expect(() => loadConfig(half)).toThrow('INBOUND_TLS_KEY')
})

it('takes secrets of 128 bits, several of them, and none that is weaker', () => {
  const [hex, base64] = [randomBytes(16).toString('hex'), randomBytes(17).toString('base64url')]
  const { webhooks } = loadConfig({ WEBHOOK_POSTMARK_SECRET: `${hex}, ${base64}` })
  expect(webhooks.postmark).toEqual([hex, base64])
  expect(webhooks.brevo).toEqual([])
  for (const weak of ['secret', hex.slice(1), 'a'.repeat(40), '1'.repeat(38), 'p w', `${hex}/`]) {
    expect(() => loadConfig({ WEBHOOK_BREVO_SECRET: weak })).toThrow('WEBHOOK_BREVO_SECRET')
  }
})

it.each([
  ['WEBHOOK_SES_TOPICS', 'arn:aws:s3:::bucket'],
  ['WEBHOOK_SENDGRID_KEY', 'SG.not-a-public-key'],
  ['WEBHOOK_MAILGUN_KEY', 'short'],
  ['WEBHOOK_RESEND_SECRET', 'whsec_c2hvcnQ='],
  ['WEBHOOK_GENERIC_SECRET', randomBytes(32).toString('base64')],
  ['WEBHOOK_ALIYUN_ACCOUNT', 'account-of-mine'],
])('refuses what cannot be right in %s, and does not repeat it', (name, value) => {
  expect(() => loadConfig({ [name]: value })).toThrow(name)
  expect(() => loadConfig({ [name]: value })).not.toThrow(value)
})
