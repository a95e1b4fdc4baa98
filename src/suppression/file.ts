import type { Db } from '../../db/client.ts'
import { standingSuppressions } from '../../db/queries/suppressions.ts'
import type { SuppressionReason } from '../../db/types.ts'
import { type BadRow, type CsvInput, readCsvTable } from '../csv-table.ts'
import { PostriderError } from '../errors.ts'
import { parseAddress } from '../mail/address.ts'
import type { Secrets } from '../secrets.ts'
import { type Suppress, suppressAll } from './suppression.ts'

const COLUMNS = ['email', 'hash', 'key', 'reason', 'since', 'expires', 'note'] as const
const REASONS: readonly SuppressionReason[] = ['hard-bounce', 'soft-bounce', 'complaint', 'manual']
const PIECE = 5_000

/** Which key the hashes of addresses are made with: another installation's cannot be found here. */
function keyOf(secrets: Secrets): string {
  return secrets.fingerprints.get(0)?.toString('hex') ?? ''
}

/**
 * All that stands, as CSV: the address where it is known, and its hash always, so that what was erased stays suppressed
 * in a copy.
 */
export async function* exportSuppressions(db: Db, secrets: Secrets): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`
  for await (const rows of standingSuppressions(db, PIECE)) {
    const lines = rows.map((row) => [
      ...[row.address ?? '', row.addressHash.toString('hex'), keyOf(secrets), row.reason],
      ...[row.createdAt.toISOString(), row.expiresAt?.toISOString() ?? '', row.note],
    ])
    yield lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('')
  }
}

/** RFC 4180; what a spreadsheet would take for a formula is kept from being one. */
function quoted(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export type SuppressionImport = Readonly<{
  dryRun: boolean
  rows: number
  suppressed: number
  /** One stood that is as strong and lasts as long. */
  already: number
  duplicates: number
  /** Their time was over before. */
  expired: number
  bad: readonly BadRow[]
}>

/**
 * A file of addresses that must not be mailed: `email` or `hash`, and where it says so `reason`, `expires` and `note`.
 * Without a reason it is the editor's word, which the editor alone takes back.
 * @throws PostriderError bad-input for a header without either; never for a row
 */
export async function importSuppressions(
  db: Db,
  secrets: Secrets,
  input: Readonly<{ csv: CsvInput; note: string; dryRun?: boolean }>,
  now: Date,
): Promise<SuppressionImport> {
  const { header, rows } = await readCsvTable(input.csv)
  const columns = columnsOf(header)
  const bad: BadRow[] = []
  const seen = new Set<string>()
  const count = { rows: 0, suppressed: 0, already: 0, duplicates: 0, expired: 0 }
  let piece: Suppress[] = []
  const flush = async () => {
    const made = await write(db, piece, input.dryRun === true)
    count.suppressed += made
    count.already += piece.length - made
    piece = []
  }
  for await (const row of rows) {
    count.rows += 1
    const read = 'what' in row ? row : readRow(row, columns, secrets, input.note)
    if ('what' in read) bad.push(read)
    else if (read.expiresAt && read.expiresAt <= now) count.expired += 1
    else if (seen.has(read.addressHash.toString('hex'))) count.duplicates += 1
    else {
      seen.add(read.addressHash.toString('hex'))
      if (piece.push(read) >= PIECE) await flush()
    }
  }
  await flush()
  return { dryRun: input.dryRun === true, ...count, bad }
}

/** Tried in earnest and undone, so that it says what would be. */
async function write(db: Db, piece: readonly Suppress[], dryRun: boolean): Promise<number> {
  if (piece.length === 0) return 0
  const undo = new Error('a dry run')
  let made = 0
  const writing = db.transaction().execute(async (trx) => {
    made = (await suppressAll(trx, piece)).size
    if (dryRun) throw undo
  })
  await writing.catch((error: unknown) => {
    if (error !== undo) throw error
  })
  return made
}

type Column = (typeof COLUMNS)[number]
type Columns = Readonly<Partial<Record<Column, number>>>
const OTHER_NAMES: Readonly<Record<string, Column>> = {
  ...{ 'e-mail': 'email', 'email address': 'email', email_address: 'email', address: 'email' },
  ...{ expires_at: 'expires', comment: 'note' },
}

function columnsOf(header: readonly string[]): Columns {
  const columns: Partial<Record<Column, number>> = {}
  for (const [index, given] of header.entries()) {
    const name = given.trim().toLowerCase()
    const column = OTHER_NAMES[name] ?? COLUMNS.find((each) => each === name)
    if (column !== undefined) columns[column] ??= index
  }
  if (columns.email !== undefined || columns.hash !== undefined) return columns
  throw new PostriderError(
    'bad-input',
    `the header line names no column "email" or "hash"; it has ${header.map((name) => `"${name}"`).join(', ')}`,
    { place: 'line 1' },
  )
}

function readRow(
  { line, fields }: Readonly<{ line: number; fields: readonly string[] }>,
  columns: Columns,
  secrets: Secrets,
  note: string,
): Suppress | BadRow {
  const value = (name: Column) => fields[columns[name] ?? -1] ?? ''
  const reason = value('reason').toLowerCase() || 'manual'
  if (!REASONS.includes(reason as SuppressionReason)) {
    return { line, what: `"${reason}" is none of ${REASONS.join(', ')}` }
  }
  const expires = value('expires') === '' ? null : new Date(value('expires'))
  if (expires !== null && Number.isNaN(expires.getTime())) {
    return { line, what: `"${value('expires')}" is no time such as 2027-01-31` }
  }
  const whose = readWhose(value('email').replace(/^'/, ''), value('hash'), value('key'), secrets)
  if ('what' in whose) return { line, what: whose.what }
  const words = value('note') || note
  return { ...whose, reason: reason as SuppressionReason, expiresAt: expires, note: words }
}

/** The address decides; a hash alone is worth something only where the same key made it. */
function readWhose(
  email: string,
  hash: string,
  key: string,
  secrets: Secrets,
): Pick<Suppress, 'address' | 'addressHash'> | { what: string } {
  if (email !== '') {
    const parsed = parseAddress(email)
    if (!parsed.ok) return { what: parsed.why }
    return { address: parsed.value.address, addressHash: secrets.addressHash(parsed.value.key) }
  }
  if (hash === '') return { what: 'it has no address' }
  if (!/^[0-9a-f]{32}$/i.test(hash)) return { what: `"${hash}" is no hash of an address` }
  if (key !== keyOf(secrets)) return { what: 'its hash was made with another key than ours' }
  return { address: null, addressHash: Buffer.from(hash, 'hex') }
}
