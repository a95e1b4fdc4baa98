import { createReadStream, type ReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { PostriderError } from '../errors.ts'

/**
 * A file to be read row by row; looked at before anything is opened for it.
 * @returns opens it
 * @throws PostriderError bad-input where there is none, or a folder
 */
export async function csvFile(path: string): Promise<() => ReadStream> {
  const why = await whyUnfit(path)
  if (why !== null) throw new PostriderError('bad-input', `${path}: ${why}`, { place: path })
  return () => createReadStream(path)
}

async function whyUnfit(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).isDirectory()) return 'this is a folder: name the CSV file in it'
    await access(path, constants.R_OK)
    return null
  } catch {
    return 'there is no such file that can be read'
  }
}
