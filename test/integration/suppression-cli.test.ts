import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { printable } from '../../src/cli/format.ts'
import { newKeys } from '../../src/key-file.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type Stage, stageFeedback } from '../support/feedback-stage.ts'
import { postrider } from '../support/processes.ts'

let database: TestDatabase
let stage: Stage
let folder: string
let env: Record<string, string>

beforeAll(async () => {
  database = await testDatabase()
  stage = await stageFeedback(database, 3)
  folder = await mkdtemp(join(tmpdir(), 'postrider-suppression-test-'))
  env = {
    POSTRIDER_HOME: folder,
    POSTRIDER_KEYS: newKeys(),
    DATABASE_URL: database.url,
  }
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: string[]) => postrider(args, env)

it('shows, undoes and carries suppressions: list, show, lift, import, export', async () => {
  const campaignId = await stage.mailed()
  const [ada] = stage.readers
  await stage.arrives({
    ...{
      campaignId,
      reader: ada ?? null,
      type: 'hard',
      status: '5.1.1',
      diagnostic: 'no such user',
    },
    ...{ origin: 'forger', raw: '{"the":"payload"}' },
  })
  const address = ada?.address ?? ''
  const listed = await run('suppression', 'list')
  expect(listed.last.suppressions).toMatchObject([
    {
      address,
      reason: 'hard-bounce',
      source: 'webhook',
      origin: 'forger',
      evidenceKind: 'payload',
    },
  ])
  const id = (listed.last.suppressions as { id: string }[])[0]?.id ?? ''
  const shown = await run('suppression', 'show', id)
  expect(shown.last).toMatchObject({ evidence: { raw: '{"the":"payload"}' } })
  const lift = ['suppression', 'lift', '--source', 'webhook/forger', '--note', 'forged']
  expect((await run(...lift)).last).toMatchObject({ dryRun: true, lifted: 1 })
  expect((await run(...lift, '--yes')).last).toMatchObject({ dryRun: false, lifted: 1 })
  const file = join(folder, 'in.csv')
  await writeFile(file, 'email,reason\nbob@far.test,complaint\nnobody\n')
  const taken = await run('suppression', 'import', file, '--note', 'left the old system')
  expect(taken).toMatchObject({ code: 0, last: { suppressed: 1, bad: [{ line: 3 }] } })
  const out = join(folder, 'out.csv')
  expect((await run('suppression', 'export', out)).last).toEqual({ file: out, rows: 1 })
  expect(await readFile(out, 'utf8')).toMatch(/^email,hash,.*\r\nbob@far\.test,[0-9a-f]{32},/)
  const wrong = await run('suppression', 'lift', '--source', 'nowhere', '--note', 'x')
  expect([wrong.code, wrong.log]).toEqual([2, expect.stringContaining('door/203.0.113.9')])
}, 240_000)

it('counts what came back: by campaign in status, by source, and what changed nothing', async () => {
  const campaignId = await stage.mailed()
  const [, bob, cyd] = stage.readers
  const words = '550 5.7.1 no bulk mail here'
  const block = { campaignId, reader: bob ?? null, type: 'block', diagnostic: words } as const
  await stage.arrives(block)
  await stage.arrives({
    campaignId,
    reader: cyd ?? null,
    kind: 'complaint',
    feedbackType: 'not-spam',
  })
  const status = await run('status', campaignId)
  expect(status.last.feedback).toMatchObject({
    ...{ hard: 0, block: 1, complaints: 0, held: 1 },
    blocks: [{ domain: bob?.address.replace(/.*@/, ''), count: 1, words }],
  })
  const held = await run('feedback', 'list', '--held', '--campaign', campaignId)
  expect(held.last.feedback).toMatchObject([
    { kind: 'complaint', action: null, heldBecause: 'a report of not-spam is no complaint' },
  ])
  const sources = await run('feedback', 'sources')
  expect(sources.last.sources).toEqual(
    expect.arrayContaining([expect.objectContaining({ origin: 'postmark', held: 1 })]),
  )
  const because = await run('feedback', 'held')
  expect(because.last.held).toEqual(expect.arrayContaining([expect.objectContaining({ count: 1 })]))
}, 240_000)

it('what others wrote moves no cursor on a terminal', () => {
  const text = printable('a\u001b[31mred\u001b[0m\u0007\r\nb\u009b2J\u001b]0;title\u0007')
  expect(text).toMatch(/^ared[·]+\nb/)
  expect(text).not.toMatch(/[^\P{Cc}\n]/u)
})
