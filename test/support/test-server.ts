import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinaries, serverUser } from '../../db/postgres-binaries.ts'
import {
  type Cluster,
  endServerOver,
  initCluster,
  makeServerFolder,
  startOnFreePort,
  stopServer,
} from '../../db/postgres-server.ts'
import { isAlive, ownIdentity } from '../../db/process-identity.ts'

const PREFIX = 'postrider-test-'
/** Only a folder that bears it is ever erased. Its content is the process that made it. */
const MARKER = 'postrider-test-folder'

export type TestServer = Readonly<{ cluster: Cluster; port: number; stop(): Promise<void> }>

/**
 * A server of this run's own: free port, temp folder with a marker, fsync off.
 * @param on given the folder before anything is in it; what it returns is undone at the end
 */
export async function startTestServer(
  on: (root: string) => () => void = () => () => {},
): Promise<TestServer> {
  await clearOrphans()
  const root = await mkdtemp(join(tmpdir(), PREFIX))
  const undo = on(root)
  await chmod(root, 0o755)
  await writeFile(join(root, MARKER), await ownIdentity())
  const user = await serverUser()
  const folder = join(root, 'postgres')
  await makeServerFolder(folder, user)
  const cluster: Cluster = {
    binaries: await findBinaries(user, join(root, 'programs')),
    folder,
    password: randomBytes(24).toString('base64url'),
  }
  await initCluster(cluster, { sync: false })
  const port = await startOnFreePort(cluster, { fsync: false })
  return {
    cluster,
    port,
    async stop() {
      await stopServer(cluster, 'immediate')
      undo()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** What a run that was killed left behind: its server and its folder. */
async function clearOrphans(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX))
  for (const root of names.map((name) => join(tmpdir(), name))) {
    const owner = await readFile(join(root, MARKER), 'utf8').catch(() => null)
    if (owner === null || (await isAlive(owner.trim()))) continue
    await endServerOver(join(root, 'postgres'))
    await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }).catch(
      () => {},
    )
  }
}

/** A folder of a test's own, erased by the one who made it. */
export async function scratchFolder(name: string): Promise<string> {
  await mkdir(tmpdir(), { recursive: true })
  return mkdtemp(join(tmpdir(), `${PREFIX}${name}-`))
}
