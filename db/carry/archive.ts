import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { link, open, rm, stat } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as yauzl from 'yauzl'
import { ZipFile } from 'yazl'
import { z } from 'zod'
import { messageOf, PostriderError } from '../../src/errors.ts'
import type { CarriedTable, Contents, Snapshot } from './snapshot.ts'

/** A zip file: COPY's text of each table, and at its end what they must be on the way back. */
const MANIFEST = 'manifest.json'
const entryOf = (table: CarriedTable) => `${table.name}.copy`

const manifestSchema = z.strictObject({
  postrider: z.literal(1),
  takenAt: z.iso.datetime(),
  migrations: z.array(z.string()),
  partitions: z.array(z.string().regex(/^\d+$/)),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.string()).min(1),
      rows: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})
type Manifest = z.infer<typeof manifestSchema>

export type Archived = Readonly<{ tables: number; rows: number; bytes: number; takenAt: Date }>

/**
 * Writes the snapshot to `path`, which must not be there: whole, or not at all. Only its owner may read it.
 * @throws PostriderError refused, unavailable
 */
export async function writeArchive(path: string, snapshot: Snapshot): Promise<Archived> {
  const draft = `${path}.part`
  try {
    await rm(draft, { force: true })
    const tables = await zip(draft, snapshot)
    await settle(draft, path)
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    const { takenAt } = snapshot.contents
    return { tables: tables.length, rows, bytes: (await stat(path)).size, takenAt }
  } catch (error) {
    throw unwritable(path, error)
  } finally {
    await rm(draft, { force: true })
  }
}

async function zip(draft: string, { contents, read }: Snapshot): Promise<Manifest['tables']> {
  const file = new ZipFile()
  const written: Manifest['tables'] = []
  const failed = new Promise<never>((_, reject) => file.on('error', reject))
  for (const table of contents.tables) {
    file.addReadStreamLazy(entryOf(table), (pass) => {
      const copy = read(table)
      const measured = measure((sha256) => {
        written.push({ ...table, columns: [...table.columns], rows: copy.rowCount, sha256 })
      })
      copy.on('error', (error) => measured.destroy(error))
      measured.on('error', (error) => file.emit('error', error))
      pass(null, copy.pipe(measured))
    })
  }
  file.addReadStreamLazy(MANIFEST, (pass) => {
    const { takenAt, migrations, partitions } = contents
    const manifest = {
      ...{ postrider: 1, takenAt: takenAt.toISOString(), migrations, partitions },
      tables: written,
    }
    pass(null, Readable.from([Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)]))
  })
  file.end()
  const out = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true })
  await Promise.race([pipeline(file.outputStream, out), failed])
  return written
}

/** Passes everything on; tells the SHA-256 of it at its end. */
function measure(done: (sha256: string) => void): PassThrough {
  const hash = createHash('sha256')
  return new PassThrough({
    transform(chunk, _encoding, next) {
      hash.update(chunk)
      next(null, chunk)
    },
    flush(next) {
      done(hash.digest('hex'))
      next()
    },
  })
}

/** Takes the name it is to have, which nobody else can have taken meanwhile. */
async function settle(draft: string, path: string): Promise<void> {
  await link(draft, path)
  const folder = await open(new URL('.', `file://${path}`).pathname).catch(() => null)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

function unwritable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EEXIST') return new PostriderError('refused', `${path} is there already`)
  if (['ENOENT', 'EACCES', 'EPERM', 'ENOSPC', 'EROFS', 'ENOTDIR'].includes(code ?? '')) {
    return new PostriderError('unavailable', `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
    })
  }
  return error
}

export type Archive = Readonly<{
  contents: Contents
  read(table: CarriedTable): Promise<Readable>
  /** @throws PostriderError bad-input where what was read of the table is not what was written */
  verify(table: CarriedTable, rows: number): void
  /** For what Postgres does not take. */
  unfit(table: CarriedTable, error: Error): PostriderError
  close(): void
}>

/** @throws PostriderError bad-input for what is no backup, or not a whole one */
export async function openArchive(path: string): Promise<Archive> {
  const options = { autoClose: false, lazyEntries: true }
  const file = await yauzl.openPromise(path, options).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  try {
    const entries = await entriesOf(file)
    const manifest = await readManifest(path, file, entries)
    return archiveOf(path, file, entries, manifest)
  } catch (error) {
    file.close()
    throw unreadable(path, error)
  }
}

function entriesOf(file: yauzl.ZipFile): Promise<Map<string, yauzl.Entry>> {
  const entries = new Map<string, yauzl.Entry>()
  return new Promise((resolve, reject) => {
    file.on('entry', (entry) => {
      entries.set(entry.fileName, entry)
      file.readEntry()
    })
    file.once('end', () => resolve(entries))
    file.once('error', reject)
    file.readEntry()
  })
}

function archiveOf(
  path: string,
  file: yauzl.ZipFile,
  entries: ReadonlyMap<string, yauzl.Entry>,
  manifest: Manifest,
): Archive {
  const read = new Map<string, string>()
  return {
    contents: { ...manifest, takenAt: new Date(manifest.takenAt) },
    async read(table) {
      const entry = entries.get(entryOf(table))
      if (entry === undefined) throw damaged(path, `${entryOf(table)} is missing`)
      const stream = await file.openReadStreamPromise(entry)
      const measured = measure((sha256) => read.set(table.name, sha256))
      stream.on('error', (error) => measured.destroy(damaged(path, messageOf(error))))
      return stream.pipe(measured)
    },
    verify({ name }, rows) {
      const written = manifest.tables.find((table) => table.name === name)
      if (written === undefined || written.sha256 !== read.get(name)) {
        throw damaged(path, `table ${name} is not what was written`)
      }
      if (written.rows !== rows) {
        throw damaged(path, `table ${name} had ${written.rows} rows, and ${rows} came back`)
      }
    },
    unfit: ({ name }, error) => damaged(path, `table ${name}: ${error.message}`),
    close: () => file.close(),
  }
}

async function readManifest(
  path: string,
  file: yauzl.ZipFile,
  entries: ReadonlyMap<string, yauzl.Entry>,
): Promise<Manifest> {
  const entry = entries.get(MANIFEST)
  if (entry === undefined) throw damaged(path, `it has no ${MANIFEST}`)
  const chunks: Buffer[] = []
  for await (const chunk of await file.openReadStreamPromise(entry)) chunks.push(chunk)
  const parsed = manifestSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw damaged(path, `${MANIFEST}, ${issue?.path.join('.')}: ${issue?.message}`)
  }
  return parsed.data
}

const damaged = (path: string, why: string) =>
  new PostriderError('bad-input', `${path} is no whole backup: ${why}`, { place: path })

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof PostriderError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || code === 'EISDIR') return damaged(path, messageOf(error))
  return new PostriderError('unavailable', `cannot read ${path}: ${messageOf(error)}`, {
    ...{ place: path, cause: error },
  })
}
