import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isAlive, ownIdentity } from '../../db/process-identity.ts'
import { PostriderError } from '../errors.ts'

/** What runs on a folder and a server of its own, and leaves neither behind. */
export type Scratching = 'demo' | 'bench'

/** The file that says that a folder is of a demo or bench, and may be erased; who runs in it stands inside. */
export const markerOf = (what: Scratching) => `postrider-${what}`

const FOLDERS = 9

/**
 * A fresh folder `.postrider-demo` (or `-2` … while other demos run here). What an earlier one left in it, killed or
 * not, is erased; a folder without the marker is never touched.
 * @throws PostriderError refused
 */
export async function openScratchHome(what: Scratching): Promise<string> {
  const name = `.postrider-${what}`
  for (let number = 1; number <= FOLDERS; number += 1) {
    const home = resolve(number === 1 ? name : `${name}-${number}`)
    if (await takeFolder(home, markerOf(what))) return home
  }
  throw new PostriderError('refused', `${FOLDERS} of ${what} run in this folder: end one of them`)
}

async function takeFolder(home: string, name: string): Promise<boolean> {
  const marker = join(home, name)
  if ((await lstat(home).catch(() => null)) !== null) {
    const owner = await readFile(marker, 'utf8').catch(() => null)
    if (owner === null || (await isAlive(owner.trim()))) return false
    await clean(home)
  }
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeFile(marker, `${await ownIdentity()}\n`)
  return true
}

/** The server's own traces stay until the new one has found and ended what ran on them. */
async function clean(home: string): Promise<void> {
  for (const name of ['catcher', 'catcher.json', 'secrets']) {
    await rm(join(home, name), { recursive: true, force: true })
  }
}

export async function closeScratchHome(home: string, what: Scratching): Promise<void> {
  if ((await lstat(join(home, markerOf(what))).catch(() => null)) === null) return
  await rm(home, { recursive: true, force: true })
}
