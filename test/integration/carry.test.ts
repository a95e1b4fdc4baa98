import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openArchive, writeArchive } from '../../db/carry/archive.ts'
import { type Refilled, refill } from '../../db/carry/refill.ts'
import { withSnapshot } from '../../db/carry/snapshot.ts'
import type { Id } from '../../db/types.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { suppress } from '../../src/suppression/suppression.ts'
import { someCampaign, someNewsletter, someReaders } from '../support/campaigns.ts'
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database.ts'

const READERS = 40
const RESTORED = 'restored: a backup'

let folder: string
let path: string
let source: TestDatabase
let target: TestDatabase
let campaignId: Id
const opened: TestDatabase[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-carry-test-'))
  source = await testDatabase()
  const newsletter = await someNewsletter(source.db)
  const readers = await someReaders(source.db, newsletter, READERS)
  await awkward(readers[0] as Id)
  campaignId = await someCampaign(source.db, newsletter, {})
  while ((await prepareSlice(source.db, campaignId)) === 'more');
  await halfSent()
})
afterAll(async () => {
  await source.drop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  target = await emptyDatabase()
  opened.push(target)
  path = join(folder, `${Math.random().toString(36).slice(2)}.zip`)
})
afterEach(async () => {
  for (const database of opened.splice(0)) await database.drop()
})

/** The middle of the largest entry but the last, behind which the index stands. Elsewhere octets may mean nothing: times. */
function amidRows(zip: Buffer): number {
  const entries = zip.toString('latin1').split('PK\x03\x04').slice(1, -1)
  const largest = entries.toSorted((a, b) => b.length - a.length)[0] ?? ''
  return zip.indexOf(largest, 0, 'latin1') + (largest.length >> 1)
}

/** What COPY must not stumble over. */
async function awkward(readerId: Id): Promise<void> {
  const attributes = { name: 'Zoë\t"\\N"\\\n\u0001 名字 \u{1f469}‍💻', empty: '', nothing: null }
  await source.db
    .updateTable('subscribers')
    .set({ attributes: JSON.stringify(attributes) })
    .where('id', '=', readerId)
    .execute()
  const [reader] = await source.db
    .selectFrom('subscribers')
    .select(['address', 'address_hash'])
    .where('id', '=', readerId)
    .execute()
  await source.db.transaction().execute((trx) =>
    suppress(trx, {
      addressHash: reader?.address_hash as Buffer,
      address: reader?.address as string,
      reason: 'manual',
      evidenceId: null,
      note: 'a note',
    }),
  )
}

/** Ten have it, five are on their way, two are due again; one single mail waits. */
async function halfSent(): Promise<void> {
  await sql`with n as (select subscriber_id, row_number() over (order by subscriber_id) as nr from deliveries
      where state = 'queued')
    update deliveries as d set state = case
      when nr <= 10 then 'accepted' when nr <= 15 then 'sending' when nr <= 17 then 'deferred' else d.state end
    from n where d.subscriber_id = n.subscriber_id`.execute(source.db)
  await sql`insert into outbox (kind, address, address_hash, payload)
    select 'welcome', address, address_hash, '{}' from subscribers limit 1`.execute(source.db)
}

const backup = () => withSnapshot(source.url, (snapshot) => writeArchive(path, snapshot))

async function restore(pauseBecause: string | null = RESTORED): Promise<Refilled> {
  const archive = await openArchive(path)
  try {
    return await refill(target.url, { ...archive, pauseBecause })
  } finally {
    archive.close()
  }
}

/** Every row of a table as text, but for what a restore settles. */
async function rowsOf({ db }: TestDatabase, table: string): Promise<string[]> {
  const rows = await sql<{
    row: string
  }>`select to_jsonb(t)::text as row from ${sql.table(table)} as t
    order by 1`.execute(db)
  return rows.rows.map(({ row }) => row)
}

describe('backup and restore', () => {
  it('bring back every row of every table, whatever stands in it', async () => {
    const archived = await backup()
    const { rows } = await restore()
    const same = Object.keys(rows).filter(
      (table) => !['campaigns', 'deliveries', 'outbox'].includes(table),
    )
    expect(same).toContain('subscribers')
    for (const table of same) {
      expect(await rowsOf(target, table), table).toEqual(await rowsOf(source, table))
    }
    expect(Object.values(rows).reduce((sum, n) => sum + n, 0)).toBe(archived.rows)
    expect(rows.deliveries).toBe(READERS)
  })

  it('pause what was open, and call uncertain what was on its way', async () => {
    await backup()
    const { open } = await restore()
    expect(open).toEqual([
      expect.objectContaining({ campaign: campaignId, open: READERS - 16, uncertain: 5 }),
    ])
    const [campaign] = await target.db.selectFrom('campaigns').select(['state', 'reason']).execute()
    expect(campaign).toEqual({ state: 'paused', reason: RESTORED })
    const states = await sql<{ state: string; n: number }>`select state, count(*)::int as n
      from deliveries group by 1 order by 1`.execute(target.db)
    expect(Object.fromEntries(states.rows.map(({ state, n }) => [state, n]))).toEqual({
      ...{ accepted: 10, uncertain: 5, deferred: 2, queued: READERS - 18, skipped: 1 },
    })
    const [single] = await target.db.selectFrom('outbox').select(['state', 'reason']).execute()
    expect(single).toEqual({ state: 'cancelled', reason: 'restored' })
  })

  it('give no campaign an id that one made after the backup may have had', async () => {
    await backup()
    await restore()
    const newsletter = await someNewsletter(target.db)
    const next = await someCampaign(target.db, newsletter, {})
    expect(Number(next)).toBeGreaterThan(Number(campaignId) + 1_000)
  })

  it('let only the owner read a backup, and never write over one', async () => {
    await backup()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const before = await readFile(path)
    await expect(backup()).rejects.toThrow(/is there already/)
    expect(await readFile(path)).toEqual(before)
  })

  it('restore into an empty database alone', async () => {
    await backup()
    await restore()
    await expect(restore()).rejects.toThrow(/is not empty \(table \w+ has rows\)/)
  })

  it('keep nothing of a backup that was changed or cut', async () => {
    await backup()
    const whole = await readFile(path)
    const changed = Buffer.from(whole)
    const at = amidRows(whole)
    changed[at] = (whole[at] as number) ^ 0xff
    for (const bytes of [changed, whole.subarray(0, whole.length - 400), Buffer.from('no zip')]) {
      await writeFile(path, bytes)
      await expect(restore()).rejects.toThrow(/is no whole backup/)
    }
    await writeFile(path, whole)
    expect((await restore()).rows.deliveries).toBe(READERS)
  })

  it('say that it is no whole backup where Postgres cannot take what it holds', async () => {
    await backup()
    const archive = await openArchive(path)
    const read = async () => Readable.from(['a\tb\n'])
    const filling = refill(target.url, { ...archive, read, pauseBecause: null })
    await expect(filling).rejects.toThrow(/is no whole backup: table \w+: /)
    archive.close()
  })

  it('refuse a backup of a newer version', async () => {
    await sql`insert into migrations (name) values ('9999-later.sql')`.execute(source.db)
    await backup()
    await sql`delete from migrations where name = '9999-later.sql'`.execute(source.db)
    await expect(restore()).rejects.toThrow(/are of a newer Postrider \(9999-later.sql\)/)
  })
})

describe('moving', () => {
  it('lets open campaigns go on where nothing can have happened since', async () => {
    await withSnapshot(source.url, (snapshot) =>
      refill(target.url, {
        contents: snapshot.contents,
        read: (table) => Promise.resolve(snapshot.read(table)),
        verify() {},
        unfit: (_table, error) => error,
        pauseBecause: null,
      }),
    )
    const [campaign] = await target.db.selectFrom('campaigns').select('state').execute()
    expect(campaign?.state).toBe('sending')
  })
})
