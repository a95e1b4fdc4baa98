import { CsvError, parse } from 'csv-parse/sync'
import { PostriderError } from '../errors.ts'
import { type CsvPiece, csvRecords } from './csv-records.ts'

/** Text, or what a file's stream gives: octets in UTF-8, with or without a byte order mark. */
export type CsvInput = string | AsyncIterable<string | Uint8Array>

export type CsvRow = Readonly<{
  /** Where it begins, 1-based. */
  line: number
  address: string
  /** Without those that are empty. */
  attributes: Readonly<Record<string, string>>
}>
export type BadRow = Readonly<{ line: number; what: string }>
export type CsvTable = Readonly<{
  /** Names of the other columns, as they are stored. */
  attributes: readonly string[]
  rows: AsyncIterable<CsvRow | BadRow>
}>

const BATCH = 500
const LONGEST_VALUE = 10_000
const ADDRESS_COLUMNS = ['email', 'e-mail', 'email address', 'email_address', 'address']

/**
 * The header line, and the rows below it, one by one. The delimiter is the header's: comma, semicolon or tab.
 * @throws PostriderError bad-input for a header without a column of addresses
 */
export async function readCsv(input: CsvInput): Promise<CsvTable> {
  let delimiter = ','
  const pieces = csvRecords(decode(input), (header) => {
    delimiter = delimiterOf(header)
    return delimiter
  })
  const header = await firstRecord(pieces)
  const columns = columnsOf(cut(header.text, delimiter)?.[0] ?? [])
  return {
    attributes: columns.names.filter((name) => name !== null),
    rows: readRows(pieces, columns, delimiter),
  }
}

type Columns = Readonly<{
  /** Index of the address. */
  address: number
  /** Attribute names; null: the address, or a column without a name. */
  names: readonly (string | null)[]
}>

async function* readRows(
  pieces: AsyncIterable<CsvPiece>,
  columns: Columns,
  delimiter: string,
): AsyncGenerator<CsvRow | BadRow> {
  let batch: CsvPiece[] = []
  for await (const piece of pieces) {
    if ('text' in piece && piece.text.trim() === '') continue
    if (batch.push(piece) < BATCH) continue
    yield* readBatch(batch, columns, delimiter)
    batch = []
  }
  yield* readBatch(batch, columns, delimiter)
}

function* readBatch(
  batch: readonly CsvPiece[],
  columns: Columns,
  delimiter: string,
): Generator<CsvRow | BadRow> {
  const texts = batch.flatMap((piece) => ('text' in piece ? [piece.text] : []))
  const records = cut(texts.join('\n'), delimiter)
  // Should the library see other records than we did: each alone then, so that what is odd costs one row.
  const agreed = records?.length === texts.length ? records.values() : null
  for (const piece of batch) {
    if (!('text' in piece)) yield piece
    else {
      const fields = agreed ? agreed.next().value : cut(piece.text, delimiter)?.[0]
      yield fields
        ? readRow(piece.line, fields, columns)
        : { line: piece.line, what: 'it is no CSV' }
    }
  }
}

function readRow(line: number, fields: readonly string[], columns: Columns): CsvRow | BadRow {
  const { names } = columns
  if (fields.slice(names.length).some((field) => field.trim() !== '')) {
    return { line, what: `it has ${fields.length} fields, and the header ${names.length}` }
  }
  // Attributes come from outside: `__proto__` is a name like any other here.
  const attributes: Record<string, string> = Object.create(null)
  for (const [index, name] of names.entries()) {
    const value = fields[index]?.trim() ?? ''
    if (value.includes('\0')) return { line, what: 'it holds a NUL character' }
    if (value.includes('\ufffd')) return { line, what: 'it is not in UTF-8' }
    if (value.length > LONGEST_VALUE) return { line, what: `a field is over ${LONGEST_VALUE} long` }
    if (name !== null && value !== '') attributes[name] = value
  }
  const address = fields[columns.address]?.trim() ?? ''
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

function delimiterOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '')
  const count = (mark: string) => bare.split(mark).length
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

/** Null where the text is no CSV at all. */
function cut(text: string, delimiter: string): string[][] | null {
  try {
    return parse(text, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      // A mark inside a field that is not quoted is a letter.
      relax_quotes: true,
    })
  } catch (error) {
    if (error instanceof CsvError) return null
    throw error
  }
}

async function firstRecord(pieces: AsyncGenerator<CsvPiece>): Promise<{ text: string }> {
  // Not a `for`, which would close the generator.
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    if (!('text' in next.value)) throw bad(`the header line cannot be read: ${next.value.what}`)
    if (next.value.text.trim() !== '') return next.value
  }
  throw bad('the file is empty: a header line with a column "email" is needed')
}

async function* decode(input: CsvInput): AsyncGenerator<string> {
  if (typeof input === 'string') {
    yield input.replace(/^\ufeff/, '')
    return
  }
  // Not fatal: one row in another encoding is one bad row. The mark at the beginning is dropped.
  const decoder = new TextDecoder('utf-8')
  let isFirst = true
  for await (const chunk of input) {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk
    if (isFirst && /^(fffe|feff)/.test(Buffer.from(octets.subarray(0, 2)).toString('hex'))) {
      throw bad('the file is in UTF-16: save it as "CSV UTF-8"')
    }
    isFirst = false
    yield decoder.decode(octets, { stream: true })
  }
  yield decoder.decode()
}

function bad(message: string): PostriderError {
  return new PostriderError('bad-input', message, { place: 'line 1' })
}
