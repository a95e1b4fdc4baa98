import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Config } from './config.ts'
import { messageOf, PostriderError } from './errors.ts'

const OCTETS = 32
const secret = z.string().refine((text) => Buffer.from(text, 'base64url').length >= OCTETS, {
  error: `every key needs at least ${OCTETS} octets in base64url`,
})

const keysSchema = z
  .strictObject({
    /** What addresses are hashed under; it never changes. */
    address: secret,
    /** By id, 1 to 255. */
    keys: z.record(
      z.string().regex(/^([1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/, { error: 'key ids are 1 to 255' }),
      secret,
    ),
    /** New tokens are made with this one. */
    signing: z.int(),
    /** Open unsubscribe links and nothing else. */
    retired: z.array(z.int()).default([]),
  })
  .refine(({ keys, signing }) => Object.hasOwn(keys, String(signing)), {
    error: '"signing" names no key of "keys"',
  })
  .refine(({ retired, signing }) => !retired.includes(signing), {
    error: '"signing" names a retired key',
  })

export type Keys = Readonly<z.infer<typeof keysSchema>>

/** @throws PostriderError bad-configuration */
export function parseKeys(text: string, place: string): Keys {
  const bad = (what: string) =>
    new PostriderError('bad-configuration', `${place}: ${what}`, { place })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw bad('the keys are no JSON')
  }
  const parsed = keysSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  // The path names the key, never what is in it.
  const field = issue?.path.join('.')
  throw bad(field ? `${field}: ${issue?.message}` : String(issue?.message))
}

/** Fresh keys, for tests and for the first start. */
export function newKeys(): string {
  return textOf({ address: newKey(), keys: { '1': newKey() }, signing: 1, retired: [] })
}

export const newKey = () => randomBytes(OCTETS).toString('base64url')

const textOf = (keys: Keys) => `${JSON.stringify(keys, null, 2)}\n`

/** Where the keys stand; null: in POSTRIDER_KEYS, which we cannot change. */
export function keyFileOf(config: Config): string | null {
  if (config.keys !== null) return null
  return config.keysFile ?? join(config.home, 'secrets')
}

/** @throws PostriderError bad-configuration */
export async function readKeyFile(path: string): Promise<Keys> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PostriderError(
      'bad-configuration',
      `cannot read the keys in ${path}: bring back the keys file that belongs to this database, or name it in POSTRIDER_KEYS_FILE`,
      { cause },
    )
  })
  if (((await stat(path)).mode & 0o077) !== 0) {
    throw new PostriderError('bad-configuration', `${path} can be read by others: chmod 600 it`)
  }
  return parseKeys(text, path)
}

const LOOK_EVERY_MS = 1_000

/**
 * The keys as they stand in the file, looked at once a second when they are used: a process that runs for months knows
 * a key that was added meanwhile, and signs no longer with one that was switched off. A file that cannot be read, or
 * that has another address key, changes nothing.
 */
export function watched(path: string, first: Keys): () => Keys {
  let keys = first
  let seen = versionOf(path)
  let lookedAt = performance.now()
  return () => {
    const now = performance.now()
    if (now - lookedAt < LOOK_EVERY_MS) return keys
    lookedAt = now
    const version = versionOf(path)
    if (version === seen || version === null) return keys
    seen = version
    try {
      const read = parseKeys(readFileSync(path, 'utf8'), path)
      if (read.address === first.address) keys = read
    } catch {
      // Whoever starts next is told; who runs goes on with what it has.
    }
    return keys
  }
}

function versionOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? null : `${found.ino} ${found.mtimeMs} ${found.size}`
}

/** There with its whole text or not at all: of several first starts one makes it. @returns false where there was one */
export async function makeKeyFile(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = await writeDraft(path, newKeys())
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(draft, { force: true })
  }
}

/** Whoever reads it finds the old keys or the new ones. @throws PostriderError unavailable */
export async function replaceKeyFile(path: string, keys: Keys): Promise<void> {
  try {
    await rename(await writeDraft(path, textOf(keys)), path)
  } catch (cause) {
    throw new PostriderError('unavailable', `cannot write ${path}: ${messageOf(cause)}`, { cause })
  }
}

async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  await file.writeFile(text)
  await file.sync()
  await file.close()
  return draft
}
