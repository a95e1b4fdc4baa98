import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { packagePath } from '../../src/config.ts'
import { readPosts } from '../../src/feedback/read-posts.ts'
import { createApp } from '../../src/http/app.ts'
import { createLog } from '../../src/log.ts'
import { secrets } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import {
  deadAddress,
  type Post,
  PUBLIC_URL,
  providersWeb,
  webhooksConfig,
  wraps,
} from '../support/webhooks.ts'

let database: TestDatabase
const now = new Date()

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})
beforeEach(async () => {
  await database.db.deleteFrom('webhook_posts').execute()
  await database.db.deleteFrom('feedback_events').execute()
  await database.db.deleteFrom('evidence').execute()
})

async function post({ path, body, headers }: Post): Promise<number> {
  const app = createApp({
    ...{ db: database.db, secrets, publicUrl: PUBLIC_URL, trustedProxies: [] },
    ...{ webhooks: webhooksConfig, fetch: providersWeb(), ring: async () => {}, now: () => now },
    log: createLog('test', 'silent'),
  })
  return (await app.request(path, { method: 'POST', body, headers })).status
}

const events = () => database.db.selectFrom('feedback_events').selectAll().orderBy('id').execute()

it('keeps what it cannot read, counted and shown, and goes on with the next', async () => {
  expect(await post(wraps.generic('[{"event":"surprise"}]', now))).toBe(200)
  const said = { email: 'a@far.test', messageId: '<x@far.test>', id: 'event-1' }
  expect(await post(wraps.postmark(deadAddress.postmark(said), now))).toBe(200)
  await readPosts(database.db, secrets)
  expect(await events()).toMatchObject([
    { kind: 'bounce', origin: 'postmark', held_because: null },
    { kind: 'other', origin: 'generic', held_because: 'the payload cannot be read' },
  ])
})

it('reads a post of 10,000 events, and the same ones again, each once', async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ event: 'bounce', type: 'bounce', email: `stranger-${index}@far.test`, status: '5.1.1' },
    ...{ sg_event_id: `event-${index}`, reason: '550 5.1.1 no such user here' },
  }))
  for (const order of [many, [...many].reverse()]) {
    expect(await post(wraps.sendgrid(JSON.stringify(order), now))).toBe(200)
    while ((await readPosts(database.db, secrets)).more);
  }
  expect(await events()).toHaveLength(10_000)
  expect(await database.db.selectFrom('evidence').select('id').execute()).toHaveLength(1)
})

const reference = packagePath('../shared/reference/webhooks.md')

describe.skipIf(!existsSync(reference))('the published examples', () => {
  const text = existsSync(reference) ? readFileSync(reference, 'utf8') : ''
  const sections = text.split(/^## \d+ /m).slice(1)
  const example = (title: string, begin: RegExp): string => {
    const section = sections.find((each) => each.startsWith(title)) ?? ''
    const blocks = section.match(/(?:^ {4}.+\n)+/gm) ?? []
    const block = blocks.map((each) => each.replace(/^ {4}/gm, '')).join('\n')
    const at = block.search(begin)
    // What the page leaves out.
    return block.slice(at).replace(/\{…\}/g, '{}').replace(/\[…\]/g, '[]').replace(/\n/g, '')
  }
  it.each([
    ['ses', 'Amazon', /\{"notificationType"/, 'bounce'],
    ['postmark', 'Postmark', /\{/, 'bounce'],
    ['sendgrid', 'SendGrid', /\[\{"email"/, 'bounce'],
    ['mailgun', 'Mailgun', /\{"event":/, 'bounce'],
    ['resend', 'Resend', /\{/, 'bounce'],
    ['brevo', 'Brevo', /\{/, 'bounce'],
    ['sparkpost', 'SparkPost', /\[/, 'bounce'],
    ['mailjet', 'Mailjet', /\{/, 'bounce'],
    ['tencent', 'Tencent', /\{/, 'bounce'],
    ['aliyun', 'Aliyun', /\{/, 'bounce'],
  ] as const)('of %s is taken and understood', async (provider, title, begin, kind) => {
    let body = example(title, begin)
    if (provider === 'aliyun') {
      body = body.replace('"aliyunaccountid":"…"', '"aliyunaccountid":"1234567890123456"')
    }
    expect(() => JSON.parse(body)).not.toThrow()
    expect(await post(wraps[provider](body, now))).toBe(200)
    await readPosts(database.db, secrets)
    expect(await events()).toMatchObject([{ kind, origin: provider, held_because: null }])
  })
})
