import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDatabase } from '../support/database.ts'
import { postrider } from '../support/processes.ts'

const READERS = 30
let folder: string
let home: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-carry-e2e-'))
  home = join(folder, 'home')
  await run([
    'newsletter',
    'create',
    'weekly',
    '--name',
    'Weekly',
    '--from',
    'ed@weekly.test',
    '--postal',
    'A street',
  ])
  const rows = Array.from({ length: READERS }, (_, n) => `reader-${n}@readers.test,Reader ${n}`)
  const file = join(folder, 'readers.csv')
  await writeFile(file, `email,name\n${rows.join('\n')}\n`)
  await run([
    'subscribers',
    'import',
    file,
    '--newsletter',
    'weekly',
    '--consent',
    'asked on paper',
  ])
}, 240_000)
afterAll(async () => {
  for (const name of ['home', 'elsewhere']) await rmServerOf(join(folder, name))
  await rm(folder, { recursive: true, force: true })
})

/** Root's data stand outside of the home. */
async function rmServerOf(of: string): Promise<void> {
  const path = await readFile(join(of, 'postgres', 'folder'), 'utf8').catch(() => null)
  if (path !== null) await rm(path.trim(), { recursive: true, force: true })
}

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  postrider(args, { POSTRIDER_HOME: home, LOG_LEVEL: 'silent', ...env }, folder)

test('what one machine wrote, another one restores; without its keys it is told so', async () => {
  const file = join(folder, 'monday.zip')
  expect((await run(['backup', file])).last).toMatchObject({ file })
  expect((await run(['backup', file])).log).toBe(`✗ ${file} is there already`)

  const elsewhere = { POSTRIDER_HOME: join(folder, 'elsewhere') }
  const restored = await run(['restore', file], elsewhere)
  expect(restored.code).toBe(0)
  expect(restored.last).toMatchObject({ rows: { subscribers: READERS }, open: [] })
  expect(String(restored.last?.keys)).toMatch(/bring back the keys file that belongs to this/)
  expect((await run(['newsletter', 'list'], elsewhere)).log).toMatch(/bring back the keys file/)

  await writeFile(join(folder, 'elsewhere', 'secrets'), await readFile(join(home, 'secrets')), {
    mode: 0o600,
  })
  expect((await run(['newsletter', 'list'], elsewhere)).code).toBe(0)
  expect((await run(['restore', file], elsewhere)).log).toMatch(/the database is not empty/)
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
}, 240_000)

test('embedded data are moved once, and used no more where they were', async () => {
  const target = await emptyDatabase()
  try {
    const moved = await run(['move', '--to', target.url])
    expect(moved.last).toMatchObject({ rows: { subscribers: READERS } })
    expect(JSON.stringify(moved.last)).not.toContain(new URL(target.url).password)
    const { rows } = await sql`select address from subscribers`.execute(target.db)
    expect(rows).toHaveLength(READERS)
    expect((await run(['newsletter', 'list'])).log).toMatch(/were moved to .*: set DATABASE_URL/)
    expect((await run(['newsletter', 'list'], { DATABASE_URL: target.url })).code).toBe(0)
  } finally {
    await target.drop()
  }
}, 240_000)
