import { existsSync, readdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from './processes.ts'
import { scratchFolder } from './test-server.ts'

export type FakeClock = Readonly<{
  /** For the process whose clock it is to be. */
  env: Environment
  /** From now on it is so much later (`+2d`) or earlier (`-2d`) there. */
  jump(offset: string): Promise<void>
  remove(): Promise<void>
}>

/** The wall clock of one process, by libfaketime; time that is only counted (`performance.now`) goes on as it is. */
export async function fakeClock(): Promise<FakeClock> {
  const folder = await scratchFolder('clock')
  const file = join(folder, 'offset')
  const jump = (offset: string) => writeFile(file, `${offset}\n`)
  await jump('+0')
  return {
    env: {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    jump,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function library(): string {
  const paths = readdirSync('/usr/lib').map((name) =>
    join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'),
  )
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) throw new Error('faketime is here, and its library is not')
  return found
}
