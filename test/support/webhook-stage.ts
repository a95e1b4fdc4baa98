import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { Id } from '../../db/types.ts'
import type { WebhookProvider } from '../../src/config-intake.ts'
import { createApp } from '../../src/http/app.ts'
import { createLog } from '../../src/log.ts'
import { messageIdOf } from '../../src/mail/token-address.ts'
import { settle, someCampaign, someNewsletter, someReaders } from './campaigns.ts'
import { prepareAll, secrets } from './courier.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import {
  deadAddress,
  type Post,
  PUBLIC_URL,
  providersWeb,
  webhooksConfig,
  wraps,
} from './webhooks.ts'

type StagedReader = { id: Id; address: string; address_hash: Buffer }

/** What the tests of a file share; made before the first, emptied before each. */
type Stage = {
  database: TestDatabase
  /** Accepted for both readers. */
  campaignId: Id
  reader: StagedReader
  other: StagedReader
  now: Date
  /** Addresses that were fetched. */
  asked: string[]
  rung: string[]
}

/** Two readers who were mailed, and the app that providers post to. */
export function stageWebhooks() {
  const stage = {} as Stage
  beforeAll(async () => {
    stage.database = await testDatabase()
    const { db } = stage.database
    const newsletter = await someNewsletter(db)
    const ids = await someReaders(db, newsletter, 2)
    ;[stage.reader, stage.other] = (await hashed(db, ids)) as [StagedReader, StagedReader]
    stage.campaignId = await someCampaign(db, newsletter)
    await prepareAll(db, stage.campaignId)
    await settle(db, stage.campaignId, 'accepted')
  })
  afterAll(() => stage.database.drop())
  beforeEach(async () => {
    Object.assign(stage, { now: new Date(), asked: [], rung: [] })
    const { db } = stage.database
    await db.deleteFrom('webhook_posts').execute()
    await db.deleteFrom('feedback_events').execute()
    await db.deleteFrom('evidence').execute()
  })
  return { stage, ...actsOn(stage) }
}

async function hashed(db: TestDatabase['db'], ids: readonly Id[]): Promise<StagedReader[]> {
  const columns = ['id', 'address', 'address_hash'] as const
  const readers = await db
    .selectFrom('subscribers')
    .select(columns)
    .where('id', 'in', ids)
    .execute()
  for (const one of readers) {
    one.address_hash = secrets.addressHash(one.address.toLowerCase())
    const { address_hash } = one
    await db.updateTable('subscribers').set({ address_hash }).where('id', '=', one.id).execute()
  }
  return readers
}

function actsOn(stage: Stage) {
  const app = (webhooks = webhooksConfig) =>
    createApp({
      ...{ db: stage.database.db, secrets, publicUrl: PUBLIC_URL, trustedProxies: [], webhooks },
      ring: async (name) => void stage.rung.push(name),
      log: createLog('test', 'silent'),
      fetch: providersWeb(stage.asked),
      now: () => stage.now,
    })
  const messageId = (subscriberId = stage.reader.id) => {
    const { campaignId } = stage
    const ids = { campaignId, subscriberId }
    return messageIdOf(secrets, ids, secrets.signingKeyId, 'weekly.example')
  }
  const told = (id = 'event-1001') => ({ email: stage.reader.address, messageId: messageId(), id })
  return {
    ...{ app, messageId, told },
    async post({ path, body, headers }: Post, to = app()): Promise<number> {
      const response = await to.request(path, { method: 'POST', body, headers })
      return response.status
    },
    dead: (provider: WebhookProvider, id?: string) =>
      wraps[provider](deadAddress[provider](told(id)), stage.now),
    events: () =>
      stage.database.db.selectFrom('feedback_events').selectAll().orderBy('id').execute(),
    posts: async () =>
      (await stage.database.db.selectFrom('webhook_posts').select('id').execute()).length,
  }
}
