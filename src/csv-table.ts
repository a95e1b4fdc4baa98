import { CsvError, parse } from 'csv-parse/sync'
import { type CsvPiece, csvRecords } from './csv-records.ts'
import { PostriderError } from './errors.ts'

/** Text, or what a file's stream gives: octets in UTF-8, with or without a byte order mark. */
export type CsvInput = string | AsyncIterable<string | Uint8Array>

/** `line`: where it begins, 1-based. */
export type CsvFields = Readonly<{ line: number; fields: readonly string[] }>
export type BadRow = Readonly<{ line: number; what: string }>
export type CsvTable = Readonly<{
  header: readonly string[]
  rows: AsyncIterable<CsvFields | BadRow>
}>

const BATCH = 500
const LONGEST_VALUE = 10_000

/**
 * The header line, and the rows below it, one by one. The delimiter is the header's: comma, semicolon or tab.
 * @throws PostriderError bad-input for a file without a header that can be read
 */
export async function readCsvTable(input: CsvInput): Promise<CsvTable> {
  let delimiter = ','
  const pieces = csvRecords(decode(input), (header) => {
    delimiter = delimiterOf(header)
    return delimiter
  })
  const first = await firstRecord(pieces)
  const header = cut(first.text, delimiter)?.[0] ?? []
  return { header, rows: readRows(pieces, header.length, delimiter) }
}

async function* readRows(
  pieces: AsyncIterable<CsvPiece>,
  columns: number,
  delimiter: string,
): AsyncGenerator<CsvFields | BadRow> {
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
  columns: number,
  delimiter: string,
): Generator<CsvFields | BadRow> {
  const texts = batch.flatMap((piece) => ('text' in piece ? [piece.text] : []))
  const records = cut(texts.join('\n'), delimiter)
  // Should the library see other records than we did: each alone then, so that what is odd costs one row.
  const agreed = records?.length === texts.length ? records.values() : null
  for (const piece of batch) {
    if (!('text' in piece)) yield piece
    else {
      const fields = agreed ? agreed.next().value : cut(piece.text, delimiter)?.[0]
      yield fields
        ? checkRow(piece.line, fields, columns)
        : { line: piece.line, what: 'it is no CSV' }
    }
  }
}

function checkRow(line: number, fields: readonly string[], columns: number): CsvFields | BadRow {
  if (fields.slice(columns).some((field) => field.trim() !== '')) {
    return { line, what: `it has ${fields.length} fields, and the header ${columns}` }
  }
  const values = Array.from({ length: columns }, (_, index) => fields[index]?.trim() ?? '')
  for (const value of values) {
    if (value.includes('\0')) return { line, what: 'it holds a NUL character' }
    if (value.includes('\ufffd')) return { line, what: 'it is not in UTF-8' }
    if (value.length > LONGEST_VALUE) return { line, what: `a field is over ${LONGEST_VALUE} long` }
  }
  return { line, fields: values }
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
