import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What tests may ask for beyond npm packages; `npm run test:setup` installs them all. */
export type Program =
  | 'redis-server'
  | 'smtp-sink'
  | 'smtp-source'
  | 'chromium'
  | 'python3'
  | 'dkimverify'
  | 'dovecot'
  | 'faketime'
  | 'postfix'
  | 'postmap'
  | 'postqueue'

/** Its path, or null. Debian keeps servers where an ordinary user's PATH does not look. */
export function findProgram(name: Program): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find(canRun) ?? null
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
