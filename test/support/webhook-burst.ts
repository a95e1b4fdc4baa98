import { writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freePort } from '../../db/postgres-server.ts'
import { messageIdOf } from '../../src/mail/token-address.ts'
import { eventually } from './eventually.ts'
import { forAll, type SentCampaign, sentCampaign } from './intake.ts'
import { postrider, startPostrider } from './processes.ts'
import { forkSink } from './sink-process.ts'

const READERS = 1_000
const RATE = 50
const SECRET = 'f3b1c5d7e9a2046813579bdf02468ace'

/**
 * So many webhook events at once while a campaign is sent: none is lost, and the send keeps its pace.
 * @param share of what its rate gives in that time; less where other tests want the processors too
 */
export async function playBurst(events: number, share: number): Promise<void> {
  const sent = await sentCampaign(READERS)
  const sink = await forkSink()
  const webPort = await freePort()
  const env = {
    ...sent.env,
    ...{ WEB_LISTEN: `127.0.0.1:${webPort}`, WEBHOOK_SPARKPOST_SECRET: SECRET },
    SMTP_URL: `smtp://127.0.0.1:${sink.port}?rate=${RATE}`,
  }
  const [web, worker] = [
    await startPostrider(['serve'], env),
    await startPostrider(['worker'], env),
  ]
  try {
    await send(sent, env)
    await eventually(async () => expect((await sink.counts()).messages).toBeGreaterThan(50))
    const began = (await sink.counts()).messages
    const beganAt = performance.now()
    const answeredMs = await burst(webPort, sent, events)
    const tookMs = performance.now() - beganAt
    const meanwhile = (await sink.counts()).messages - began
    // What the rate gives in that time, or all there was.
    const due = Math.min((RATE * tookMs) / 1_000, READERS - began)
    expect(meanwhile / due, `${meanwhile} of ${due} in ${tookMs} ms`).toBeGreaterThan(share)
    // SparkPost waits for ten seconds.
    expect(answeredMs.at(-1)).toBeLessThan(10_000)
    await eventually(() => expectAll(sent, events), { timeoutMs: 120_000, everyMs: 500 })
  } finally {
    await Promise.all([web, worker].map((each) => each.end('SIGKILL')))
    await sink.close()
    await sent.close()
  }
}

async function send(sent: SentCampaign, env: Readonly<Record<string, string>>): Promise<void> {
  const issue = join(env.POSTRIDER_HOME as string, 'burst.md')
  await writeFile(issue, '---\ntitle: The burst\n---\n\nWords.\n')
  const { slug } = await sent.db.selectFrom('newsletters').select('slug').executeTakeFirstOrThrow()
  const ran = await postrider(['send', issue, '--newsletter', slug, '--yes', '--detach'], env)
  expect(ran.code, ran.log).toBe(0)
}

/** @returns how long each answer took, in order */
async function burst(port: number, sent: SentCampaign, events: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  const took: number[] = []
  await forAll(
    Array.from({ length: events }, (_, index) => index),
    50,
    async (index) => {
      const began = performance.now()
      expect(await post(agent, port, bodyOf(sent, index))).toBe(200)
      took.push(performance.now() - began)
    },
  )
  agent.destroy()
  return took.sort((a, b) => a - b)
}

function post(agent: Agent, port: number, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const path = `/hooks/sparkpost/${SECRET}`
    const options = { agent, port, path, host: '127.0.0.1', method: 'POST' }
    const asking = request(options, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

/** Each about a reader of ours or a stranger; none so that a guard would stop the send. */
function bodyOf({ readers, campaignId, secrets }: SentCampaign, index: number): string {
  const reader = readers[index % READERS]
  if (!reader) throw new Error('no such reader')
  const fields = { campaignId, subscriberId: reader.id }
  const token = messageIdOf(secrets, fields, secrets.signingKeyId, 'weekly.example')
  const about =
    index % 2 === 0
      ? { bounce_class: '60', rcpt_to: reader.address, rcpt_meta: { postrider: token } }
      : { bounce_class: '10', rcpt_to: `stranger-${index}@far.test` }
  const event = { ...about, type: 'out_of_band', event_id: `e-${index}`, raw_reason: '550 5.1.1' }
  return JSON.stringify([{ msys: { message_event: event } }])
}

async function expectAll({ db }: SentCampaign, events: number): Promise<void> {
  const { all, handled } = await db
    .selectFrom('feedback_events')
    .select((eb) => [
      eb.fn.countAll<string>().as('all'),
      eb.fn.count<string>('handled_at').as('handled'),
    ])
    .where('source', '=', 'webhook')
    .executeTakeFirstOrThrow()
  expect([Number(all), Number(handled)]).toEqual([events, events])
}
