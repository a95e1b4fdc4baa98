import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isAlive, ownIdentity } from '../../../db/process-identity.ts'
import { PostriderError } from '../../errors.ts'

/** The file that says that a folder is a demo's and may be erased; who runs in it stands inside. */
export const DEMO_MARKER = 'postrider-demo'

const FOLDERS = 9

/**
 * A fresh folder `.postrider-demo` (or `-2` … while other demos run here). What an earlier demo left in it, killed or
 * not, is erased; a folder without the marker is never touched.
 * @throws PostriderError refused
 */
export async function openDemoHome(): Promise<string> {
  for (let number = 1; number <= FOLDERS; number += 1) {
    const home = resolve(number === 1 ? '.postrider-demo' : `.postrider-demo-${number}`)
    if (await takeFolder(home)) return home
  }
  throw new PostriderError('refused', `${FOLDERS} demos run in this folder: end one of them`)
}

async function takeFolder(home: string): Promise<boolean> {
  const marker = join(home, DEMO_MARKER)
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

export async function closeDemoHome(home: string): Promise<void> {
  if ((await lstat(join(home, DEMO_MARKER)).catch(() => null)) === null) return
  await rm(home, { recursive: true, force: true })
}
