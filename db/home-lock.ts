import { randomBytes } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PostriderError } from '../src/errors.ts'
import { isAlive, ownIdentity } from './process-identity.ts'

const POLL_MS = 50

/**
 * Runs `task` while no other process does so under `folder`. Node has no flock, so the lock is a row of files
 * `lock.<n>`: the highest one counts, its text is the holder, an empty one is free. Who wants it makes the next one,
 * which only one can, and only when the highest is free or its holder is dead: a kill -9 blocks nobody. The highest is
 * never deleted; that makes it safe against those who looked long ago.
 * @throws PostriderError unavailable when it is held for longer than `timeoutMs`
 */
export async function withLock<T>(
  folder: string,
  task: () => Promise<T>,
  timeoutMs = 180_000,
): Promise<T> {
  const path = await acquire(folder, Date.now() + timeoutMs)
  try {
    return await task()
  } finally {
    // The folder may be gone with what `task` erased.
    await truncate(path).catch(() => {})
  }
}

async function acquire(folder: string, deadline: number): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `draft.${randomBytes(8).toString('hex')}`)
  await writeFile(draft, await ownIdentity(), { flag: 'wx', mode: 0o600 })
  try {
    for (;;) {
      const highest = (await numbers(folder)).at(-1) ?? 0
      const holder = await holderOf(folder, highest)
      if (holder === null) {
        const path = await take(folder, draft, highest + 1)
        if (path !== null) return path
      } else if (Date.now() > deadline) {
        throw new PostriderError(
          'unavailable',
          `process ${holder.split('.')[0]} has held ${folder} for too long: is it stopped?`,
        )
      } else {
        await sleep(POLL_MS)
      }
    }
  } finally {
    await rm(draft, { force: true })
  }
}

async function take(folder: string, draft: string, number: number): Promise<string | null> {
  const path = join(folder, `lock.${number}`)
  try {
    // Not written but linked: it is there with its whole text or not at all.
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw error
  }
  const all = await numbers(folder)
  if (all.at(-1) !== number) {
    await rm(path, { force: true })
    return null
  }
  for (const old of all.slice(0, -1)) await rm(join(folder, `lock.${old}`), { force: true })
  return path
}

async function holderOf(folder: string, number: number): Promise<string | null> {
  const text = await readFile(join(folder, `lock.${number}`), 'utf8').catch(() => '')
  return text !== '' && (await isAlive(text)) ? text : null
}

async function numbers(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  return names
    .map((name) => Number(/^lock\.(\d+)$/.exec(name)?.[1]))
    .filter((number) => !Number.isNaN(number))
    .sort((a, b) => a - b)
}
