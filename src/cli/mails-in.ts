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

/** Read as it comes: a mailbox file may be larger than the memory, and nothing is cut into its lines. */
async function* mailsInStream(
  name: string,
  stream: Readable,
  mayBeBox: boolean,
): AsyncGenerator<NamedMail> {
  const isNamedBox = mayBeBox && /\.(?:mbox|mbx)$/i.test(name)
  let isBox: boolean | null = mayBeBox ? null : false
  let mail = startMail()
  let count = 0
  // What may belong to a separator whose line has not come whole.
  let rest: Buffer = Buffer.alloc(0)
  const nameOf = (isLast: boolean) =>
    isNamedBox || count > 1 || !isLast ? `${name}#${count}` : name
  for await (const chunk of stream) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer)
    isBox ??= opensWithSeparator(rest)
    if (isBox === null) continue
    for (let found = isBox ? separatorIn(rest, count === 0) : null; found !== null; ) {
      mail.add(rest.subarray(0, found.at))
      if (count > 0) yield { name: nameOf(false), raw: mail.take() }
      mail = startMail()
      count += 1
      rest = rest.subarray(found.end)
      found = separatorIn(rest, false)
    }
    const keep = isBox ? unsureOf(rest) : 0
    mail.add(rest.subarray(0, rest.length - keep))
    rest = rest.subarray(rest.length - keep)
  }
  mail.add(rest)
  count = Math.max(count, 1)
  const isFile = !isNamedBox && name !== '-'
  if (isFile || mail.size() > 0) yield { name: nameOf(true), raw: mail.take() }
}

/** Collects the octets of one mail, as far as anybody looks at them. */
function startMail() {
  const pieces: Buffer[] = []
  let size = 0
  return {
    add(piece: Buffer) {
      const part = piece.subarray(0, MAIL_LIMIT - size)
      // A copy: what it is cut from would stay in memory with it.
      if (part.length > 0) pieces.push(Buffer.from(part))
      size += part.length
    },
    size: () => size,
    take: () => Buffer.concat(pieces),
  }
}

/** null: its first line has not come whole. */
function opensWithSeparator(start: Buffer): boolean | null {
  const text = start.subarray(0, LINE_LIMIT).toString('latin1').trimStart()
  const end = text.indexOf('\n')
  if (end < 0) return text.length + 1 < LINE_LIMIT && start.length < LINE_LIMIT ? null : false
  return SEPARATOR.test(text.slice(0, end))
}

const LINE_LIMIT = 4_096
const FROM = Buffer.from('\nFrom ')

/** Where the next mail of the box begins. `at`: before the separator, `end`: behind it. */
function separatorIn(box: Buffer, isStart: boolean): { at: number; end: number } | null {
  for (let at = isStart ? 0 : box.indexOf(FROM); at >= 0; at = box.indexOf(FROM, at + 1)) {
    const from = at === 0 && box[0] !== 10 ? 0 : at + 1
    const end = box.indexOf(10, from)
    if (end < 0) return null
    const line = box.subarray(from, Math.min(end, from + LINE_LIMIT)).toString('latin1')
    if (SEPARATOR.test(line)) return { at: from, end: end + 1 }
  }
  return null
}

/** How many octets of its end may be the beginning of a separator. */
function unsureOf(box: Buffer): number {
  const at = box.lastIndexOf(10)
  const line = at < 0 ? box.length : box.length - at
  return Math.min(line, LINE_LIMIT)
}
