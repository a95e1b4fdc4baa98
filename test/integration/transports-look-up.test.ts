import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { lookUpProviders } from '../../src/transports/look-up.ts'
import { registerTransport } from '../../src/transports/transport.ts'
import { someCampaign, someNewsletter, someReaders } from '../support/campaigns.ts'
import { prepareAll } from '../support/courier.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
  await registerTransport(db, { name: 'relay', kind: 'smtp', ratePerSecond: null })
})
afterAll(() => t.drop())

const MX: Record<string, string[]> = {
  'hosted.invalid-tld': ['aspmx.l.google.com', 'alt1.aspmx.l.google.com'],
  'shared-a.invalid-tld': ['in1.mailhost.dev'],
  'shared-b.invalid-tld': ['in2.mailhost.dev'],
  'alone.invalid-tld': [],
}

const providersOf = async (campaignId: string) =>
  (
    await sql<{ name: string; rows: number }>`
      select p.name, c.rows from campaign_providers as c join providers as p on p.id = c.provider_id
      where c.campaign_id = ${campaignId} order by c.rows desc, p.name`.execute(db)
  ).rows.map(({ name, rows }) => `${rows} ${name}`)

const askAll = async (resolve: (domain: string) => Promise<string[]>) => {
  while ((await lookUpProviders(db, resolve)) > 0);
}

test('knows the large providers at once, others by their domain, and after DNS has answered by who hosts them', async () => {
  const newsletter = await someNewsletter(db)
  const readers: [string, number][] = [
    ['gmail.com', 40],
    ['hosted.invalid-tld', 30],
    ['shared-a.invalid-tld', 12],
    ['shared-b.invalid-tld', 12],
    ['alone.invalid-tld', 25],
    ['weekly.test', 21],
    ['one.invalid-tld', 3],
  ]
  for (const [domain, count] of readers) await someReaders(db, newsletter, count, domain)
  const first = await someCampaign(db, newsletter)
  await prepareAll(db, first)
  // Where few readers are at a domain nobody looks after it by itself.
  expect(await providersOf(first)).toEqual([
    ...['40 google', '30 hosted.invalid-tld', '27 others', '25 alone.invalid-tld'],
    '21 weekly.test',
  ])

  const asked: string[] = []
  await askAll(async (domain) => {
    asked.push(domain)
    if (domain === 'one.invalid-tld') throw new Error('SERVFAIL')
    return MX[domain] ?? []
  })
  // Neither about what is known nor about what nobody has.
  expect(asked.sort()).toEqual([...Object.keys(MX), 'one.invalid-tld'].sort())
  await askAll(async () => {
    throw new Error('asked again before its time')
  })

  const second = await someCampaign(db, newsletter, { slug: 'second' })
  await prepareAll(db, second)
  expect(await providersOf(second)).toEqual([
    ...['70 google', '25 alone.invalid-tld', '24 mailhost.dev', '21 weekly.test', '3 others'],
  ])
})

test('asks again after a week, and after an hour where nobody knew', async () => {
  const due = async (domain: string) =>
    (
      await sql<{ hours: number }>`
        select extract(epoch from ask_at - now())::float8 / 3600 as hours from domains where domain = ${domain}`.execute(
        db,
      )
    ).rows[0]?.hours ?? 0
  expect(await due('one.invalid-tld')).toBeCloseTo(1, 1)
  expect(await due('hosted.invalid-tld')).toBeGreaterThan(0.9 * 7 * 24 - 1)
  expect(await due('hosted.invalid-tld')).toBeLessThan(1.1 * 7 * 24 + 1)
})
