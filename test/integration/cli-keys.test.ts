import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRuntime } from '../../src/cli/runtime.ts'
import { loadConfig } from '../../src/config.ts'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import { createSecrets } from '../../src/secrets.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let folder: string

beforeAll(async () => {
  t = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'postrider-keys-test-'))
})
afterAll(async () => {
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

const KEYS = newKeys()

async function open(env: Record<string, string>): Promise<void> {
  const config = loadConfig({ DATABASE_URL: t.url, LOG_LEVEL: 'silent', ...env })
  await (await openRuntime(config)).close()
}

test('opens a database with its own keys, also when a newer one signs', async () => {
  const home = join(folder, 'first')
  await open({ POSTRIDER_HOME: home, POSTRIDER_KEYS: KEYS })
  await open({ POSTRIDER_HOME: home, POSTRIDER_KEYS: KEYS })
  const file = JSON.parse(KEYS)
  file.keys['2'] = JSON.parse(newKeys()).keys['1']
  const rotated = JSON.stringify({ ...file, signing: 2 })
  await open({ POSTRIDER_HOME: home, POSTRIDER_KEYS: rotated })
  const link = createSecrets(parseKeys(KEYS, 'test')).mint('unsubscribe', [1n, 2n])
  const fields = createSecrets(parseKeys(rotated, 'test')).open('unsubscribe', 2, link)
  expect(fields).toEqual({ keyId: 1, fields: [1n, 2n] })
  // The key that signed meanwhile is missed too.
  await expect(open({ POSTRIDER_HOME: home, POSTRIDER_KEYS: KEYS })).rejects.toThrow(/key 2/)
})

test('refuses a used database with other keys of the same ids, or with none, and makes none beside it', async () => {
  const home = join(folder, 'other')
  await expect(open({ POSTRIDER_HOME: home, POSTRIDER_KEYS: newKeys() })).rejects.toThrow(
    /other keys \(the address key, key 1/,
  )
  await expect(open({ POSTRIDER_HOME: home, POSTRIDER_KEYS: newKeys() })).rejects.toMatchObject({
    code: 'bad-configuration',
    message: expect.stringMatching(/^[^\n]*bring back the keys file[^\n]*POSTRIDER_KEYS_FILE$/),
  })
  await expect(open({ POSTRIDER_HOME: home })).rejects.toThrow(/bring back the keys file/)
  expect(await readdir(home)).toEqual([])
})

test('lets one set of keys win where several first starts meet, and leaves no file of the others', async () => {
  const fresh = await testDatabase()
  try {
    const homes = Array.from({ length: 6 }, (_, index) => join(folder, `racer-${index}`))
    const start = (home: string) => open({ DATABASE_URL: fresh.url, POSTRIDER_HOME: home })
    const ended = await Promise.allSettled(homes.map(start))
    const won = homes.filter((_, index) => ended[index]?.status === 'fulfilled')
    expect(won).toHaveLength(1)
    const left = await Promise.all(homes.map((home) => readdir(home)))
    expect(left.flat()).toEqual(['secrets'])
    for (const one of ended) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'bad-configuration' })
    }
    await start(won[0] ?? '')
  } finally {
    await fresh.drop()
  }
})
