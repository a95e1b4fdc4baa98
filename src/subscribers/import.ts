import type { Db } from '../../db/client.ts'
import {
  countImport,
  type ImportCount,
  type ImportRow,
  importRows,
} from '../../db/queries/subscriber-import.ts'
import type { BadRow, CsvInput } from '../csv-table.ts'
import { PostriderError } from '../errors.ts'
import { parseAddress } from '../mail/address.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import type { Secrets } from '../secrets.ts'
import { readCsv } from './csv-rows.ts'

export type ImportInput = Readonly<{
  newsletter: Pick<Newsletter, 'id'>
  csv: CsvInput
  /** How and where these people agreed; kept with each of them. */
  consent: string
  /** Says what would be done, and does nothing. */
  dryRun?: boolean
  onProgress?: (rows: number) => void
}>

/** `rows = added + active + paused + unsubscribed + suppressed + duplicates + bad`. */
export type ImportReport = ImportCount &
  Readonly<{
    dryRun: boolean
    /** Below the header, without empty lines. */
    rows: number
    /** Addresses that stand in the file more than once: the first is taken. */
    duplicates: number
    bad: readonly BadRow[]
    /** What the other columns are stored as. */
    attributes: readonly string[]
  }>

/** One statement each. */
const BATCH = 5_000

/**
 * Adds a file's addresses as active subscriptions. Batches are independent, and an import that was cut off is run
 * again: who is there already is counted as such. Whoever has unsubscribed, or is suppressed, stays as they are.
 * @throws PostriderError bad-input for a missing consent or header; never for a row
 */
export async function importSubscribers(
  db: Db,
  secrets: Secrets,
  input: ImportInput,
  now: Date,
): Promise<ImportReport> {
  const wording = requireConsent(input.consent)
  const { attributes, rows } = await readCsv(input.csv)
  const write = input.dryRun ? countImport : importRows
  const consent = { kind: 'imported', source: 'file import', wording, at: now } as const
  const count = { added: 0, active: 0, paused: 0, unsubscribed: 0, suppressed: 0 }
  const bad: BadRow[] = []
  const seen = new Set<string>()
  let read = 0
  let duplicates = 0
  let batch: ImportRow[] = []
  const flush = async () => {
    if (batch.length > 0) {
      const done = await write(db, { newsletterId: input.newsletter.id, rows: batch, consent })
      for (const part of Object.keys(count) as (keyof ImportCount)[]) count[part] += done[part]
    }
    batch = []
    input.onProgress?.(read)
  }
  for await (const row of rows) {
    read += 1
    const parsed = 'what' in row ? row : readAddress(row, secrets)
    if ('what' in parsed) bad.push(parsed)
    else if (seen.has(parsed.addressKey)) duplicates += 1
    else {
      seen.add(parsed.addressKey)
      if (batch.push(parsed) >= BATCH) await flush()
    }
  }
  await flush()
  return { dryRun: input.dryRun === true, rows: read, ...count, duplicates, bad, attributes }
}

function readAddress(
  row: Readonly<{ line: number; address: string; attributes: Readonly<Record<string, string>> }>,
  secrets: Secrets,
): ImportRow | BadRow {
  const parsed = parseAddress(row.address)
  if (!parsed.ok) return { line: row.line, what: parsed.why }
  const { address, key } = parsed.value
  const { attributes } = row
  return { address, addressKey: key, addressHash: secrets.addressHash(key), attributes }
}

/** @throws PostriderError bad-input */
export function requireConsent(consent: string): string {
  const wording = consent.trim()
  if (wording === '' || wording.length > 2_000) {
    throw new PostriderError(
      'bad-input',
      'say how and where they agreed to be mailed, in 1 to 2,000 characters; it is kept as the evidence',
      { place: 'consent' },
    )
  }
  return wording
}
