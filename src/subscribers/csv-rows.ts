import { type BadRow, type CsvInput, readCsvTable } from '../csv-table.ts'
import { PostriderError } from '../errors.ts'

export type CsvRow = Readonly<{
  /** Where it begins, 1-based. */
  line: number
  address: string
  /** Without those that are empty. */
  attributes: Readonly<Record<string, string>>
}>
export type ReaderTable = Readonly<{
  /** Names of the other columns, as they are stored. */
  attributes: readonly string[]
  rows: AsyncIterable<CsvRow | BadRow>
}>

const ADDRESS_COLUMNS = ['email', 'e-mail', 'email address', 'email_address', 'address']

/**
 * Readers of a file, one by one.
 * @throws PostriderError bad-input for a header without a column of addresses
 */
export async function readCsv(input: CsvInput): Promise<ReaderTable> {
  const { header, rows } = await readCsvTable(input)
  const columns = columnsOf(header)
  return {
    attributes: columns.names.filter((name) => name !== null),
    rows: readRows(rows, columns),
  }
}

type Columns = Readonly<{
  /** Index of the address. */
  address: number
  /** Attribute names; null: the address, or a column without a name. */
  names: readonly (string | null)[]
}>

async function* readRows(
  rows: AsyncIterable<Readonly<{ line: number; fields: readonly string[] }> | BadRow>,
  columns: Columns,
): AsyncGenerator<CsvRow | BadRow> {
  for await (const row of rows) yield 'what' in row ? row : readRow(row, columns)
}

function readRow(
  { line, fields }: Readonly<{ line: number; fields: readonly string[] }>,
  { address: index, names }: Columns,
): CsvRow | BadRow {
  // Attributes come from outside: `__proto__` is a name like any other here.
  const attributes: Record<string, string> = Object.create(null)
  for (const [column, name] of names.entries()) {
    const value = fields[column] ?? ''
    if (name !== null && value !== '') attributes[name] = value
  }
  const address = fields[index] ?? ''
  return address === '' ? { line, what: 'it has no address' } : { line, address, attributes }
}

function columnsOf(header: readonly string[]): Columns {
  const lower = header.map((name) => name.trim().toLowerCase())
  const address = ADDRESS_COLUMNS.map((name) => lower.indexOf(name)).find((index) => index >= 0)
  if (address === undefined) {
    throw bad(
      `the header line names no column "email" or "address"; it has ${lower.map((name) => `"${name}"`).join(', ')}`,
    )
  }
  const names = header.map((name, index) => (index === address ? null : attributeName(name)))
  const twice = names.find((name, index) => name !== null && names.indexOf(name) !== index)
  if (twice) throw bad(`the header line names "${twice}" twice`)
  return { address, names }
}

/** As a merge expression can say it: `First name` is `first_name`. Null for an empty one. */
function attributeName(header: string): string | null {
  const name = header.trim()
  if (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) return name
  const made = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '_')
  return made.replace(/^_+|_+$/g, '').replace(/^(?=\p{N})/u, '_') || null
}

function bad(message: string): PostriderError {
  return new PostriderError('bad-input', message, { place: 'line 1' })
}
