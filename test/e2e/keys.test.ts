import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readKeyFile } from '../../src/key-file.ts'
import { unsubscribeUrl } from '../../src/links.ts'
import { createSecrets } from '../../src/secrets.ts'
import { isSuppressed } from '../../src/suppression/suppression.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type Postrider, postrider, startPostrider } from '../support/processes.ts'

let t: TestDatabase
let folder: string
let path: string
let serve: Postrider
let webUrl: string
let newsletterId: string
let subscriberId: string

beforeAll(async () => {
  t = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'postrider-keys-e2e-'))
  path = join(folder, 'secrets')
  await run([
    'newsletter',
    'create',
    'w',
    '--name',
    'W',
    '--from',
    'e@w.test',
    '--postal',
    'A street',
  ])
  await run(['subscribers', 'add', 'ada@readers.test', '--newsletter', 'w', '--consent', 'asked'])
  const [reader] = await t.db.selectFrom('subscriptions').selectAll().execute()
  newsletterId = reader?.newsletter_id ?? ''
  subscriberId = reader?.subscriber_id ?? ''
  serve = await startPostrider(['serve'], { ...env(), WEB_LISTEN: '127.0.0.1:0' })
  const told = JSON.parse(await readFile(join(folder, 'web.json'), 'utf8')) as { url: string }
  webUrl = told.url
}, 240_000)
afterAll(async () => {
  await serve.end('SIGTERM')
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

const env = () => ({ DATABASE_URL: t.url, POSTRIDER_HOME: folder, LOG_LEVEL: 'silent' })
const run = (args: readonly string[]) => postrider(args, env())

/** The link that a mail would have now, or would have had with that key. */
async function link(keyId?: number): Promise<string> {
  const secrets = createSecrets(await readKeyFile(path))
  return unsubscribeUrl(secrets, webUrl, { newsletterId, subscriberId }, keyId)
}

const opens = async (url: string) => (await fetch(url)).status === 200

test('a process that runs takes up a key that another one added and switched to', async () => {
  const old = await link()
  expect(await opens(old)).toBe(true)
  expect((await run(['keys', 'add'])).last).toMatchObject({ key: 2, file: path })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await run(['keys', 'switch', '2'])).last).toMatchObject({ signing: 2, before: 1 })
  const fresh = await link()
  expect(fresh).not.toBe(old)
  await eventually(async () => expect(await opens(fresh)).toBe(true))
  expect(await opens(old)).toBe(true)
  const { last } = await run(['keys', 'list'])
  expect(last.keys).toEqual([
    expect.objectContaining({ id: 0, state: 'addresses' }),
    expect.objectContaining({ id: 1, state: 'verifies' }),
    expect.objectContaining({ id: 2, state: 'signs' }),
  ])
}, 240_000)

test('a retired key opens unsubscribe links for ever, and nothing else', async () => {
  expect((await run(['keys', 'retire', '2'])).log).toMatch(/key 2 signs: `keys switch`/)
  const old = await link(1)
  const bounce = createSecrets(await readKeyFile(path)).mint('bounce', [1n, 2n], 1)
  expect((await run(['keys', 'retire', '1'])).code).toBe(0)
  const secrets = createSecrets(await readKeyFile(path))
  expect(secrets.open('bounce', 2, bounce)).toBeNull()
  expect(secrets.open('bounce', 2, secrets.mint('bounce', [1n, 2n]))).not.toBeNull()
  expect(await opens(old)).toBe(true)
  expect((await run(['keys', 'switch', '1'])).log).toMatch(/key 1 is retired/)
}, 240_000)

test('lost keys are forgotten only when asked to be, and suppressed addresses stay suppressed', async () => {
  await run(['suppression', 'add', 'bob@readers.test', '--note', 'asked by telephone'])
  const text = await readFile(path, 'utf8')
  await rm(path)
  expect((await run(['newsletter', 'list'])).log).toMatch(/bring back the keys file/)
  expect((await run(['keys', 'forget', '1', '2', 'address'])).log).toMatch(/say --yes/)
  expect((await run(['newsletter', 'list'])).log).toMatch(/bring back the keys file/)

  const forgotten = await run(['keys', 'forget', '1', '2', 'address', '--yes'])
  expect(forgotten.last).toMatchObject({ forgotten: [1, 2, 0], unrecognised: 0 })
  expect((await run(['newsletter', 'list'])).code).toBe(0)
  expect(await readFile(path, 'utf8')).not.toBe(text)
  const secrets = createSecrets(await readKeyFile(path))
  expect(await isSuppressed(t.db, secrets.addressHash('bob@readers.test'))).toBe(true)
  const [reader] = await t.db.selectFrom('subscribers').select('address_hash').execute()
  expect(reader?.address_hash).toEqual(secrets.addressHash('ada@readers.test'))
  expect((await run(['keys', 'forget', '1', '--yes'])).log).toMatch(/key 1 is here: `keys retire`/)
}, 240_000)

test('keys in the environment are not changed, and it is said what to do', async () => {
  const keys = await readFile(path, 'utf8')
  const { log } = await postrider(['keys', 'add'], { ...env(), POSTRIDER_KEYS: keys })
  expect(log).toMatch(/which only you can change: .* POSTRIDER_KEYS_FILE/)
  await writeFile(path, keys, { mode: 0o600 })
}, 240_000)
