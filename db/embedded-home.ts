import { randomBytes } from 'node:crypto'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PostriderError } from '../src/errors.ts'
import { findBinaries, serverUser } from './postgres-binaries.ts'
import { type Cluster, endServerOver, makeServerFolder } from './postgres-server.ts'
import { isAlive, ownIdentity } from './process-identity.ts'

/** `marker`: the file that says that a folder may be erased. */
export type Scratch = Readonly<{ marker: string }>

export type HomeOptions = Readonly<{ home: string; scratch: Scratch | null; underRoot: string }>

const SCRATCH_PREFIX = 'postrider-scratch-'

/** What we keep of the server in the home: lock, who is attached, password, port, and where the data are. */
export const keeping = (home: string) => join(home, 'postgres')

/**
 * Where the server of this home is or will be, with its password. Scratch: a temp folder with a marker. Root: under
 * /var/lib/postrider, since the home is often closed to `nobody`. Otherwise in the home.
 * @throws PostriderError wrong-state where another user made it
 */
export async function openCluster(options: HomeOptions): Promise<Cluster> {
  const { home } = options
  const user = await serverUser()
  const place = options.scratch
    ? await scratchPlace(home, options.scratch)
    : user
      ? await rootPlace(home, options.underRoot)
      : await ownPlace(home)
  const folder = join(place.folder, 'server')
  await makeServerFolder(folder, user)
  return {
    binaries: await findBinaries(user, place.programs),
    folder,
    password: await readPassword(home, folder),
  }
}

type Place = Readonly<{ folder: string; programs: string }>

async function ownPlace(home: string): Promise<Place> {
  const elsewhere = await readKept(home, 'folder')
  if (elsewhere !== null) {
    throw new PostriderError(
      'wrong-state',
      `${home} was made by root, with its data in ${elsewhere}: run this as root, or use another POSTRIDER_HOME`,
    )
  }
  return { folder: keeping(home), programs: keeping(home) }
}

async function rootPlace(home: string, underRoot: string): Promise<Place> {
  const inHome = await lstat(join(keeping(home), 'server')).catch(() => null)
  if (inHome !== null) {
    throw new PostriderError(
      'wrong-state',
      `${home} was made by user id ${inHome.uid}, and this is root: run this as that user, or use another POSTRIDER_HOME`,
    )
  }
  const folder = (await readKept(home, 'folder')) ?? join(underRoot, randomBytes(8).toString('hex'))
  await makeOpenFolder(underRoot)
  await makeOpenFolder(folder)
  await claimFolder(folder, await realpath(home))
  await keep(home, 'folder', folder)
  return { folder, programs: underRoot }
}

/** `nobody` must get through, whatever the umask is. */
async function makeOpenFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
}

/** A copied home would run on the same data as its original; a moved one takes them along. */
async function claimFolder(folder: string, home: string): Promise<void> {
  const path = join(folder, 'home')
  const owner = await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  )
  if (owner === home) return
  if (owner !== null && (await readKept(owner, 'folder')) === folder) {
    throw new PostriderError(
      'wrong-state',
      `${folder} belongs to ${owner}, of which ${home} is a copy: remove ${keeping(home)} for a fresh start`,
    )
  }
  await writeFile(path, `${home}\n`, { mode: 0o644 })
}

async function scratchPlace(home: string, scratch: Scratch): Promise<Place> {
  const known = await readKept(home, 'folder')
  if (known !== null && (await isScratchOf(known, scratch, await realpath(home)))) {
    return { folder: known, programs: known }
  }
  const folder = await mkdtemp(join(await realpath(tmpdir()), SCRATCH_PREFIX))
  await writeFile(join(folder, scratch.marker), `${await realpath(home)}\n`)
  await makeOpenFolder(folder)
  await keep(home, 'folder', folder)
  return { folder, programs: folder }
}

/** Erases what earlier scratch servers of this home left behind, running or not, wherever the home went since. */
export async function clearScratch(home: string, scratch: Scratch): Promise<void> {
  const root = await realpath(tmpdir())
  for (const name of await readdir(root)) {
    const folder = join(root, name)
    if (!name.startsWith(SCRATCH_PREFIX)) continue
    if (await isScratchOf(folder, scratch, await realpath(home))) await eraseScratch(folder)
  }
  for (const name of ['folder', 'port', 'password']) {
    await rm(join(keeping(home), name), { force: true })
  }
}

async function eraseScratch(folder: string): Promise<void> {
  await endServerOver(join(folder, 'server'))
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

async function isScratchOf(folder: string, scratch: Scratch, home: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null)
  if (!found?.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) return false
  const owner = await readFile(join(folder, scratch.marker), 'utf8').catch(() => '')
  return owner.trim() === home
}

async function readPassword(home: string, folder: string): Promise<string> {
  const known = await readKept(home, 'password')
  if (known !== null) return known
  if ((await lstat(join(folder, 'data')).catch(() => null)) !== null) {
    throw new PostriderError(
      'wrong-state',
      `${join(keeping(home), 'password')} is gone, and the data in ${folder} open to nothing else: put it back`,
    )
  }
  const password = randomBytes(24).toString('base64url')
  await keep(home, 'password', password)
  return password
}

/** Whether data were ever made here: then a folder without any has lost them. */
export async function hadData(home: string): Promise<boolean> {
  return (await readKept(home, 'made')) !== null
}

/** Once the data are there whole: a first start that was killed before is begun anew. */
export async function noteData(home: string): Promise<void> {
  if (!(await hadData(home))) await keep(home, 'made', new Date().toISOString())
}

/** Where the data went, or null: they are used here. */
export async function movedTo(home: string): Promise<string | null> {
  return await readKept(home, 'moved')
}

/** Under the lock. @returns what takes it back */
export async function noteMoved(home: string, to: string): Promise<() => Promise<void>> {
  await keep(home, 'moved', to)
  return () => rm(join(keeping(home), 'moved'), { force: true })
}

export async function readPort(home: string): Promise<number | null> {
  return Number(await readKept(home, 'port')) || null
}

export async function keepPort(home: string, port: number): Promise<void> {
  if ((await readPort(home)) !== port) await keep(home, 'port', String(port))
}

async function readKept(home: string, name: string): Promise<string | null> {
  try {
    return (await readFile(join(keeping(home), name), 'utf8')).trim() || null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function keep(home: string, name: string, text: string): Promise<void> {
  const path = join(keeping(home), name)
  await rm(path, { force: true })
  const file = await open(path, 'wx', 0o600)
  await file.writeFile(`${text}\n`)
  await file.sync()
  await file.close()
}

/** Says that this process uses the server. Under the lock only. @returns what takes it back, under the lock */
export async function signIn(home: string): Promise<() => Promise<void>> {
  const folder = join(keeping(home), 'attached')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${await ownIdentity()}.${randomBytes(4).toString('hex')}`)
  await writeFile(path, '', { mode: 0o600 })
  return () => rm(path, { force: true })
}

/** How many use the server, without the dead. Under the lock only. */
export async function countAttached(home: string): Promise<number> {
  const folder = join(keeping(home), 'attached')
  const names = await readdir(folder).catch(() => [])
  let alive = 0
  for (const name of names) {
    if (await isAlive(name.slice(0, name.lastIndexOf('.')))) alive += 1
    else await rm(join(folder, name), { force: true })
  }
  return alive
}

/** Under the lock, when nobody is attached any more. */
export async function removeScratch(cluster: Cluster): Promise<void> {
  await eraseScratch(dirname(cluster.folder))
}
