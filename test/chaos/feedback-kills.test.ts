import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../db/postgres-server.ts'
import { messageIdOf } from '../../src/mail/token-address.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { eventually } from '../support/eventually.ts'
import {
  BOUNCE_DOMAIN,
  deadReport,
  forAll,
  relay,
  type SentCampaign,
  type SentTo,
  sentCampaign,
} from '../support/intake.ts'
import { type Environment, type Postrider, startPostrider } from '../support/processes.ts'
import { describeWith } from '../support/programs.ts'

const REPORTS = 240
const KILLS = 3
/** A worker that is killed leaves what it had taken for a minute, and the sweep looks every half. */
const TAKEN_UP = { timeoutMs: 150_000 }

async function withCampaign(use: (sent: SentCampaign) => Promise<void>): Promise<void> {
  const sent = await sentCampaign(REPORTS)
  try {
    await use(sent)
  } finally {
    await sent.close()
  }
}

const countOf = async ({ db }: SentCampaign, table: 'feedback_events' | 'webhook_posts') => {
  const { count } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** No event lost, none counted twice: one about each reader, and one copy of each mail. */
async function expectEachOnce(sent: SentCampaign, evidence = REPORTS): Promise<void> {
  const events = await sent.db.selectFrom('feedback_events').select(['subscriber_id']).execute()
  const about = events.map((event) => event.subscriber_id).sort()
  expect(about).toEqual(sent.readers.map(({ id }) => id).sort())
  const kept = await sent.db.selectFrom('evidence').select('id').execute()
  expect(kept).toHaveLength(evidence)
}

/** Kills it at each of the counts, and starts another in its place. */
async function killAt(
  sent: SentCampaign,
  start: () => Promise<Postrider>,
  table: 'feedback_events' | 'webhook_posts',
  running: { process: Postrider },
): Promise<void> {
  for (let kill = 1; kill <= KILLS; kill++) {
    await eventually(
      async () =>
        expect(await countOf(sent, table)).toBeGreaterThanOrEqual((REPORTS * kill) / (KILLS + 1)),
      { timeoutMs: 60_000, everyMs: 1 },
    )
    await running.process.end('SIGKILL')
    running.process = await start()
  }
}

describe.concurrent('kill -9, again and again', () => {
  it.concurrent('of the inbound server loses no report and counts none twice', async () => {
    await withCampaign(async (sent) => {
      const port = await freePort()
      const env = {
        ...sent.env,
        ...{ INBOUND_DOMAIN: BOUNCE_DOMAIN, INBOUND_LISTEN: `127.0.0.1:${port}` },
      }
      const start = () => startPostrider(['inbound'], env)
      const running = { process: await start() }
      try {
        const tries: number[] = []
        const bringing = forAll(sent.readers, 8, async (reader: SentTo) => {
          const to = sent.returnPath(reader)
          const mail = deadReport(reader, to)
          tries.push(await relay(port, to, mail))
          // As a relay does that was cut off before it heard the 250.
          if (tries.length % 4 === 0) await relay(port, to, mail)
        })
        await killAt(sent, start, 'feedback_events', running)
        await bringing
        // The kills were felt: mails had to be brought again.
        expect(Math.max(...tries)).toBeGreaterThan(1)
        await expectEachOnce(sent)
      } finally {
        await running.process.end('SIGKILL')
      }
    })
  }, 300_000)

  it.concurrent('of the web process and the worker loses no webhook and counts none twice', async () => {
    await withCampaign(async (sent) => {
      const webPort = await freePort()
      const secret = 'f3b1c5d7e9a2046813579bdf02468ace'
      const env = {
        ...sent.env,
        ...{ WEB_LISTEN: `127.0.0.1:${webPort}`, WEBHOOK_SPARKPOST_SECRET: secret },
        // A relay that is never asked.
        SMTP_URL: 'smtp://127.0.0.1:1',
      }
      const web = () => startPostrider(['serve'], env)
      const worker = () => startPostrider(['worker'], env)
      const [serving, working] = [{ process: await web() }, { process: await worker() }]
      try {
        const url = `http://127.0.0.1:${webPort}/hooks/sparkpost/${secret}`
        const posting = forAll(sent.readers, 8, (reader) => postTwice(url, sent, reader))
        await Promise.all([
          killAt(sent, web, 'webhook_posts', serving),
          killAt(sent, worker, 'feedback_events', working),
        ])
        await posting
        await eventually(() => expectSuppressed(sent), TAKEN_UP)
        await expectEachOnce(sent)
      } finally {
        await Promise.all([serving, working].map((each) => each.process.end('SIGKILL')))
      }
    })
  }, 300_000)
})

describeWith('dovecot', 'kill -9, again and again', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
  })
  afterAll(async () => {
    await dovecot?.stop()
  })

  it.concurrent.each(['imap', 'pop3'] as const)(
    'of the poller, by %s, loses no report and counts none twice',
    async (protocol) => {
      await withCampaign(async (sent) => {
        const user = `box-${protocol}`
        for (const reader of sent.readers) {
          const to = sent.returnPath(reader)
          await dovecot.deliver(
            user,
            Buffer.concat([Buffer.from(`Delivered-To: ${to}\r\n`), deadReport(reader, to)]),
          )
        }
        const box = `${protocol}s://${user}:secret@localhost:${dovecot[`${protocol}s`]}?ca=${dovecot.caFile}&then=delete`
        const env: Environment = { ...sent.env, INBOUND_DOMAIN: BOUNCE_DOMAIN, MAILBOX_URLS: box }
        const start = () => startPostrider(['inbound'], env)
        const running = { process: await start() }
        try {
          await killAt(sent, start, 'feedback_events', running)
          await eventually(async () => expect(await dovecot.count(user)).toBe(0), {
            timeoutMs: 90_000,
          })
          await expectEachOnce(sent)
        } finally {
          await running.process.end('SIGKILL')
        }
      })
    },
    300_000,
  )
})

/** As a provider does: till it hears 200, and once more because it lost the answer. */
async function postTwice(url: string, sent: SentCampaign, reader: SentTo): Promise<void> {
  const { campaignId, secrets } = sent
  const fields = { campaignId, subscriberId: reader.id }
  const token = messageIdOf(secrets, fields, secrets.signingKeyId, 'weekly.example')
  const event = {
    ...{ type: 'bounce', bounce_class: '10', event_id: `e-${reader.id}` },
    ...{ rcpt_to: reader.address, raw_reason: '550 5.1.1 no such user here' },
    rcpt_meta: { postrider: token },
  }
  const body = JSON.stringify([{ msys: { message_event: event } }])
  for (let taken = 0; taken < 2; ) {
    try {
      const response = await fetch(url, { method: 'POST', body })
      if (response.status === 200) taken += 1
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function expectSuppressed(sent: SentCampaign): Promise<void> {
  const standing = await sent.db
    .selectFrom('suppressions')
    .select('address_hash')
    .where('lifted_at', 'is', null)
    .execute()
  expect(standing).toHaveLength(REPORTS)
}
