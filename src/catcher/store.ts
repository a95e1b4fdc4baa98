import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeWords } from 'postal-mime'

/** A mail that was caught: one for each recipient. */
export type CaughtMessage = Readonly<{
  id: string
  /** Envelope, not header. */
  from: string
  to: string
  receivedAt: Date
  subject: string
  octets: number
  /** As it came over the wire, dots taken out. */
  raw(): Promise<Buffer>
}>

export type Store = Readonly<{
  /** On the disk when it resolves. `owesReport`: remembered until `reportDone`. */
  keep(mail: { from: string; to: string; raw: Buffer; owesReport: boolean }): Promise<CaughtMessage>
  count(): number
  /** In the order in which they came. */
  messages(): CaughtMessage[]
  find(id: string): CaughtMessage | undefined
  owed(): Promise<CaughtMessage[]>
  reportDone(id: string): Promise<void>
}>

const SUFFIX = '.eml'
const TRACE_LIMIT = 4096

/**
 * A folder with one .eml a mail: our trace header (RFC 5321 4.4) and then the octets as they came. A name sorts by
 * the time of receipt. `reports/` holds a file for each report that is still owed.
 */
export async function openStore(dir: string): Promise<Store> {
  const reports = join(dir, 'reports')
  await mkdir(reports, { recursive: true, mode: 0o700 })
  const caught = new Map<string, CaughtMessage>()
  for (const name of (await readdir(dir)).toSorted()) {
    const message = name.endsWith(SUFFIX) ? await readBack(dir, name) : null
    if (message) caught.set(message.id, message)
  }
  let last = 0
  const nextId = () => {
    last = Math.max(last + 1, Date.now())
    return `${last.toString(36).padStart(9, '0')}-${randomBytes(5).toString('hex')}`
  }
  return {
    async keep({ from, to, raw, owesReport }) {
      const id = nextId()
      const receivedAt = new Date(Number.parseInt(id, 36))
      if (owesReport) await writeFile(join(reports, id), '')
      const path = join(dir, `${id}${SUFFIX}`)
      await writeDurably(path, Buffer.concat([trace(from, to, receivedAt), raw]))
      const message = toCaught({ id, from, to, receivedAt, raw, path })
      caught.set(id, message)
      return message
    },
    count: () => caught.size,
    messages: () => [...caught.values()],
    find: (id) => caught.get(id),
    async owed() {
      const ids = (await readdir(reports)).toSorted()
      return ids.flatMap((id) => caught.get(id) ?? [])
    },
    reportDone: (id) => rm(join(reports, id), { force: true }),
  }
}

/** Whole or not at all: a name ending in .eml is only ever given to what is on the disk. */
async function writeDurably(path: string, content: Buffer): Promise<void> {
  const file = await open(`${path}.part`, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
}

function trace(from: string, to: string, receivedAt: Date): Buffer {
  const date = receivedAt.toISOString()
  return Buffer.from(`Return-Path: <${from}>\r\nDelivered-To: ${to}\r\nX-Received-At: ${date}\r\n`)
}

const TRACE = /^Return-Path: <(.*)>\r\nDelivered-To: (.*)\r\nX-Received-At: (.*)\r\n/

async function readBack(dir: string, name: string): Promise<CaughtMessage | null> {
  const path = join(dir, name)
  const content = await readFile(path)
  const [head, from, to, date] = TRACE.exec(content.toString('latin1', 0, TRACE_LIMIT)) ?? []
  if (head === undefined || from === undefined || to === undefined) return null
  const id = name.slice(0, -SUFFIX.length)
  const raw = content.subarray(head.length)
  return toCaught({ id, from, to, receivedAt: new Date(date ?? 0), raw, path })
}

function toCaught(mail: {
  id: string
  from: string
  to: string
  receivedAt: Date
  raw: Buffer
  path: string
}): CaughtMessage {
  const { id, from, to, receivedAt, path } = mail
  const octets = mail.raw.length
  return Object.freeze({
    id,
    from,
    to,
    receivedAt,
    octets,
    subject: subjectOf(mail.raw),
    async raw() {
      const content = await readFile(path)
      return content.subarray(content.length - octets)
    },
  })
}

function subjectOf(raw: Buffer): string {
  const end = raw.indexOf('\r\n\r\n')
  const header = raw.toString('utf8', 0, end < 0 ? raw.length : end)
  const value = /^subject:[ \t]*(.*(?:\r?\n[ \t]+.*)*)/im.exec(header)?.[1] ?? ''
  return decodeWords(value.replace(/\r?\n(?=[ \t])/g, '')).trim()
}
