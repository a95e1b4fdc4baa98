import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PostriderError } from '../errors.ts'

/**
 * Writes a file, and the folders it lies in.
 * @throws PostriderError bad-input: what stands in the way, in words; refused: it is there, and must not be
 */
export async function writeFileIn(
  file: string,
  content: string | Buffer,
  { isNew = false } = {},
): Promise<void> {
  await makeFolder(dirname(file))
  try {
    await writeFile(file, content, { flag: isNew ? 'wx' : 'w' })
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new PostriderError('refused', `${file} is there already: name another file`, { cause })
    }
    throw cannot(file, cause)
  }
}

/**
 * Step by step: in /proc, where nothing can be made, Node's own `recursive` tries for ever (seen in v20).
 * @throws PostriderError bad-input
 */
async function makeFolder(folder: string): Promise<void> {
  const made = await tryFolder(folder)
  if (made === null) return
  const parent = dirname(folder)
  if (codeOf(made) !== 'ENOENT' || parent === folder) throw cannot(folder, made)
  await makeFolder(parent)
  const again = await tryFolder(folder)
  if (again !== null) throw cannot(folder, again)
}

/** null: it is there now. */
async function tryFolder(folder: string): Promise<unknown> {
  try {
    await mkdir(folder)
    return null
  } catch (cause) {
    const isThere = await stat(folder).then(
      (about) => about.isDirectory(),
      () => false,
    )
    return isThere ? null : cause
  }
}

const codeOf = (cause: unknown) => (cause as NodeJS.ErrnoException).code

function cannot(path: string, cause: unknown): PostriderError {
  return new PostriderError('bad-input', `${path} ${whyNot(cause)}`, { place: path, cause })
}

function whyNot(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'EEXIST':
      return 'is a file: name a folder'
    case 'ENOTDIR':
      return 'would lie in a file: name a folder'
    case 'EISDIR':
      return 'is a folder: name a file'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'may not be written: name another place, or ask for the right to write there'
    case 'ENOENT':
      return 'cannot be made there: name another place'
    case 'ENOSPC':
      return 'has no room on its disk'
    case 'ENAMETOOLONG':
      return 'is too long a name'
    default:
      return `cannot be written: ${(cause as Error).message}`
  }
}
