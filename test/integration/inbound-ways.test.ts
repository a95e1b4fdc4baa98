import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createTransport } from 'nodemailer'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refusalLines } from '../../db/queries/refusals.ts'
import type { Id } from '../../db/types.ts'
import { packagePath } from '../../src/config.ts'
import { createRefusals } from '../../src/feedback/refusals.ts'
import { type Door, type DoorDeps, startDoor } from '../../src/inbound/door.ts'
import { startInbound } from '../../src/inbound/main.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createLog } from '../../src/log.ts'
import { bounceLocalPart } from '../../src/mail/token-address.ts'
import { createNewsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets } from '../../src/secrets.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { talk } from '../support/smtp-talk.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const day = Math.floor(Date.now() / 86_400_000)
const token = (subscriberId: string) =>
  `${bounceLocalPart(secrets, { campaignId: '7', subscriberId, day })}@bounce.test`
const pem = (name: string) => readFileSync(packagePath(`test/fixtures/tls/localhost-${name}.pem`))

let database: TestDatabase
let newsletterId: Id
const doors: Door[] = []

beforeAll(async () => {
  database = await testDatabase()
  const newsletter = await createNewsletter(database.db, {
    ...{ slug: 'weekly', name: 'The Weekly', fromAddress: 'editor@bounce.test' },
    postalAddress: '1 Mill Lane, Anytown',
  })
  newsletterId = newsletter.id
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  await database.db.deleteFrom('refusals').execute()
  await database.db.deleteFrom('feedback_events').execute()
  await database.db.deleteFrom('evidence').execute()
})
afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.close()))
})

const deps = () => ({
  ...{ db: database.db, secrets, log: createLog('test', 'silent') },
  ring: async () => {},
})

async function open(more: Partial<DoorDeps> = {}): Promise<Door> {
  const listen = { host: '127.0.0.1', port: 0 }
  const door = await startDoor({ ...deps(), domain: 'bounce.test', listen, ...more })
  doors.push(door)
  return door
}

const kept = () => database.db.selectFrom('feedback_events').selectAll().orderBy('id').execute()

async function bring(port: number, to: readonly string[], text = 'Subject: x\r\n\r\nx') {
  const client = await talk(port)
  await client.say('MAIL FROM:<ada@far.test>\r\n')
  const known: string[] = []
  for (const address of to) known.push(await client.say(`RCPT TO:<${address}>\r\n`))
  await client.say('DATA\r\n')
  const answer = await client.say(`${text}\r\n.\r\n`)
  await client.end()
  return { known, answer }
}

describe('addresses with a name', () => {
  it('are the postmaster, abuse, complaints, subscribing and a newsletter’s replies', async () => {
    const { port } = await open()
    const names = ['Postmaster', 'abuse', 'fbl', 'subscribe', 'weekly-subscribe', 'Editor']
    const { known, answer } = await bring(
      port,
      names.map((name) => `${name}@bounce.test`),
    )
    expect(known.every((reply) => reply.startsWith('250 '))).toBe(true)
    expect(answer).toMatch(/^250 /)
    expect((await kept()).map((event) => [event.kind, event.sent_to, event.newsletter_id])).toEqual(
      [
        ['other', 'postmaster', null],
        ['other', 'abuse', null],
        ['other', 'fbl', null],
        ['subscribe', 'subscribe', newsletterId],
        ['reply', 'reply', newsletterId],
      ],
    )
  })

  it('are the postmaster without a domain too, as RFC 5321 4.5.1 wants it', async () => {
    const { port } = await open()
    const { known } = await bring(port, ['Postmaster'])
    expect(known).toEqual([expect.stringMatching(/^250 /)])
    expect(await kept()).toMatchObject([{ sent_to: 'postmaster' }])
  })

  it('are kept with who brought them and by which envelope', async () => {
    const { port } = await open()
    await bring(port, ['subscribe@bounce.test'])
    expect(await kept()).toMatchObject([
      {
        ...{ source: 'door', origin: '127.0.0.1', tokens: 0 },
        envelope: { peer: '127.0.0.1', helo: 'client.test', from: 'ada@far.test' },
      },
    ])
  })

  it('of a newsletter that there is not are refused, and subscribe@ where there are two', async () => {
    const { port } = await open()
    const nobody = await bring(port, ['monthly-subscribe@bounce.test', 'subscribe@other.test'])
    expect(nobody.known.every((reply) => reply.startsWith('550 '))).toBe(true)
    const other = { slug: 'monthly', name: 'M', fromAddress: 'm@far.test', postalAddress: 'x' }
    const { id } = await createNewsletter(database.db, other)
    const two = await bring(port, ['subscribe@bounce.test', 'monthly-subscribe@bounce.test'])
    expect(two.known.map((reply) => reply.slice(0, 3))).toEqual(['550', '250'])
    await database.db.deleteFrom('newsletters').where('id', '=', id).execute()
  })
})

it('counts how many tokens a mail was sent to', async () => {
  const { port } = await open()
  await bring(port, [token('1'), token('2'), token('3')])
  expect((await kept()).map(({ tokens, subscriber_id }) => [tokens, subscriber_id])).toEqual([
    [3, '1'],
    [3, '2'],
    [3, '3'],
  ])
})

it('keeps a mail once that its sender brings again, and two that merely look alike twice', async () => {
  const { port } = await open()
  const report = 'Message-ID: <1@far.test>\r\nReceived: from a\r\nSubject: x\r\n\r\nx'
  await bring(port, [token('1')], report)
  await bring(port, [token('1')], report.replace('from a', 'from b'))
  expect(await kept()).toHaveLength(1)
  expect(await database.db.selectFrom('evidence').select('id').execute()).toHaveLength(1)
  await bring(port, [token('1')], report.replace('<1@', '<2@'))
  await bring(port, [token('2')], report)
  await bring(port, [token('3')])
  await bring(port, [token('3')])
  expect((await kept()).map((event) => event.subscriber_id)).toEqual(['1', '1', '2', '3', '3'])
})

describe('LMTP', () => {
  it('answers for each recipient, and wants LHLO', async () => {
    const { port } = await open({ protocol: 'lmtp' })
    const client = await talk(port, 'LHLO')
    expect(await client.say('EHLO again.test\r\n')).toMatch(/^5/)
    await client.say('MAIL FROM:<>\r\n')
    expect(await client.say(`RCPT TO:<${token('1')}>\r\n`)).toMatch(/^250 /)
    expect(await client.say(`RCPT TO:<nobody@bounce.test>\r\n`)).toMatch(/^550 /)
    expect(await client.say(`RCPT TO:<${token('2')}>\r\n`)).toMatch(/^250 /)
    await client.say('DATA\r\n')
    expect(await client.say('Subject: x\r\n\r\nx\r\n.\r\n')).toMatch(/^250 /)
    expect(await client.reply()).toMatch(/^250 /)
    await client.end()
    expect(await kept()).toHaveLength(2)
  })
})

describe('STARTTLS', () => {
  const tls = { cert: pem('cert'), key: pem('key') }

  it('is offered with a certificate, and a mail comes in by it', async () => {
    const { port } = await open({ tls })
    const post = createTransport({
      ...{ host: '127.0.0.1', port, requireTLS: true },
      tls: { ca: tls.cert, servername: 'localhost' },
    })
    await post.sendMail({ from: 'a@far.test', to: token('1'), text: 'x' })
    post.close()
    expect(await kept()).toHaveLength(1)
  })

  it('forgets what was said in the clear behind it', async () => {
    const { port } = await open({ tls })
    const client = await talk(port)
    const injected = `STARTTLS\r\nMAIL FROM:<>\r\nRCPT TO:<${token('1')}>\r\nDATA\r\n`
    expect(await client.say(injected)).toMatch(/^220 /)
    const socket = connectTls({ socket: client.socket, ca: tls.cert, servername: 'localhost' })
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    const said = new Promise<string>((resolve) => socket.once('data', (data) => resolve(`${data}`)))
    socket.write('DATA\r\n')
    // It knows of no greeting, sender or recipient.
    expect(await said).toMatch(/^503 /)
    socket.destroy()
    expect(await kept()).toEqual([])
  })
})

describe('limits', () => {
  it('let one client ask for twenty unknown addresses, and not for more', async () => {
    const { port } = await open()
    const client = await talk(port)
    await client.say('MAIL FROM:<>\r\n')
    for (let n = 0; n < 20; n++) {
      expect(await client.say(`RCPT TO:<a${n}@bounce.test>\r\n`)).toMatch(/^550 /)
    }
    expect(await client.say(`RCPT TO:<${token('1')}>\r\n`)).toMatch(/^421 /)
    await client.end()
  })
})

describe('what is turned away', () => {
  const refused = () => refusalLines(database.db, new Date(0), 100)

  it('is counted and can be seen: a broken token, an old one, a name that nobody has', async () => {
    const door = await open()
    const broken = token('1').replace(/^b-(.)/, (_, c) => `b-${c === 'a' ? 'b' : 'a'}`)
    const long = { campaignId: '7', subscriberId: '1', day: day - 31 }
    const old = `${bounceLocalPart(secrets, long)}@bounce.test`
    const { answer } = await bring(door.port, [broken, old, 'nobody@bounce.test'])
    expect(answer).toMatch(/^5/)
    await doors.pop()?.close()
    expect(await refused()).toMatchObject([
      { source: 'door', origin: '127.0.0.1', why: 'a token that opens nothing', count: 2 },
      { source: 'door', origin: '127.0.0.1', why: 'no such address', count: 1 },
    ])
    expect(await kept()).toEqual([])
  })

  it('from a thousand addresses makes no thousand rows', async () => {
    const refusals = createRefusals(database.db, createLog('test', 'silent'))
    for (let n = 0; n < 1_000; n++) {
      refusals.count({ source: 'webhook', origin: `2001:db8::${n}`, why: 'unproven' })
    }
    await refusals.close()
    const rows = await refusalLines(database.db, new Date(0), 2_000)
    const webhooks = rows.filter(({ source }) => source === 'webhook')
    expect(webhooks.length).toBeLessThan(502)
    expect(webhooks.reduce((sum, { count }) => sum + count, 0)).toBe(1_000)
  })
})

describe('SMTP smuggling', () => {
  const ends = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\n.\r', '\r.\r\n', '\r.\n']
  const inner = `MAIL FROM:<>\r\nRCPT TO:<${token('2')}>\r\nDATA\r\nSubject: in\r\n\r\n`

  it.each(['smtp', 'lmtp'] as const)(
    'ends no %s mail by anything but CRLF . CRLF',
    async (protocol) => {
      const { port } = await open({ protocol })
      for (const end of ends) {
        await database.db.deleteFrom('feedback_events').execute()
        const client = await talk(port, protocol === 'lmtp' ? 'LHLO' : 'EHLO')
        await client.say('MAIL FROM:<>\r\n')
        await client.say(`RCPT TO:<${token('1')}>\r\n`)
        await client.say('DATA\r\n')
        expect(await client.say(`Subject: out\r\n\r\ntext${end}${inner}\r\n.\r\n`)).toMatch(/^250 /)
        expect(await client.say('NOOP\r\n')).toMatch(/^250 /)
        await client.end()
        const events = await kept()
        expect(events.map((event) => event.subscriber_id)).toEqual(['1'])
      }
    },
  )

  it('keeps a mail that ends by itself apart from the next one, in whatever packets they come', async () => {
    const { port } = await open()
    const client = await talk(port)
    const one = `MAIL FROM:<>\r\nRCPT TO:<${token('1')}>\r\n`
    expect(await client.say(one)).toMatch(/^250 /)
    await client.reply()
    await client.say('DATA\r\n')
    await client.packets([...'Subject: out\r\n\r\ntext\r\n.\r\n'])
    expect(await client.reply()).toMatch(/^250 /)
    expect(await client.say(`MAIL FROM:<>\r\nRCPT TO:<${token('2')}>\r\n`)).toMatch(/^250 /)
    await client.reply()
    await client.say('DATA\r\n')
    expect(await client.say('Subject: in\r\n\r\n.\r\n')).toMatch(/^250 /)
    await client.end()
    expect((await kept()).map((event) => event.subscriber_id)).toEqual(['1', '2'])
  })

  it('hands on what it took with its bare LF and CR, and turns none of them into a line of one dot', async () => {
    // The other direction: what we keep is never sent on by SMTP, and our own client mends bare CR and LF.
    const { port } = await open()
    await bring(port, [token('1')], 'Subject: x\r\n\r\na\n.\nb\r.\rc')
    const { raw } = await database.db.selectFrom('evidence').select('raw').executeTakeFirstOrThrow()
    expect(raw.toString('latin1')).toBe('Subject: x\r\n\r\na\n.\nb\r.\rc\r\n')
  })
})

describe('a port that is taken', () => {
  it('is refused in words that say which and what to do, where the caller will have no other', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', () => resolve()))
    const { port } = holder.address() as { port: number }
    const inbound = {
      ...{ domain: 'bounce.test', lmtp: null, tls: null },
      listen: { host: '127.0.0.1', port },
    }
    const start = startInbound({ ...deps(), inbound, mailboxes: [], taken: 'refuse' })
    await expect(start).rejects.toThrow(
      `cannot listen for mail: port ${port} of 127.0.0.1 is taken; end what has it, or set INBOUND_LISTEN to another`,
    )
    const demo = await startInbound({ ...deps(), inbound, mailboxes: [], taken: 'next' })
    expect(demo.port).not.toBe(port)
    await demo.close()
    await new Promise((resolve) => holder.close(resolve))
  })
})
