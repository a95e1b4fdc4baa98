import { chmod, cp, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { locatePackage, prepareBinaries, serverUser } from '../../db/postgres-binaries.ts'
import {
  initCluster,
  knock,
  makeServerFolder,
  startOnFreePort,
  stopServer,
} from '../../db/postgres-server.ts'
import { rootTest } from '../support/programs.ts'
import { scratchFolder } from '../support/test-server.ts'

let root: string
let native: string
let version: string

beforeEach(async () => {
  root = await scratchFolder('binaries')
  await chmod(root, 0o755)
  const found = await locatePackage()
  version = found.version
  native = join(root, 'checkout', 'native')
  await mkdir(join(root, 'checkout'))
  await cp(found.native, native, { recursive: true, verbatimSymlinks: true })
  // Whatever the umask of the install was: a test closes it where it means to.
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755)
  }
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** As npm leaves it under --ignore-scripts. */
async function withoutSymlinks(): Promise<string[]> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  const paths = list.map((link: { target: string }) => join(native, '..', link.target))
  for (const path of paths) await rm(path, { force: true })
  return paths
}

test('makes the symlinks that the install script would have made, and the programs run', async () => {
  const links = await withoutSymlinks()
  expect(links.length).toBeGreaterThan(5)
  const user = await serverUser()
  const all = await Promise.all(
    [1, 2, 3].map(() => prepareBinaries({ native, version }, user, join(root, 'copy'))),
  )
  for (const { bin } of all) expect(bin).toBe(join(native, 'bin'))
  for (const link of links) expect((await lstat(link)).isSymbolicLink()).toBe(true)
})

rootTest(
  'a checkout that nobody cannot enter is copied once, and the copy makes and runs a server',
  async () => {
    await withoutSymlinks()
    // What an install under umask 077 in /root leaves.
    for (const name of ['bin/postgres', 'bin/initdb', 'bin/pg_ctl']) {
      await chmod(join(native, name), 0o700)
    }
    await chmod(join(root, 'checkout'), 0o700)
    const before = process.umask(0o077)
    try {
      const user = await serverUser()
      const copyTo = join(root, 'copy')
      const [binaries] = await Promise.all(
        [1, 2].map(() => prepareBinaries({ native, version }, user, copyTo)),
      )
      if (!binaries) throw new Error('unreachable')
      expect(binaries.bin).toBe(join(copyTo, `postgres-${version}`, 'bin'))
      expect(await readdir(copyTo)).toEqual([`postgres-${version}`])
      const folder = join(root, 'server')
      await makeServerFolder(folder, user)
      const cluster = { binaries, folder, password: 'secret' }
      await initCluster(cluster, { sync: false })
      const port = await startOnFreePort(cluster, { fsync: false })
      expect(await knock(cluster, port)).toBe('ours')
      await stopServer(cluster)
      expect(await knock(cluster, port)).toBe('silent')
    } finally {
      process.umask(before)
    }
  },
)
