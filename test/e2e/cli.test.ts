import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newKeys } from '../../src/key-file.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { postrider } from '../support/processes.ts'
import { type Sink, startSink } from '../support/sink.ts'

let folder: string
let t: TestDatabase
let sink: Sink
let env: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-cli-test-'))
  t = await testDatabase()
  sink = await startSink()
  env = {
    DATABASE_URL: t.url,
    SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    POSTRIDER_HOME: join(folder, 'home'),
    POSTRIDER_KEYS: newKeys(),
    LOG_LEVEL: 'silent',
  }
})
afterAll(async () => {
  await sink.close()
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

const run = (args: readonly string[], more: Record<string, string> = {}) =>
  postrider(args, { ...env, ...more })

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** Refused in one line on standard error, with exit code 1; machines get the same as an object. */
async function expectRefusal(
  args: readonly string[],
  words: RegExp,
  more: Record<string, string> = {},
): Promise<void> {
  const { code, last, log } = await run(args, more)
  expect(log).toMatch(words)
  expect(log.split('\n')).toHaveLength(1)
  expect(code).toBe(1)
  expect(last).toMatchObject({ error: { message: expect.stringMatching(words) } })
}

describe('one newsletter, from nothing', () => {
  test('makes it, imports the good rows of a file with 10 % rubbish, sends once, and adds up', async () => {
    const made = await run([
      ...['newsletter', 'create', 'notes', '--name', 'Notes', '--from', 'Ed <ed@weekly.test>'],
      ...['--postal', '1 Lane, Town'],
    ])
    expect(made.code).toBe(0)

    const rows = Array.from({ length: 100 }, (_, i) =>
      i % 10 === 9 ? 'rubbish,x' : `r${i}@a.test,N${i}`,
    )
    const csv = await file('readers.csv', `email,first_name\n${rows.join('\n')}\n`)
    const imported = await run([
      'subscribers',
      'import',
      csv,
      '--newsletter',
      'notes',
      '--consent',
      'asked',
    ])
    expect(imported.code).toBe(0)
    const bad = imported.last.bad as { line: number }[]
    expect(imported.last).toMatchObject({ rows: 100, added: 90 })
    expect(bad.map(({ line }) => line)).toEqual([11, 21, 31, 41, 51, 61, 71, 81, 91, 101])

    const issue = await file(
      'one.md',
      '---\ntitle: One\ndate: 2026-8-6\n---\n\nHello {{ subscriber.first_name | default: "reader" }}.\n',
    )
    const sent = await run(['send', issue, '--newsletter', 'notes', '--yes'])
    expect(sent.code).toBe(0)
    expect(sent.last).toMatchObject({
      state: 'finished',
      reason: null,
      ledger: { chosen: 90, accepted: 90 },
    })
    expect((await sink.entries()).length).toBe(90)

    const again = await run(['reconcile', String(sent.last.campaign)])
    expect(again.last).toMatchObject({ campaign: sent.last.campaign, adds_up: true })
    await expectRefusal(
      ['send', issue, '--newsletter', 'notes', '--yes'],
      /nobody is to be mailed.*90 have the issue/,
    )
    expect((await sink.entries()).length).toBe(90)
  }, 240_000)

  test('refuses what cannot be sent, each in one line that says what to do, with nothing half-done', async () => {
    const issue = await file('two.md', '---\ntitle: Two\ndate: 2026-8-7\n---\n\nHello.\n')
    const broken = await file('broken.md', '---\ntitle: [unclosed\n---\n\nHello.\n')
    const unknown = await file('unknown.md', '---\ntitle: Three\n---\n\nHello {{ nobody.name }}.\n')
    await expectRefusal(['send', broken, '--newsletter', 'notes', '--yes'], /broken\.md:\d+/)
    await expectRefusal(
      ['send', unknown, '--newsletter', 'notes', '--yes'],
      /unknown\.md:5.*nobody/,
    )
    await expectRefusal(
      ['send', issue, '--newsletter', 'nowhere', '--yes'],
      /no newsletter "nowhere"/,
    )
    await expectRefusal(['send', issue, '--newsletter', 'notes'], /--yes/)
    await expectRefusal(
      ['send', issue, '--newsletter', 'notes', '--yes', '--at', '2020-01-01 08:00'],
      /in the past/,
    )
    await expectRefusal(['send', join(folder, 'none.md'), '--yes'], /none\.md/)
    const campaigns = await t.db.selectFrom('campaigns').select('id').execute()
    expect(campaigns).toHaveLength(1)
  }, 240_000)

  test('refuses real readers while PUBLIC_URL is not an https address of ours', async () => {
    await run([
      'subscribers',
      'add',
      'someone@real-domain.org',
      '--newsletter',
      'notes',
      '--consent',
      'asked',
    ])
    const issue = await file('four.md', '---\ntitle: Four\ndate: 2026-8-8\n---\n\nHello.\n')
    await expectRefusal(['send', issue, '--newsletter', 'notes', '--yes'], /PUBLIC_URL is not set/)
    await expectRefusal(['send', issue, '--newsletter', 'notes', '--yes'], /https/, {
      PUBLIC_URL: 'http://news.example.org',
    })
  }, 240_000)
})

test('says in one line that the database does not answer, or that the environment is wrong', async () => {
  await expectRefusal(['status'], /database does not answer/, {
    DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none',
  })
  await expectRefusal(['status'], /SMTP_URL.*REDIS_URL/s, { REDIS_URL: 'x', SMTP_URL: 'y' })
}, 240_000)

test('tells bad usage by exit code 2', async () => {
  expect((await run(['nonsense'])).code).toBe(2)
  expect((await run(['send'])).code).toBe(2)
}, 240_000)
