import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { claimOutbox, lookAtOutbox } from '../../db/queries/outbox-delivery.ts'
import { insertWorker } from '../../db/queries/workers.ts'
import type { SuppressionReason } from '../../db/types.ts'
import type { Newsletter } from '../../src/newsletters/newsletter.ts'
import { composeOutboxMail } from '../../src/outbox/compose.ts'
import { addSubscriber } from '../../src/subscribers/add.ts'
import { isSuppressed, listSuppressions, suppress } from '../../src/suppression/suppression.ts'
import { someTransport } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { newsletterNamed, PUBLIC_URL, testApp, testSecrets } from '../support/readers.ts'

const HOUR_MS = 3_600_000
let t: TestDatabase
let newsletter: Newsletter
let now: Date
let app: ReturnType<typeof testApp>
let address: string
let number = 0

beforeAll(async () => {
  t = await testDatabase()
  newsletter = await newsletterNamed(t.db)
  app = testApp(t.db, { now: () => now })
})
afterAll(() => t.drop())
beforeEach(() => {
  number += 1
  address = `reader-${number}@inbox.test`
  now = new Date()
})

const hash = () => testSecrets.addressHash(address)
const suppressAs = (reason: SuppressionReason) =>
  t.db.transaction().execute((trx) => suppress(trx, { addressHash: hash(), address, reason }))
const ask = () => app.subscribe(newsletter.slug, { email: address })
const mails = (kind = 'confirm') =>
  t.db
    .selectFrom('outbox')
    .selectAll()
    .where('address', '=', address)
    .where('kind', '=', kind as 'confirm')
    .orderBy('due_at')
    .execute()
const later = (hours: number) => {
  now = new Date(now.getTime() + hours * HOUR_MS)
}

async function confirmPath(): Promise<string> {
  const row = (await mails()).at(-1)
  if (row === undefined) throw new Error('no confirmation')
  const { bytes } = await composeOutboxMail(row, newsletter, { publicUrl: PUBLIC_URL }, testSecrets)
  const text = bytes.toString('latin1').replace(/=\r\n/g, '')
  return /https:\/\/letters\.example(\/confirm\/[A-Za-z0-9_-]+)/.exec(text)?.[1] ?? ''
}

/** What a worker would hand over now, of this address. */
async function handedOver(): Promise<string[]> {
  const transportId = await someTransport(t.db)
  const workerId = await insertWorker(t.db, { host: 'test', pid: 1, transportId })
  const claimId = await t.db
    .transaction()
    .execute((trx) => claimOutbox(trx, { transportId, workerId, size: 1_000 } as never))
  if (claimId === null) return []
  const rows = await lookAtOutbox(t.db, claimId, null)
  return rows.filter((row) => row.address === address).map((row) => row.kind)
}

describe.each(['hard-bounce', 'soft-bounce'] as const)(
  'an address that a %s suppressed',
  (reason) => {
    it('may be sent one confirmation in 7 days by the form, and only the reader’s yes lifts it', async () => {
      await suppressAs(reason)
      await ask()
      expect(await mails()).toHaveLength(1)
      expect(await handedOver()).toEqual(['confirm'])
      expect(await isSuppressed(t.db, hash())).toBe(true)
      later(6 * 24)
      await ask()
      expect(await mails()).toHaveLength(1)
      later(25)
      await ask()
      expect(await mails()).toHaveLength(2)
      const path = await confirmPath()
      await app.ask(path)
      expect(await isSuppressed(t.db, hash())).toBe(true)
      const confirmed = await app.ask(path, { method: 'POST' })
      expect(await confirmed.text()).toContain('You are subscribed')
      expect(await isSuppressed(t.db, hash())).toBe(false)
      const lines = await listSuppressions(t.db, { lifted: true })
      expect(lines.find((line) => line.address === address)).toMatchObject({
        ...{ reason, liftedBy: 'reader' },
      })
    })

    it('of a reader who is subscribed may be asked for again too', async () => {
      const consent = 'asked by letter'
      await addSubscriber(t.db, testSecrets, { newsletter, address, consent }, now)
      await ask()
      expect(await mails()).toEqual([])
      await suppressAs(reason)
      await ask()
      expect(await mails()).toHaveLength(1)
      const path = await confirmPath()
      expect(await (await app.ask(path)).text()).toContain('Keep The Weekly coming?')
      await app.ask(path, { method: 'POST' })
      expect(await isSuppressed(t.db, hash())).toBe(false)
      expect(await mails('welcome')).toEqual([])
    })
  },
)

describe.each(['complaint', 'manual'] as const)('an address suppressed by a %s', (reason) => {
  it('is sent no confirmation, and no confirmation from before lifts it', async () => {
    await ask()
    const path = await confirmPath()
    await suppressAs(reason)
    expect(await handedOver()).toEqual([])
    later(8 * 24)
    await ask()
    expect(await mails()).toHaveLength(1)
    await app.ask(path, { method: 'POST' })
    expect(await isSuppressed(t.db, hash())).toBe(true)
  })
})

it('a confirmation that was asked for before the bounce is not handed over after it', async () => {
  await ask()
  await suppressAs('hard-bounce')
  expect(await handedOver()).toEqual([])
})
