import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { bounceLocalPart } from '../../src/mail/token-address.ts'
import { createSecrets, type Secrets } from '../../src/secrets.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { settle, someCampaign, someNewsletter } from './campaigns.ts'
import { prepareAll } from './courier.ts'
import { testDatabase } from './database.ts'
import { readersCsv } from './fleet.ts'
import type { Environment } from './processes.ts'
import { report } from './reports.ts'
import { type Talk, talk } from './smtp-talk.ts'
import { scratchFolder } from './test-server.ts'

export type SentTo = Readonly<{ id: Id; address: string }>

/** A campaign that every reader's server has accepted: whatever comes back now is believed. */
export type SentCampaign = Readonly<{
  db: Db
  secrets: Secrets
  campaignId: Id
  readers: readonly SentTo[]
  /** Of processes that work on its database. */
  env: Environment
  returnPath(reader: SentTo): string
  close(): Promise<void>
}>

export const BOUNCE_DOMAIN = 'bounces.test'

export async function sentCampaign(count: number): Promise<SentCampaign> {
  const database = await testDatabase()
  const { db } = database
  const home = await scratchFolder('intake')
  const keys = newKeys()
  const secrets = createSecrets(parseKeys(keys, 'test'))
  const newsletter = await someNewsletter(db)
  const csv = readersCsv(count)
  const joined = new Date(Date.now() - 60_000)
  await importSubscribers(db, secrets, { newsletter, csv, consent: 'asked for it' }, joined)
  const campaignId = await someCampaign(db, newsletter)
  await prepareAll(db, campaignId)
  await settle(db, campaignId, 'accepted')
  await db
    .updateTable('campaigns')
    .set({ state: 'finished', ended_at: new Date() })
    .where('id', '=', campaignId)
    .execute()
  const readers = await db
    .selectFrom('deliveries as d')
    .innerJoin('subscribers as s', 's.id', 'd.subscriber_id')
    .select(['s.id', 's.address'])
    .where('d.campaign_id', '=', campaignId)
    .orderBy('s.id')
    .execute()
  if (readers.length !== count) throw new Error(`${readers.length} of ${count} were chosen`)
  const day = Math.floor(Date.now() / 86_400_000)
  return {
    ...{ db, secrets, campaignId, readers },
    env: {
      ...{ POSTRIDER_HOME: home, POSTRIDER_KEYS: keys, DATABASE_URL: database.url },
      ...{ PUBLIC_URL: 'https://letters.example', LOG_LEVEL: 'warn' },
    },
    returnPath: ({ id }) =>
      `${bounceLocalPart(secrets, { campaignId, subscriberId: id, day })}@${BOUNCE_DOMAIN}`,
    async close() {
      await database.drop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** A report of a dead address, as one server writes it once. */
export function deadReport(reader: SentTo, to: string): Buffer {
  const head = [
    `To: <${to}>`,
    `Message-ID: <${randomBytes(8).toString('hex')}@relay.test>`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    '',
  ].join('\r\n')
  const dead = { finalRecipient: reader.address, action: 'failed', status: '5.1.1' }
  const body = report([{ ...dead, diagnostic: 'smtp; 550 5.1.1 no such user here' }])
  return Buffer.concat([
    Buffer.from(head),
    Buffer.from(body.toString().replace(/^To: .*\r\n/m, '')),
  ])
}

/** Hands a mail over as a relay does: again and again, until it hears 250. */
export async function relay(port: number, to: string, mail: Buffer): Promise<number> {
  for (let tries = 1; ; tries++) {
    let client: Talk | null = null
    try {
      client = await talk(port)
      await client.say('MAIL FROM:<>\r\n')
      const known = await client.say(`RCPT TO:<${to}>\r\n`)
      if (!known.startsWith('250')) throw new Error(known)
      await client.say('DATA\r\n')
      const answer = await client.say(`${mail.toString('latin1').replace(/^\./gm, '..')}\r\n.\r\n`)
      if (answer.startsWith('250')) return tries
    } catch (error) {
      if (tries > 600) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    } finally {
      await client?.end().catch(() => {})
    }
  }
}

/** Does it for all, so many at a time. */
export async function forAll<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items]
  const hand = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, hand))
}
