import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { expect } from 'vitest'
import { freePort } from '../../db/postgres-server.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { eventually } from '../support/eventually.ts'
import { type Fleet, startFleet, untilFinished } from '../support/fleet.ts'
import { type Postfix, startPostfix } from '../support/postfix.ts'
import { type Postrider, postrider, startPostrider } from '../support/processes.ts'
import { describeWith, rootTest } from '../support/programs.ts'

const READERS = 1_000
/**
 * Of each hundred readers one has each of these fates; the others are mailed. So 2 % are dead, and no early sample is
 * near the 5 % and 8 % at which a campaign, or all sending, is paused: what pauses is for other tests.
 */
const FATES = { refused: 1, dead: 26, full: 51, blocked: 76 } as const
const EACH = READERS / 100

const fateOf = (address: string): keyof typeof FATES | 'mailed' => {
  const number = Number(/\d+/.exec(address)?.[0])
  const fate = Object.entries(FATES).find(([, rest]) => number % 100 === rest)
  return (fate?.[0] ?? 'mailed') as keyof typeof FATES
}

/** The readers' own server, behind Postfix. */
type Readers = Readonly<{ port: number; mailed(): readonly string[]; close(): Promise<void> }>

describeWith(['postfix', 'dovecot'], 'the whole circle with Postfix and Dovecot', () => {
  // Postfix's master changes users, which root alone may.
  rootTest(
    'ends exactly right: refused in the session, bounced later, and never mailed again',
    async () => {
      const readers = await startReaders()
      const dovecot = await startDovecot()
      const inboundPort = await freePort()
      const postfix = await startPostfix({
        routes: {
          'readers.test': `smtp:[127.0.0.1]:${readers.port}`,
          'bounces.test': `smtp:[127.0.0.1]:${inboundPort}`,
        },
        refused: refusedByPostfix(),
        copied: { match: '.*@bounces\\.test', to: 'box@mailbox.test' },
        mailbox: { address: 'box@mailbox.test', maildir: dovecot.maildir('box'), ...NOBODY },
      })
      const fleet = await startFleet({ redisUrl: null, readers: READERS })
      const started: Postrider[] = []
      try {
        const env = {
          ...fleet.env,
          ...{ SMTP_URL: `smtp://127.0.0.1:${postfix.port}?connections=5` },
          ...{ INBOUND_DOMAIN: 'bounces.test', INBOUND_LISTEN: `127.0.0.1:${inboundPort}` },
          MAILBOX_URLS: `imaps://box:secret@localhost:${dovecot.imaps}?ca=${dovecot.caFile}&name=box`,
        }
        started.push(await startPostrider(['worker'], env), await startPostrider(['inbound'], env))
        await firstCampaign({ fleet, env, readers, postfix, dovecot })
        await secondCampaign({ fleet, env, readers })
      } catch (error) {
        const said = started.map((each) => each.log()).join('\n')
        throw new Error(`${said}\n${(await postfix.log()).slice(-3_000)}`, { cause: error })
      } finally {
        await Promise.all(started.map((each) => each.end('SIGKILL')))
        await Promise.all([postfix.stop(), fleet.close(), readers.close()])
        await dovecot.stop()
      }
    },
    300_000,
  )
})

const NOBODY = { uid: 65_534, gid: 65_534 }

type Stage = Readonly<{ fleet: Fleet; env: Readonly<Record<string, string>>; readers: Readers }>

async function firstCampaign(
  stage: Stage & Readonly<{ postfix: Postfix; dovecot: Dovecot }>,
): Promise<void> {
  const { fleet, readers, postfix, dovecot } = stage
  const campaignId = await send(stage, fleet.issue)
  await untilFinished(fleet, campaignId, 120_000)
  const { ledger } = await ledgerOf(stage, campaignId)
  expect(ledger).toMatchObject({ chosen: READERS, accepted: READERS - EACH, rejected: EACH })
  const deadline = { timeoutMs: 120_000 }
  await eventually(async () => expect(await postfix.queued()).toBe(0), deadline)
  expect(readers.mailed()).toHaveLength(READERS - 4 * EACH)
  // Each report came by both doors; the mailbox has given up all of them.
  await eventually(
    async () => expect(await dovecot.count('box', 'Postrider')).toBe(3 * EACH),
    deadline,
  )
  await eventually(async () => expect(await dovecot.count('box')).toBe(0), deadline)
  expect((await postfix.log()).match(/relay=127\.0\.0\.1.*status=sent.*OK: kept/g)).toHaveLength(
    3 * EACH,
  )
  await eventually(() => expectFeedback(fleet), deadline)
  await expectSuppressed(fleet)
}

/** Each report counts once, whichever door was first; and it is about whom it is about. */
async function expectFeedback({ db }: Fleet): Promise<void> {
  const events = await db
    .selectFrom('feedback_events as f')
    .innerJoin('subscribers as s', 's.id', 'f.subscriber_id')
    .select(['s.address', 'f.source', 'f.kind', 'f.type', 'f.action', 'f.handled_at as handledAt'])
    .execute()
  expect(events.every(({ handledAt }) => handledAt !== null)).toBe(true)
  const of = (fate: string) => events.filter(({ address }) => fateOf(address) === fate)
  expect(events).toHaveLength(4 * EACH)
  for (const fate of Object.keys(FATES)) expect(of(fate)).toHaveLength(EACH)
  expect(of('refused').every(({ source }) => source === 'session')).toBe(true)
  expect(of('dead').every(({ type, action }) => type === 'hard' && action === 'suppressed')).toBe(
    true,
  )
  expect(of('full').every(({ type, action }) => type === 'soft' && action !== 'suppressed')).toBe(
    true,
  )
  expect(
    of('blocked').every(({ type, action }) => type === 'block' && action !== 'suppressed'),
  ).toBe(true)
}

async function expectSuppressed({ db }: Fleet): Promise<void> {
  await eventually(async () => {
    const rows = await db
      .selectFrom('suppressions')
      .select('address')
      .where('lifted_at', 'is', null)
      .execute()
    const fates = rows.map(({ address }) => fateOf(address ?? ''))
    expect(fates.filter((fate) => fate === 'refused')).toHaveLength(EACH)
    expect(fates.filter((fate) => fate === 'dead')).toHaveLength(EACH)
    expect(fates).toHaveLength(2 * EACH)
  })
}

async function secondCampaign(stage: Stage): Promise<void> {
  const { fleet, readers } = stage
  const issue = join(fleet.env.POSTRIDER_HOME as string, 'more-news.md')
  await writeFile(issue, '---\ntitle: More news\n---\n\nIt still stands.\n')
  const before = readers.mailed().length
  const campaignId = await send(stage, issue)
  await untilFinished(fleet, campaignId, 120_000)
  const { ledger } = await ledgerOf(stage, campaignId)
  expect(ledger).toMatchObject({ chosen: READERS, accepted: READERS - 2 * EACH, skipped: 2 * EACH })
  // Who is full or behind a wall was asked again; nobody who is dead.
  await eventually(() => expect(readers.mailed().length - before).toBe(READERS - 4 * EACH), {
    timeoutMs: 60_000,
  })
}

async function send({ env }: Stage, issue: string): Promise<string> {
  const ran = await postrider(['send', issue, '--newsletter', 'weekly', '--yes', '--detach'], env)
  if (typeof ran.last.campaign !== 'string') throw new Error(`not sent:\n${ran.log}`)
  return ran.last.campaign
}

async function ledgerOf({ env }: Stage, campaignId: string) {
  const { last } = await postrider(['reconcile', campaignId], env)
  expect(last).toMatchObject({ adds_up: true })
  return last
}

function refusedByPostfix(): Record<string, string> {
  const all = Array.from({ length: READERS }, (_, index) => `reader-${index + 1}@readers.test`)
  const refused = all.filter((address) => fateOf(address) === 'refused')
  const says = '550 5.1.1 User unknown in virtual mailbox table'
  return Object.fromEntries(refused.map((address) => [address, says]))
}

async function startReaders(): Promise<Readers> {
  const mailed: string[] = []
  const says = {
    dead: { responseCode: 550, words: 'The email account that you tried to reach does not exist' },
    full: { responseCode: 552, words: 'The email account that you tried to reach is over quota' },
    blocked: { responseCode: 554, words: 'Message blocked because of the reputation of 192.0.2.1' },
  }
  const enhanced = { dead: '5.1.1', full: '5.2.2', blocked: '5.7.1' }
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'], logger: false },
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, done) => {
      const fate = fateOf(address)
      if (fate === 'mailed' || fate === 'refused') return done()
      const { responseCode, words } = says[fate]
      done(Object.assign(new Error(`${enhanced[fate]} ${words}`), { responseCode }))
    },
    onData: (stream, session, done) => {
      stream.resume()
      stream.on('end', () => {
        mailed.push(...session.envelope.rcptTo.map(({ address }) => address))
        done()
      })
    },
  })
  server.on('error', () => {})
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  return {
    ...{ port, mailed: () => mailed },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
