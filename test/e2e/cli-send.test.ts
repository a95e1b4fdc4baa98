import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { campaignStatus } from '../../src/campaigns/status.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createNewsletter } from '../../src/newsletters/newsletter.ts'
import { createSecrets } from '../../src/secrets.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { readersCsv } from '../support/fleet.ts'
import { endWhen, postrider, startPostrider } from '../support/processes.ts'
import { type Sink, startSink } from '../support/sink.ts'

const READERS = 60

let folder: string
let t: TestDatabase
let sink: Sink
let env: Record<string, string>
let issues = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-cli-send-'))
  t = await testDatabase()
  sink = await startSink({ keepData: true })
  const keys = newKeys()
  env = {
    DATABASE_URL: t.url,
    SMTP_URL: `smtp://127.0.0.1:${sink.port}?rate=40`,
    POSTRIDER_HOME: folder,
    POSTRIDER_KEYS: keys,
    LOG_LEVEL: 'silent',
  }
  const newsletter = await createNewsletter(t.db, {
    ...{ slug: 'notes', name: 'Notes', fromAddress: 'ed@weekly.test', postalAddress: '1 Lane' },
  })
  const secrets = createSecrets(parseKeys(keys, 'test'))
  const given = { newsletter, csv: readersCsv(READERS), consent: 'asked' }
  await importSubscribers(t.db, secrets, given, new Date())
})
afterAll(async () => {
  await sink.close()
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

let issue: string
let before: number
beforeEach(async () => {
  issues += 1
  issue = join(folder, `issue-${issues}.md`)
  await writeFile(issue, `---\ntitle: Issue ${issues}\n---\n\nHello.\n`)
  before = (await sink.entries()).length
})

const run = (...args: string[]) => postrider(args, env)
const mails = async () => (await sink.entries()).slice(before)

/** A worker, until the campaign has finished. */
async function finish(campaign: string): Promise<void> {
  const worker = await startPostrider(['worker'], env)
  await eventually(
    async () => expect((await campaignStatus(t.db, campaign)).state).toBe('finished'),
    { timeoutMs: 90_000 },
  )
  expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null })
}

test('settles what it holds when it is stopped, says so, and leaves the rest to a worker', async () => {
  const begun = async () => (await mails()).length >= 10
  const stopped = await endWhen('SIGINT', ['send', issue, '--yes'], { env }, begun)
  const mailed = (await mails()).length
  expect(stopped.code).toBe(1)
  expect(stopped.last).toMatchObject({
    state: 'sending',
    ledger: {
      chosen: READERS,
      accepted: mailed,
      queued: READERS - mailed,
      sending: 0,
      uncertain: 0,
    },
  })
  await finish(String(stopped.last.campaign))
  const addresses = (await mails()).map(({ to }) => to)
  expect(addresses).toHaveLength(READERS)
  expect(new Set(addresses).size).toBe(READERS)
}, 240_000)

test('makes a campaign that an editor can pause, resume and cancel before a worker sees it', async () => {
  const made = await run('send', issue, '--yes', '--detach')
  const id = String(made.last.campaign)
  expect(made).toMatchObject({ code: 0, last: { state: 'sending', workers: 0 } })
  expect((await run('pause', id)).last).toMatchObject({ state: 'paused', reason: 'paused by hand' })
  expect(await run('pause', id)).toMatchObject({
    code: 1,
    log: expect.stringMatching(/is paused: only one that is sending/),
  })
  expect((await run('resume', id)).last).toMatchObject({ campaign: id, state: 'sending' })
  expect((await run('cancel', id)).last).toMatchObject({ state: 'cancelled' })
  const resent = await run('resend', id, '--only', 'failed')
  expect(resent).toMatchObject({ code: 1, log: expect.stringMatching(/send the issue again/) })
  expect(await mails()).toEqual([])
}, 240_000)

test('keeps a campaign for its time, and mails nobody before', async () => {
  const made = await run('send', issue, '--yes', '--at', '2099-01-01 08:00')
  expect(made).toMatchObject({ code: 0, last: { state: 'scheduled' } })
  const again = await run('send', issue, '--yes')
  expect(again).toMatchObject({ code: 1, log: expect.stringMatching(/of this issue is scheduled/) })
  await run('cancel', String(made.last.campaign))
  expect(await mails()).toEqual([])
}, 240_000)

test('sends again to those who were rejected, and to nobody else', async () => {
  await sink.set({ replies: { rcpt: ['550 5.7.1 not today'] } })
  const sent = await run('send', issue, '--yes')
  expect(sent).toMatchObject({ code: 0, last: { ledger: { accepted: READERS - 1, rejected: 1 } } })
  const id = String(sent.last.campaign)
  expect(await run('resend', id, '--only', 'pending')).toMatchObject({ code: 2 })
  expect((await run('resend', id, '--only', 'rejected')).last).toMatchObject({
    ledger: { accepted: READERS - 1, queued: 1 },
  })
  await finish(id)
  expect(new Set((await mails()).map(({ to }) => to)).size).toBe(READERS)
  expect(await mails()).toHaveLength(READERS)
  expect((await run('reconcile', id)).last).toMatchObject({ adds_up: true, difference: 0 })
}, 240_000)

test('signs with the key that `dkim` made, once it is configured', async () => {
  const made = await run('dkim', 'weekly.test', '--selector', 'one')
  const record = made.last.record as { name: string; value: string }
  const signing = { DKIM_DOMAIN: 'weekly.test', DKIM_SELECTOR: 'one' }
  const keyFile = { DKIM_KEY_FILE: String(made.last.file) }
  await postrider(['test', issue, '--to', 'me@a.test'], { ...env, ...signing, ...keyFile })
  const [mail] = await mails()
  const wire = Buffer.from((mail?.data ?? '').replace(/^\.\./gm, '.'), 'latin1')
  const { results } = await dkimVerify(wire, {
    resolver: async (name: string) =>
      name === record.name ? [record.value.match(/.{1,255}/g) ?? []] : [],
  })
  expect(results[0]?.status.result).toBe('pass')

  const missing = { DKIM_KEY_FILE: join(folder, 'gone.pem') }
  const refused = await postrider(['test', issue, '--to', 'me@a.test'], {
    ...env,
    ...signing,
    ...missing,
  })
  expect(refused).toMatchObject({
    code: 1,
    log: expect.stringMatching(/cannot read DKIM_KEY_FILE .*gone\.pem: `postrider dkim weekly/),
  })
}, 240_000)

test('send --undo mails nobody when it is cancelled in time, and everybody when it is not', async () => {
  const asked = ['send', issue, '--newsletter', 'notes', '--yes', '--undo', '20']
  const made = () => t.db.selectFrom('campaigns').select('id').where('state', '=', 'scheduled')
  const undone = await endWhen('SIGINT', asked, { env }, async () => {
    return (await made().execute()).length > 0
  })
  expect(undone).toMatchObject({ code: 1, last: { state: 'cancelled', ledger: { chosen: 0 } } })
  expect(await mails()).toHaveLength(0)

  const sent = await run('send', issue, '--newsletter', 'notes', '--yes', '--undo', '1')
  expect(sent).toMatchObject({ code: 0, last: { state: 'finished' } })
  expect((await mails()).length).toBeGreaterThan(READERS / 2)
  const wrong = await run('send', issue, '--newsletter', 'notes', '--yes', '--undo', 'soon')
  expect(wrong.code).toBe(2)
}, 240_000)
