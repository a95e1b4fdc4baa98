import { createReadStream } from 'node:fs'
import { opendir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { PostriderError } from '../errors.ts'

export type NamedMail = Readonly<{
  /** Its path; `x.mbox#3` is the third mail of a mailbox file. */
  name: string
  raw: Buffer
}>

/** More than that of one mail nobody looks at. */
const MAIL_LIMIT = 32 * 1024 * 1024

/** The line that parts mails in a mailbox file (RFC 4155): `From ada@x.example Thu Jan  1 00:00:00 2026`. */
const SEPARATOR = /^From \S+.*\d{1,2}:\d{2}(?::\d{2})?.*\d{4}\s*$/

/**
 * Every mail in a file, a mailbox file, a folder (and those in it, by name) or, for `-`, on standard input.
 * @throws PostriderError bad-input
 */
export async function* mailsIn(path: string, stdin: Readable): AsyncGenerator<NamedMail> {
  if (path === '-') yield* mailsInStream('-', stdin, true)
  else if (await isFolder(path)) yield* mailsInFolder(path)
  else {
    const mayBeBox = extname(path).toLowerCase() !== '.eml'
    yield* mailsInStream(path, createReadStream(path), mayBeBox)
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file or folder' : message
    throw new PostriderError('bad-input', `${path}: ${why}`, { place: path, cause })
  }
}

async function* mailsInFolder(path: string): AsyncGenerator<NamedMail> {
  const names: string[] = []
  for await (const entry of await opendir(path)) {
    if (!entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory())) {
      names.push(entry.name)
    }
  }
  for (const name of names.sort()) yield* mailsIn(join(path, name), process.stdin)
}

/** Read as it comes: a mailbox file may be larger than the memory. */
async function* mailsInStream(
  name: string,
  stream: Readable,
  mayBeBox: boolean,
): AsyncGenerator<NamedMail> {
  let lines: Buffer[] = []
  let size = 0
  let count = 0
  let isBox = mayBeBox && /\.(?:mbox|mbx)$/i.test(name)
  const take = (): NamedMail => ({
    name: isBox ? `${name}#${count}` : name,
    raw: Buffer.concat(lines),
  })
  for await (const line of linesOf(stream)) {
    if (mayBeBox && line[0] === 0x46 && SEPARATOR.test(line.toString('latin1'))) {
      if (count > 0) {
        isBox = true
        yield take()
        lines = []
        size = 0
      }
      count += 1
    } else if (count === 0 && line.toString().trim() !== '') {
      // It opens with no separator: one mail, whatever stands in it.
      count = 1
      mayBeBox = false
    }
    size += line.length
    if (size <= MAIL_LIMIT) lines.push(line)
  }
  if (count > 0) yield take()
}

/** Lines with their ends. */
async function* linesOf(stream: Readable): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  for await (const chunk of stream) {
    let rest = chunk as Buffer
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      yield held.length === 0
        ? rest.subarray(0, at + 1)
        : Buffer.concat([...held, rest.subarray(0, at + 1)])
      held = []
      rest = rest.subarray(at + 1)
    }
    if (rest.length > 0) held.push(rest)
  }
  if (held.length > 0) yield Buffer.concat(held)
}
