import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { insertWorker } from '../../db/queries/workers.ts'
import type { Id } from '../../db/types.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { createCourier } from '../../src/delivery/courier.ts'
import { newBudget } from '../../src/delivery/window.ts'
import { createLog } from '../../src/log.ts'
import type { SendResult } from '../../src/mail/smtp.ts'
import { sendHandler } from '../../workers/send.ts'
import {
  ledgerOfCampaign,
  someCampaign,
  someNewsletter,
  someReaders,
  someTransport,
} from '../support/campaigns.ts'
import {
  ACCEPTED,
  type MemorySender,
  memorySender,
  prepareAll,
  secrets,
  workToEnd,
} from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

const UNREACHABLE: SendResult = {
  outcome: 'not-begun',
  fault: 'unavailable',
  reply: { code: null, enhanced: null, text: 'connection refused' },
}
const REFUSED: SendResult = {
  outcome: 'not-begun',
  fault: 'refused',
  reply: { code: 535, enhanced: '5.7.8', text: 'wrong login' },
}

/** A campaign that goes by two transports of these weights: `own`, of the campaign in place of theirs. */
async function twoWays(readers: number, weights: [number, number], own = false) {
  const newsletter = await someNewsletter(db)
  await someReaders(db, newsletter, readers)
  const ways = [await someTransport(db), await someTransport(db)] as [Id, Id]
  for (const [index, id] of ways.entries()) {
    const weight = own ? 1 : (weights[index] as number)
    await db.updateTable('transports').set({ weight }).where('id', '=', id).execute()
  }
  const campaignId = await someCampaign(db, newsletter, {
    ...{ transportId: ways[0], otherTransportIds: [ways[1]] },
    ...(own ? { weights: new Map(ways.map((id, index) => [id, weights[index] as number])) } : {}),
  })
  await prepareAll(db, campaignId)
  return { campaignId, ways }
}

/** One process with a hand for each way, as `workers/main.ts` makes it. */
async function hands(ways: readonly Id[], senders: readonly MemorySender[], budget = newBudget()) {
  return Promise.all(
    ways.map(async (transportId, index) => {
      const workerId = await insertWorker(db, { host: 'test', pid: process.pid, transportId })
      const courier = createCourier({
        ...{ db, secrets, transportId, workerId, budget, sign: null, transportKind: 'smtp' },
        sender: senders[index] as MemorySender,
        log: createLog('test', 'silent'),
        site: { publicUrl: 'https://weekly.example', inboundDomain: null, senderId: 'postrider' },
      })
      return { workerId, courier }
    }),
  )
}

const addresses = (senders: readonly MemorySender[]) =>
  senders.flatMap(({ sent }) => sent.map(({ to }) => to))

test.each([
  ['weight', false],
  ["the newsletter's weights for it", true],
])(
  'gives each way its share by %s, and each reader one mail',
  async (_, own) => {
    const { campaignId, ways } = await twoWays(2_000, [3, 1], own)
    const senders = [1, 2].map(() => memorySender(undefined, { connections: 10, delayMs: 5 }))
    const both = await hands(ways, senders)
    await Promise.all(both.map(({ courier }) => workToEnd(courier, campaignId)))
    await Promise.all(both.map(({ courier }) => courier.stop()))
    expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 2_000, accepted: 2_000 })
    const first = senders[0]?.sent.length ?? 0
    expect(first).toBeGreaterThan(1_300)
    expect(first).toBeLessThan(1_700)
    expect(new Set(addresses(senders)).size).toBe(2_000)
  },
  60_000,
)

test('goes on by the other way when one cannot be reached, and comes back to it', async () => {
  const { campaignId, ways } = await twoWays(1_500, [1, 1])
  let isDown = false
  const senders = [
    memorySender((_, count) => {
      if (count === 100) isDown = true
      return isDown ? UNREACHABLE : ACCEPTED
    }),
    memorySender(undefined, { connections: 5, delayMs: 5 }),
  ]
  const both = await hands(ways, senders)
  await Promise.all(both.map(({ courier }) => workToEnd(courier, campaignId)))
  await Promise.all(both.map(({ courier }) => courier.stop()))
  expect(await ledgerOfCampaign(db, campaignId)).toEqual({ chosen: 1_500, accepted: 1_500 })
  expect(senders[1]?.sent.length).toBeGreaterThan(1_300)
}, 240_000)

test('does not pause for a refused login while another way goes on, and tells by that who rests', async () => {
  const { campaignId, ways } = await twoWays(300, [1, 1])
  await sql`update newsletters set notify_address = 'editor@weekly.example'
    where id = (select newsletter_id from campaigns where id = ${campaignId})`.execute(db)
  const senders = [memorySender(() => REFUSED), memorySender()]
  const both = await hands(ways, senders)
  await Promise.all(both.map(({ courier }) => workToEnd(courier, campaignId)))
  const status = await campaignStatus(db, campaignId)
  expect(status).toMatchObject({ state: 'sending', waiting: null, ledger: { accepted: 300 } })
  const { rest_reason } = await db
    .selectFrom('transports')
    .select('rest_reason')
    .where('id', '=', ways[0])
    .executeTakeFirstOrThrow()
  expect(rest_reason).toContain('535')
  const told = await db
    .selectFrom('outbox')
    .select('payload')
    .where('address', '=', 'editor@weekly.example')
    .execute()
  expect(told.map(({ payload }) => JSON.stringify(payload))).toEqual([
    expect.stringMatching(/535.*A transport does not work/s),
  ])
  await Promise.all(both.map(({ courier }) => courier.stop()))
})

test('pauses for a refused login where there is no other way', async () => {
  const { campaignId, ways } = await twoWays(50, [1, 1])
  const [hand] = await hands([ways[0]], [memorySender(() => REFUSED)])
  await hand?.courier.work(campaignId)
  await hand?.courier.stop()
  expect((await campaignStatus(db, campaignId)).state).toBe('paused')
})

test('holds at most 100 rows in one process, however many ways it serves', async () => {
  const { campaignId, ways } = await twoWays(1_200, [1, 1])
  const slow = () => memorySender(undefined, { connections: 90, delayMs: 60 })
  const senders = [slow(), slow()]
  const both = await hands(ways, senders)
  let most = 0
  const look = async () => {
    most = Math.max(most, (await ledgerOfCampaign(db, campaignId)).sending ?? 0)
  }
  const watching = setInterval(() => void look(), 15)
  await Promise.all(both.map(({ courier }) => workToEnd(courier, campaignId)))
  clearInterval(watching)
  await Promise.all(both.map(({ courier }) => courier.stop()))
  expect(most).toBeGreaterThan(50)
  expect(most).toBeLessThanOrEqual(100)
  expect((await ledgerOfCampaign(db, campaignId)).accepted).toBe(1_200)
}, 240_000)

test('a doorbell for one hand is answered by it, or by one that is free; one that nobody can use is passed on', async () => {
  const worked: string[] = []
  const hand = (workerId: Id, next: 'none' | 'busy') => ({
    workerId,
    courier: {
      async work() {
        worked.push(workerId)
        return { next }
      },
      workOutbox: async () => ({ next: 'none' as const }),
      stop: async () => {},
    },
  })
  const hands = [hand('1', 'none'), hand('2', 'busy')]
  expect(await sendHandler({ hands })({ campaignId: '9', workerId: '2' })).toBe('done')
  expect(worked).toEqual(['2', '1'])
  const busy = sendHandler({ hands: [hand('1', 'busy')] })
  expect(await busy({ campaignId: '9', workerId: '3' })).toEqual({ again: expect.any(Date) })
})
