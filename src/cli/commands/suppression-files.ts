import { open } from 'node:fs/promises'
import type { Command } from 'commander'
import {
  exportSuppressions,
  importSuppressions,
  type SuppressionImport,
} from '../../suppression/file.ts'
import type { Bind, Context } from '../context.ts'
import { csvFile } from '../csv-file.ts'
import { count, formatNumber } from '../format.ts'
import { badUsage, examples } from '../options.ts'

type ImportOptions = { note: string; dryRun?: boolean }

export function defineImport(suppression: Command, bind: Bind): void {
  const command = suppression
    .command('import')
    .argument('<file>', 'CSV with a header line: email or hash; reason, expires and note if there')
    .requiredOption('--note <text>', 'why, for rows that do not say')
    .option('--dry-run', 'say what would be done, and do nothing')
    .description('suppress the addresses of a file; bad lines are named and the rest goes on')
    .addHelpText(
      'after',
      examples('postrider suppression import old-system.csv --note "left the old system"'),
    )
  bind<ImportOptions>(command, async (context, [file = ''], options) => {
    const openCsv = await csvFile(file)
    const { db, secrets } = await context.runtime()
    const input = { csv: openCsv(), ...options, dryRun: options.dryRun === true }
    const report = await importSuppressions(db, secrets, input, new Date())
    sayReport(context.terminal, file, report)
    context.terminal.object({ file, ...report })
  })
}

function sayReport(terminal: Context['terminal'], file: string, report: SuppressionImport): void {
  for (const { line, what } of report.bad) terminal.warn('bad row', `${file}:${line}`, what)
  const parts = [
    report.already > 0 && `${formatNumber(report.already)} before, unchanged`,
    report.duplicates > 0 && `${formatNumber(report.duplicates)} twice in the file`,
    report.expired > 0 && `${formatNumber(report.expired)} over by now`,
    report.bad.length > 0 && count(report.bad.length, 'bad row'),
  ].filter((part) => part !== false)
  const what = `${count(report.suppressed, 'address', 'addresses')} of ${count(report.rows, 'row')}`
  terminal.done(report.dryRun ? 'would suppress' : 'suppressed', what, parts.join(', '))
}

export function defineExport(suppression: Command, bind: Bind): void {
  const command = suppression
    .command('export')
    .argument('[file]', 'default: standard output')
    .description('all that stands, as CSV: addresses, and their hashes, which outlive an erasure')
    .addHelpText('after', examples('postrider suppression export suppressed.csv'))
  bind(command, async ({ terminal, runtime }, [file]) => {
    if (file === undefined && terminal.json) throw badUsage('with --json, name a file to write')
    const { db, secrets } = await runtime()
    let rows = -1
    const lines = exportSuppressions(db, secrets)
    if (file === undefined) {
      for await (const piece of lines) terminal.raw(piece)
      return
    }
    // Addresses are nobody else's business.
    const handle = await open(file, 'w', 0o600)
    try {
      for await (const piece of lines) {
        rows += piece.split('\r\n').length - 1
        await handle.writeFile(piece)
      }
    } finally {
      await handle.close()
    }
    terminal.done('exported', `${count(rows, 'address', 'addresses')} to ${file}`)
    terminal.object({ file, rows })
  })
}
