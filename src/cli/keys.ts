import { connect, type Db, type Trx } from '../../db/client.ts'
import {
  addRehashed,
  knownAddresses,
  makeRehashing,
  rehashAddresses,
} from '../../db/queries/address-hashes.ts'
import {
  type Fingerprints,
  forgetKeyIds,
  keyUses,
  noteKeys,
  usedKeys,
} from '../../db/queries/key-ids.ts'
import type { Config } from '../config.ts'
import { PostriderError } from '../errors.ts'
import {
  type Keys,
  keyFileOf,
  newKey,
  parseKeys,
  readKeyFile,
  replaceKeyFile,
} from '../key-file.ts'
import { parseAddress } from '../mail/address.ts'
import { createSecrets, fingerprintsOf, loadSecrets, type Secrets } from '../secrets.ts'
import { lackedWords, strangeKeys } from './lacked-keys.ts'
import { openBare } from './runtime.ts'

/** What stands for the key of address hashes where ids stand. */
export const ADDRESS_KEY = 0
const DAY_MS = 86_400_000
/** So long after it was mailed a report about a message is believed. */
const REPORTS_COME_DAYS = 30
const HASHES_AT_ONCE = 10_000

export type KeyState = 'addresses' | 'signs' | 'verifies' | 'retired' | 'missing'

export type ListedKey = Readonly<{
  id: number
  state: KeyState
  /** The first 8 digits, to compare machines by. */
  fingerprint: string
  campaigns: number
}>

export async function listKeys(config: Config): Promise<ListedKey[]> {
  return await withDatabase(config, async (db) => {
    const keys = await currentKeys(config).catch((error: unknown) => {
      if (error instanceof PostriderError) return null
      throw error
    })
    const here: Fingerprints = keys === null ? new Map() : fingerprintsOf(keys)
    const used = await usedKeys(db)
    const uses = new Map((await keyUses(db)).map((use) => [use.keyId, use.campaigns]))
    const ids = [...new Set([...here.keys(), ...used.keys()])].sort((a, b) => a - b)
    return ids.map((id) => {
      const print = here.get(id)
      const isLacked = print === undefined || used.get(id)?.equals(print) === false
      return {
        id,
        state: keys === null || isLacked ? 'missing' : stateOf(keys, id),
        fingerprint: (isLacked ? used.get(id) : print)?.toString('hex').slice(0, 8) ?? '',
        campaigns: uses.get(id) ?? 0,
      }
    })
  })
}

function stateOf(keys: Keys, id: number): KeyState {
  if (id === ADDRESS_KEY) return 'addresses'
  if (id === keys.signing) return 'signs'
  return keys.retired.includes(id) ? 'retired' : 'verifies'
}

/** Verifies from now on, wherever the file is; an id that was ever used is not given again. */
export async function addKey(config: Config): Promise<{ id: number; path: string }> {
  return await withDatabase(config, async (db) => {
    const { path, keys } = await changeable(config)
    const taken = [...Object.keys(keys.keys).map(Number), ...(await usedKeys(db)).keys()]
    const id = Math.max(...taken) + 1
    if (id > 255) throw new PostriderError('refused', 'all 255 ids of keys have been used')
    await replaceKeyFile(path, { ...keys, keys: { ...keys.keys, [id]: newKey() } })
    return { id, path }
  })
}

export async function switchKey(config: Config, id: number): Promise<{ before: number }> {
  return await withDatabase(config, async (db) => {
    const { path, keys } = await changeable(config)
    requireKey(keys, id, path)
    if (keys.retired.includes(id)) {
      throw new PostriderError('wrong-state', `key ${id} is retired: \`keys add\` makes a new one`)
    }
    // First what a start asks for: a database that has its links is refused without it from now on.
    const print = fingerprintsOf(keys).get(id) as Buffer
    await db.transaction().execute((trx) => noteKeys(trx, new Map([[id, print]])))
    await replaceKeyFile(path, { ...keys, signing: id })
    return { before: keys.signing }
  })
}

export async function retireKey(
  config: Config,
  id: number,
  options: Readonly<{ now: Date; anyway: boolean }>,
): Promise<void> {
  await withDatabase(config, async (db) => {
    const { path, keys } = await changeable(config)
    requireKey(keys, id, path)
    if (keys.retired.includes(id)) return
    if (keys.signing === id) {
      throw new PostriderError('refused', `key ${id} signs: \`keys switch\` to another one first`)
    }
    if (!options.anyway) await refuseAwaited(db, id, options.now)
    await replaceKeyFile(path, { ...keys, retired: [...keys.retired, id] })
  })
}

/** A retired key opens no return path: bounces that are still to come would be lost. */
async function refuseAwaited(db: Db, id: number, now: Date): Promise<void> {
  const use = (await keyUses(db)).find(({ keyId }) => keyId === id)
  if (use === undefined) return
  if (use.open !== null) {
    throw new PostriderError(
      'refused',
      `campaign ${use.open} is open and was made with key ${id}: wait for its end, or say --now`,
    )
  }
  const until = new Date((use.lastEndedAt?.getTime() ?? 0) + REPORTS_COME_DAYS * DAY_MS)
  if (until <= now) return
  throw new PostriderError(
    'refused',
    `reports about mail that was sent with key ${id} come until ${until.toISOString().slice(0, 10)}: wait till then, or say --now and lose them`,
  )
}

/**
 * For keys that nobody has any more. What they made is dead: links, return paths, Message-IDs. Address hashes are made
 * anew of the addresses that are known.
 * @returns campaigns whose links are dead, and suppressions that recognise nobody any more
 */
export async function forgetKeys(
  config: Config,
  ids: readonly number[],
  { yes }: { yes: boolean },
): Promise<{ links: number; erased: number }> {
  return await withDatabase(config, async (db) => {
    const used = await usedKeys(db)
    const uses = (await keyUses(db)).filter(({ keyId }) => ids.includes(keyId))
    for (const id of ids) requireUsed(id, used)
    const open = uses.find((use) => use.open !== null)
    if (open !== undefined) {
      throw new PostriderError(
        'refused',
        `campaign ${open.open} is open and cannot go on without key ${open.keyId}: cancel it first`,
      )
    }
    const links = uses.reduce((sum, use) => sum + use.campaigns, 0)
    if (!yes) {
      throw new PostriderError(
        'refused',
        `every unsubscribe link of ${links} campaigns would be dead for ever: bring the keys back if you can; if they are lost, say --yes`,
      )
    }
    const { secrets } = await loadSecrets(config)
    for (const id of ids) refusePresent(id, used, secrets)
    const erased = await db.transaction().execute(async (trx) => {
      await forgetKeyIds(trx, ids)
      return ids.includes(ADDRESS_KEY) ? await hashAnew(trx, secrets) : 0
    })
    return { links, erased }
  })
}

const nameOf = (id: number) => (id === ADDRESS_KEY ? 'the address key' : `key ${id}`)

function requireUsed(id: number, used: Fingerprints): void {
  if (!used.has(id)) {
    throw new PostriderError('not-found', `this database never used ${nameOf(id)}`)
  }
}

function refusePresent(id: number, used: Fingerprints, { fingerprints }: Secrets): void {
  const print = used.get(id)
  if (print && fingerprints.get(id)?.equals(print)) {
    throw new PostriderError('refused', `${nameOf(id)} is here: \`keys retire\` is for those`)
  }
}

async function hashAnew(trx: Trx, secrets: Secrets): Promise<number> {
  await makeRehashing(trx)
  for (let after: Buffer | null = null; ; ) {
    const known = await knownAddresses(trx, after, HASHES_AT_ONCE)
    const pairs = known.flatMap(({ address, hash }) => {
      const parsed = parseAddress(address)
      return parsed.ok ? [{ old: hash, new: secrets.addressHash(parsed.value.key) }] : []
    })
    await addRehashed(trx, pairs)
    after = known.at(-1)?.hash ?? null
    if (known.length < HASHES_AT_ONCE) break
  }
  return await rehashAddresses(trx)
}

function requireKey(keys: Keys, id: number, path: string): void {
  if (keys.keys[id] === undefined) {
    throw new PostriderError('not-found', `${path} has no key ${id}: \`keys list\` shows them`)
  }
}

async function currentKeys(config: Config): Promise<Keys> {
  const path = keyFileOf(config)
  return path === null ? parseKeys(config.keys ?? '', 'POSTRIDER_KEYS') : await readKeyFile(path)
}

async function changeable(config: Config): Promise<{ path: string; keys: Keys }> {
  const path = keyFileOf(config)
  if (path === null) {
    throw new PostriderError(
      'refused',
      'the keys stand in POSTRIDER_KEYS, which only you can change: write them to a file and name it in POSTRIDER_KEYS_FILE',
    )
  }
  return { path, keys: await readKeyFile(path) }
}

/** Whether the keys fit is what these commands are about, so it is not asked first. */
async function withDatabase<T>(config: Config, task: (db: Db) => Promise<T>): Promise<T> {
  const bare = await openBare(config)
  const db = connect(bare.url, { max: 2 })
  try {
    return await task(db)
  } finally {
    await db.destroy()
    await bare.close()
  }
}

/** Which keys a database was used with that are not here, in words; null: none. Makes no keys. */
export async function lackedKeys(config: Config, databaseUrl: string): Promise<string | null> {
  const db = connect(databaseUrl, { max: 1 })
  try {
    const used = await usedKeys(db)
    if (used.size === 0) return null
    const { fingerprints } = createSecrets(await currentKeys(config))
    const strange = strangeKeys(used, fingerprints)
    return strange.length === 0 ? null : lackedWords(strange)
  } catch (error) {
    if (error instanceof PostriderError) return error.message
    throw error
  } finally {
    await db.destroy()
  }
}
