import { once } from 'node:events'
import { connect } from 'node:net'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Door, type DoorDeps, startDoor } from '../../src/inbound/door.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createLog } from '../../src/log.ts'
import { bounceLocalPart, unsubscribeLocalPart } from '../../src/mail/token-address.ts'
import { createSecrets } from '../../src/secrets.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { talk } from '../support/smtp-talk.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const foreign = createSecrets(parseKeys(newKeys(), 'test'))
const today = Math.floor(Date.now() / 86_400_000)
const ids = { campaignId: '7', subscriberId: '8123372036854775807' }

const bounce = (day = today) => `${bounceLocalPart(secrets, { ...ids, day })}@bounce.test`
const leave = `${unsubscribeLocalPart(secrets, { newsletterId: '9', subscriberId: '5' })}@bounce.test`

let database: TestDatabase
let deps: DoorDeps
let door: Door
let rung: unknown[] = []

beforeAll(async () => {
  database = await testDatabase()
  deps = {
    db: database.db,
    secrets,
    domain: 'bounce.test',
    listen: { host: '127.0.0.1', port: 0 },
    // Rung after the commit: what it is rung for is there to be read.
    ring: async (name, payload) => {
      const { eventId } = payload as { eventId: string }
      const found = await database.db
        .selectFrom('feedback_events')
        .select('id')
        .where('id', '=', eventId)
        .execute()
      rung.push({ name, eventId, committed: found.length === 1 })
    },
    log: createLog('test', 'silent'),
  }
  door = await startDoor(deps)
})
afterAll(async () => {
  await door.close()
  await database.drop()
})
beforeEach(async () => {
  rung = []
  await database.db.deleteFrom('feedback_events').execute()
  await database.db.deleteFrom('evidence').execute()
})

const kept = () =>
  database.db
    .selectFrom('feedback_events as f')
    .innerJoin('evidence as e', 'e.id', 'f.evidence_id')
    .selectAll('f')
    .select(['e.raw', 'e.kind as evidenceKind'])
    .orderBy('f.id')
    .execute()

async function rcpt(address: string): Promise<string> {
  const client = await talk(door.port)
  await client.say('MAIL FROM:<>\r\n')
  const reply = await client.say(`RCPT TO:<${address}>\r\n`)
  await client.end()
  return reply
}

it('keeps a mail from the null sender with its event before it says 250, then rings', async () => {
  const client = await talk(door.port)
  expect(await client.say('MAIL FROM:<>\r\n')).toMatch(/^250 /)
  expect(await client.say(`RCPT TO:<${bounce()}>\r\n`)).toMatch(/^250 /)
  expect(await client.say('DATA\r\n')).toMatch(/^354 /)
  expect(await client.say('Subject: back\r\n\r\n..dot\r\n.\r\n')).toMatch(/^250 /)
  const [event, ...others] = await kept()
  expect(others).toEqual([])
  expect(event).toMatchObject({
    source: 'door',
    kind: 'other',
    campaign_id: ids.campaignId,
    subscriber_id: ids.subscriberId,
    evidenceKind: 'mail',
    handled_at: null,
  })
  expect(event?.raw.toString()).toBe('Subject: back\r\n\r\n.dot\r\n')
  await eventually(() =>
    expect(rung).toEqual([{ name: 'feedback', eventId: event?.id, committed: true }]),
  )
  await client.end()
})

it('takes the mailto address of a reader, from anybody and for ever, in any case of letters', async () => {
  const post = createTransport({ host: '127.0.0.1', port: door.port, ignoreTLS: true })
  await post.sendMail({ from: 'reader@elsewhere.test', to: leave.toUpperCase(), text: 'bye' })
  post.close()
  expect(await kept()).toMatchObject([
    { kind: 'unsubscribe', newsletter_id: '9', subscriber_id: '5', campaign_id: null },
  ])
})

it('makes an event for each token that a mail was sent to, over one copy of it', async () => {
  const client = await talk(door.port)
  await client.say('MAIL FROM:<>\r\n')
  await client.say(`RCPT TO:<${bounce()}>\r\n`)
  await client.say(`RCPT TO:<${leave}>\r\n`)
  expect(await client.say('RCPT TO:<somebody@bounce.test>\r\n')).toMatch(/^550 5\.1\.1 /)
  await client.say('DATA\r\n')
  expect(await client.say('Subject: two\r\n\r\n.\r\n')).toMatch(/^250 /)
  await client.end()
  expect((await kept()).map((event) => event.kind)).toEqual(['other', 'unsubscribe'])
  expect(await database.db.selectFrom('evidence').select('id').execute()).toHaveLength(1)
})

it('knows its recipients at RCPT: a token of 30 days, not of 31', async () => {
  expect(await rcpt(bounce(today - 30))).toMatch(/^250 /)
  expect(await rcpt(bounce(today - 31))).toMatch(/^550 5\.1\.1 /)
})

it.each([
  ['a name', 'somebody@bounce.test'],
  [
    'a token for another domain (it relays for nobody)',
    bounce().replace('bounce.test', 'other.test'),
  ],
  ['a token of other keys', `${bounceLocalPart(foreign, { ...ids, day: today })}@bounce.test`],
  [
    'a token with one letter changed',
    bounce().replace(/^b-(.)/, (_, c) => `b-${c === 'a' ? 'b' : 'a'}`),
  ],
  ['a bounce token worn as an unsubscribe', bounce().replace(/^b-/, 'u-')],
  ['a source route through us', '@bounce.test:victim@other.test'],
  ['a percent hack', `victim%other.test@bounce.test`],
])('refuses %s', async (_, address) => {
  expect(await rcpt(address)).toMatch(/^5\d\d /)
})

it('offers no login and no STARTTLS, and takes neither', async () => {
  const client = await talk(door.port)
  const ehlo = await client.say('EHLO again.test\r\n')
  expect(ehlo).not.toMatch(/AUTH|STARTTLS/)
  expect(ehlo).toMatch(/SIZE 10485760/)
  expect(await client.say('AUTH PLAIN AHUAcA==\r\n')).toMatch(/^50\d /)
  expect(await client.say('STARTTLS\r\n')).toMatch(/^50\d /)
  await client.end()
})

it('takes no bare LF as the end of a mail, however it is cut into packets', async () => {
  const smuggled = `MAIL FROM:<>\r\nRCPT TO:<${leave}>\r\nDATA\r\nSubject: smuggled\r\n\r\n`
  const ends = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\n.\r']
  const cuts = ends.flatMap((end) => [
    [`Subject: one\r\n\r\ntext${end}${smuggled}`],
    ['Subject: one\r\n\r\ntext', ...end, ...smuggled],
    [`Subject: one\r\n\r\ntext${end}`, smuggled],
  ])
  for (const packets of cuts) {
    await database.db.deleteFrom('feedback_events').execute()
    const client = await talk(door.port)
    await client.say('MAIL FROM:<>\r\n')
    await client.say(`RCPT TO:<${bounce()}>\r\n`)
    await client.say('DATA\r\n')
    await client.packets(packets)
    expect(await client.say('\r\n.\r\n')).toMatch(/^250 /)
    await client.end()
    const events = await kept()
    expect(events.map((event) => event.kind)).toEqual(['other'])
    expect(events[0]?.raw.toString('latin1')).toContain('Subject: smuggled')
  }
})

it('answers 552 to more than 10 MB, announced or not, and keeps nothing of it', async () => {
  const client = await talk(door.port)
  expect(await client.say('MAIL FROM:<> SIZE=10485761\r\n')).toMatch(/^552 5\.3\.4 /)
  await client.say('MAIL FROM:<>\r\n')
  await client.say(`RCPT TO:<${bounce()}>\r\n`)
  await client.say('DATA\r\n')
  const line = `${'x'.repeat(998)}\r\n`
  expect(await client.say(`${line.repeat(10_600)}.\r\n`)).toMatch(/^552 5\.3\.4 /)
  expect(await kept()).toEqual([])
  expect(await client.say('MAIL FROM:<>\r\n')).toMatch(/^250 /)
  await client.end()
})

it('keeps nothing of a mail whose sender goes away before its final dot', async () => {
  const client = await talk(door.port)
  await client.say('MAIL FROM:<>\r\n')
  await client.say(`RCPT TO:<${bounce()}>\r\n`)
  await client.say('DATA\r\n')
  const sent = client.say('Subject: half\r\n\r\nhalf a li').catch(() => 'cut')
  await client.end()
  expect(await sent).toBe('cut')
  expect(await rcpt(bounce())).toMatch(/^250 /)
  expect(await kept()).toEqual([])
})

it('says 451 while the database is away, so that the sender tries again', async () => {
  const lost = await testDatabase()
  const other = await startDoor({
    db: lost.db,
    secrets,
    domain: 'bounce.test',
    listen: { host: '127.0.0.1', port: 0 },
    ring: async () => {},
    log: createLog('test', 'silent'),
  })
  await lost.drop()
  const client = await talk(other.port)
  await client.say('MAIL FROM:<>\r\n')
  await client.say(`RCPT TO:<${bounce()}>\r\n`)
  await client.say('DATA\r\n')
  expect(await client.say('Subject: x\r\n\r\n.\r\n')).toMatch(/^451 4\.3\.0 /)
  await client.end()
  await other.close()
})

it('outlives clients that reset their connection as soon as it is there', async () => {
  for (let i = 0; i < 40; i++) {
    const socket = connect({ port: door.port, host: '127.0.0.1' })
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.resetAndDestroy()
  }
  const { say, end } = await talk(door.port)
  expect(await say(`MAIL FROM:<>\r\n`)).toMatch(/^250/)
  await end()
})

it('ends a connection that lasts for too long, however much it says', async () => {
  const { port, close } = await startDoor({ ...deps, connectionMs: 500 })
  const { socket, say } = await talk(port)
  const ended = once(socket, 'close')
  const talking = setInterval(() => void say('NOOP\r\n').catch(() => {}), 100)
  await ended
  clearInterval(talking)
  await close()
})
