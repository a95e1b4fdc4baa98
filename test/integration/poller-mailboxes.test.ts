import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type MailboxConfig, parseMailboxes } from '../../src/config-intake.ts'
import { recordInbound } from '../../src/feedback/record.ts'
import { connectImap } from '../../src/inbound/imap.ts'
import { type Pollers, startPollers } from '../../src/inbound/pollers.ts'
import { connectMailbox } from '../../src/inbound/pop3-poll.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createLog } from '../../src/log.ts'
import { bounceLocalPart, unsubscribeLocalPart } from '../../src/mail/token-address.ts'
import { createSecrets } from '../../src/secrets.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { eventually } from '../support/eventually.ts'
import { postrider } from '../support/processes.ts'
import { describeWith } from '../support/programs.ts'
import { scratchFolder } from '../support/test-server.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const foreign = createSecrets(parseKeys(newKeys(), 'test'))
const day = Math.floor(Date.now() / 86_400_000)
const token = (subscriberId: string, keys = secrets, on = day) =>
  `${bounceLocalPart(keys, { campaignId: '7', subscriberId, day: on })}@bounces.test`
const leave = () =>
  `${unsubscribeLocalPart(secrets, { newsletterId: '9', subscriberId: '5' })}@bounces.test`

/** The certificate's other name for this machine: the name resolver knows that it is loopback, we do not. */
const HOST = '127.1'

let database: TestDatabase
let dovecot: Dovecot
const pollers: Pollers[] = []
let user: string
let rung: string[] = []

describeWith('dovecot', 'a mailbox that is polled', () => {
  beforeAll(async () => {
    database = await testDatabase()
    dovecot = await startDovecot()
  })
  afterAll(async () => {
    await dovecot?.stop()
    await database.drop()
  })
  beforeEach(() => {
    user = `box-${randomBytes(4).toString('hex')}`
    rung = []
  })
  afterEach(async () => {
    await Promise.all(pollers.splice(0).map((each) => each.close()))
    await database.db.deleteFrom('feedback_events').execute()
    await database.db.deleteFrom('evidence').execute()
  })

  const imap = (query = '', scheme: 'imap' | 'imaps' = 'imaps') =>
    mailboxOf(`${scheme}://${user}:secret@localhost:${dovecot[scheme]}?name=${user}${query}`)
  const pop3 = (query = '') =>
    mailboxOf(`pop3s://${user}:secret@localhost:${dovecot.pop3s}?name=${user}${query}`)

  it('gives up its mails with valid tokens, wherever they stand, and keeps all others', async () => {
    await deliver(`Delivered-To: ${token('1')}`, 'one')
    await deliver(`Delivered-To: ${user}@far.test\r\nX-Original-To: ${token('2')}`, 'two')
    await deliver(`To: Somebody <${token('3').toUpperCase()}>,\r\n ${leave()}`, 'three')
    await deliver(`To: ${token('4', foreign)}`, 'of other keys')
    await deliver(`To: ${token('5', secrets, day - 31)}`, 'too old')
    await deliver(`To: ${token('6').replace('bounces.test', 'elsewhere.test')}`, 'elsewhere')
    await deliver('To: editor@far.test', 'a letter')
    poll(imap())
    await eventually(async () => expect(await kept()).toHaveLength(4))
    expect((await kept()).map(({ kind, subscriber_id }) => [kind, subscriber_id])).toEqual([
      ['other', '1'],
      ['other', '2'],
      ['other', '3'],
      ['unsubscribe', '5'],
    ])
    expect(await kept()).toMatchObject([
      { source: 'mailbox', origin: user, sent_to: 'bounce', tokens: 1, campaign_id: '7' },
      {},
      {},
      { sent_to: 'unsubscribe', newsletter_id: '9' },
    ])
    await eventually(async () => expect(await dovecot.count(user, 'Postrider')).toBe(3))
    await eventually(async () => expect(await dovecot.count(user)).toBe(4))
    expect(rung).toHaveLength(4)
  })

  it('gives up a report that bears no token too, since it may return our Message-ID', async () => {
    await deliver('Return-Path: <>\r\nTo: editor@far.test', 'bounced')
    await deliver('To: editor@far.test\r\nContent-Type: multipart/report; boundary=x', 'report')
    poll(imap('&then=delete'), null)
    await eventually(async () => expect(await dovecot.count(user)).toBe(0))
    expect(await kept()).toMatchObject([
      { kind: 'other', sent_to: 'mailbox', campaign_id: null },
      { kind: 'other', sent_to: 'mailbox' },
    ])
  })

  it.each(['imap', 'pop3'] as const)('hands on every octet as it came, by %s', async (protocol) => {
    const octets = Buffer.concat([
      Buffer.from(`Subject: =?gb18030?B?vNLN6w==?=\r\nTo: ${token('1')}\r\n\r\n`),
      Buffer.from([0xcd, 0xcb, 0xd0, 0xc5, 0x0d, 0x0a]),
      Buffer.from('.\r\n..\r\n.leading\r\n\r\n.\r\nlast\r\n'),
    ])
    await dovecot.deliver(user, octets)
    poll(protocol === 'imap' ? imap() : pop3())
    await eventually(async () => expect(await kept()).toHaveLength(1))
    const { raw } = await database.db.selectFrom('evidence').select('raw').executeTakeFirstOrThrow()
    expect(raw.equals(octets)).toBe(true)
  })

  it('by POP3 loses what was taken, keeps the rest, and is not asked for that again', async () => {
    for (let n = 0; n < 5; n++) await deliver('To: editor@far.test', `letter ${n}`)
    await deliver(`To: ${token('1')}`, 'bounce')
    poll(pop3())
    await eventually(async () => expect(await dovecot.count(user)).toBe(5))
    expect(await kept()).toHaveLength(1)
    const left = () =>
      database.db.selectFrom('mailbox_left').select('uid').where('mailbox', '=', user).execute()
    await eventually(async () => expect(await left()).toHaveLength(5))
  })

  it('is told of a new mail by IDLE, long before the next look', async () => {
    poll(imap('', 'imap'))
    await eventually(async () => expect(await polledAt()).not.toBeNull())
    await deliver(`To: ${token('1')}`, 'fresh')
    // A look without news comes after five minutes.
    await eventually(async () => expect(await kept()).toHaveLength(1), { timeoutMs: 20_000 })
  })

  it('counts a mail once that was recorded by a process which died before it took it away', async () => {
    const mail = mailOf(`To: ${token('1')}`, 'seen before')
    await dovecot.deliver(user, mail)
    const bounce = { kind: 'bounce', campaignId: '7', subscriberId: '1' } as const
    const arrival = { source: 'mailbox', origin: user } as const
    await recordInbound(database.db, Buffer.from(mail), [bounce], arrival)
    poll(imap('&then=delete'))
    await eventually(async () => expect(await dovecot.count(user)).toBe(0))
    expect(await kept()).toHaveLength(1)
    expect(await database.db.selectFrom('evidence').select('id').execute()).toHaveLength(1)
  })

  it('counts a mail without Message-ID and Date once too, by its place in the mailbox', async () => {
    await dovecot.deliver(user, `To: ${token('1')}\r\n\r\nbare\r\n`)
    await dovecot.deliver(user, `To: ${token('1')}\r\n\r\nbare\r\n`)
    poll(imap('&then=delete'))
    await eventually(async () => expect(await dovecot.count(user)).toBe(0))
    // Two mails that look alike are two.
    expect(await kept()).toHaveLength(2)
  })

  it('survives that its server goes away and comes back', async () => {
    poll(imap())
    await eventually(async () => expect(await polledAt()).not.toBeNull())
    await dovecot.restart()
    await deliver(`To: ${token('1')}`, 'after')
    await eventually(async () => expect(await kept()).toHaveLength(1))
  })

  it('is looked through by one process at a time, and by the next when that one ends', async () => {
    const first = poll(imap())
    await eventually(async () => expect(await polledAt()).not.toBeNull())
    poll(imap())
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from pg_locks
      where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())`.execute(
      database.db,
    )
    expect(rows).toEqual([{ n: 1 }])
    await first.close()
    await deliver(`To: ${token('1')}`, 'for the second')
    await eventually(async () => expect(await kept()).toHaveLength(1))
  })

  it('with thousands of old mails is looked through once: what was looked at is not asked for again', async () => {
    for (let n = 0; n < 2_500; n++) await deliver('To: editor@far.test', `old ${n}`)
    await deliver(`To: ${token('1')}`, 'among them')
    const first = poll(imap())
    await eventually(async () => expect(await polledAt()).not.toBeNull(), { timeoutMs: 60_000 })
    expect(await kept()).toHaveLength(1)
    await first.close()
    const progress = await database.db
      .selectFrom('mailboxes')
      .select('last_uid')
      .where('name', '=', user)
      .executeTakeFirstOrThrow()
    expect(progress.last_uid).toBe('2501')
  }, 90_000)

  it('speaks STARTTLS and STLS where they are offered, checks the certificate, and sends no login without', async () => {
    // Not this machine by name, so that nothing may go in the clear.
    const [plainImap, plainPop3] = [
      { ...imap('', 'imap'), host: HOST },
      { ...pop3(), implicitTls: false, port: dovecot.pop3, host: HOST },
    ]
    await deliver('To: editor@far.test', 'a letter')
    const client = await connectImap(plainImap)
    expect(client.secureConnection).toBe(true)
    client.close()
    const session = await connectMailbox(plainPop3)
    expect((await session.uidl()).size).toBe(1)
    session.close()
    await expect(connectImap({ ...plainImap, caFile: null })).rejects.toThrow(/self-signed/)
    await expect(connectMailbox({ ...plainPop3, caFile: null })).rejects.toThrow(/self-signed/)
  })

  it('logs in by XOAUTH2 with the token that the file holds just then', async () => {
    const folder = await scratchFolder('token')
    const file = join(folder, 'token')
    const mailbox = mailboxOf(
      `imaps://${user}@localhost:${dovecot.imaps}?name=${user}&token-file=${file}`,
    )
    await expect(connectImap(mailbox)).rejects.toThrow(/cannot read the token/)
    await writeFile(file, 'token-of-nobody-we-know-and-old\n')
    await expect(connectImap(mailbox)).rejects.toThrow(/login is refused/)
    await writeFile(file, `token-of-${user}\n`)
    await deliver(`To: ${token('1')}`, 'by token')
    poll(mailbox)
    await eventually(async () => expect(await kept()).toHaveLength(1))
    await rm(folder, { recursive: true })
  })

  it('says in `mailbox test` what each can, and changes nothing', async () => {
    await deliver(`To: ${token('1')}`, 'stays')
    const query = `?ca=${dovecot.caFile}`
    const urls = [
      `imaps://${user}:secret@localhost:${dovecot.imaps}${query}&name=one`,
      `pop3s://${user}:secret@localhost:${dovecot.pop3s}${query}&name=two`,
      `imaps://${user}:secret@localhost:1${query}&name=three`,
    ]
    const ran = await postrider(['mailbox', 'test'], { MAILBOX_URLS: urls.join(' ') })
    expect(ran.code).toBe(1)
    expect(ran.last).toMatchObject({
      mailboxes: [
        { name: 'one', ok: true, mails: 1, isEncrypted: true },
        { name: 'two', ok: true, mails: 1, isEncrypted: true },
        { name: 'three', ok: false, words: expect.stringContaining('cannot connect') },
      ],
    })
    expect(await dovecot.count(user)).toBe(1)
    expect(await dovecot.count(user, 'Postrider')).toBe(0)
    const none = await postrider(['mailbox', 'test'], {})
    expect([none.code, none.last.error]).toMatchObject([1, { code: 'bad-configuration' }])
  })

  it('says what is in the way: a wrong login, a certificate that nobody knows', async () => {
    const wrong = mailboxOf(
      `imaps://${user}:wrong@localhost:${dovecot.imaps}?name=${user}&ca=${dovecot.caFile}`,
    )
    await expect(connectImap(wrong)).rejects.toThrow(/login is refused/)
    const wrongPop3 = { ...pop3(), login: { password: 'wrong' } }
    await expect(connectMailbox(wrongPop3)).rejects.toThrow(/login is refused/)
    await expect(connectImap({ ...imap(), caFile: null })).rejects.toThrow(/self-signed/)
    await expect(connectMailbox({ ...pop3(), caFile: null })).rejects.toThrow(/self-signed/)
    poll(wrong)
    await eventually(async () => {
      const row = await database.db
        .selectFrom('mailboxes')
        .select('problem')
        .where('name', '=', user)
        .executeTakeFirst()
      expect(row?.problem).toMatch(/login is refused/)
    })
  })
})

function mailboxOf(url: string): MailboxConfig {
  const [mailbox] = parseMailboxes(url.includes('ca=') ? url : `${url}&ca=${dovecot.caFile}`)
  if (!mailbox) throw new Error('no mailbox')
  return mailbox
}

function poll(mailbox: MailboxConfig, domain: string | null = 'bounces.test'): Pollers {
  const poller = startPollers(
    {
      ...{ db: database.db, secrets, domain, log: createLog('test', 'silent') },
      ring: async (_name, payload) => void rung.push(JSON.stringify(payload)),
    },
    [mailbox],
  )
  pollers.push(poller)
  return poller
}

let mails = 0

function mailOf(headers: string, subject: string): string {
  mails += 1
  return [
    'From: Mail Delivery System <mailer-daemon@far.test>',
    headers,
    `Subject: ${subject}`,
    `Message-ID: <${mails}-${user}@far.test>`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    '',
    'Text.',
    '',
  ].join('\r\n')
}

const deliver = (headers: string, subject: string) =>
  dovecot.deliver(user, mailOf(headers, subject))

const kept = () => database.db.selectFrom('feedback_events').selectAll().orderBy('id').execute()

async function polledAt(): Promise<Date | null> {
  const row = await database.db
    .selectFrom('mailboxes')
    .select('polled_at')
    .where('name', '=', user)
    .executeTakeFirst()
  return row?.polled_at ?? null
}
