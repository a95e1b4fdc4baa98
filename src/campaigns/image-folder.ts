import { realpathSync, statSync } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { MOST_IMAGE_BYTES } from './image-kind.ts'

/** The folder that an issue's file lies in: what it may take along lies there or below. */
export type ImageFolder = Readonly<{
  /** By an address as written in the issue: relative to its file. */
  imageAt(address: string): 'here' | 'outside' | 'absent'
  read(address: string): Promise<Buffer | 'absent' | 'outside' | 'too-large'>
}>

export function imageFolder(issueFile: string): ImageFolder {
  const folder = dirname(resolve(issueFile))
  const pathOf = (address: string) => relativePath(address, folder)
  return {
    imageAt(address) {
      const path = pathOf(address)
      if (path === null) return 'absent'
      try {
        const real = realpathSync(path)
        if (!statSync(real).isFile()) return 'absent'
        return isWithin(real, realpathSync(folder)) ? 'here' : 'outside'
      } catch {
        return 'absent'
      }
    },
    async read(address) {
      const path = pathOf(address)
      if (path === null) return 'absent'
      try {
        // Links are resolved first, and what is read is the file that was looked at.
        const real = await realpath(path)
        if (!isWithin(real, await realpath(folder))) return 'outside'
        const about = await stat(real)
        if (!about.isFile()) return 'absent'
        return about.size > MOST_IMAGE_BYTES ? 'too-large' : await readFile(real)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
        return 'absent'
      }
    },
  }
}

/** Null for what is no path relative to the issue: other schemes, a site's root. */
function relativePath(address: string, folder: string): string | null {
  const [path = ''] = address.split(/[?#]/, 1)
  if (path === '' || path.includes('\0') || /^[a-z][a-z0-9+.-]*:|^[/\\]/i.test(path)) return null
  try {
    return resolve(folder, decodeURIComponent(path))
  } catch {
    return resolve(folder, path)
  }
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
