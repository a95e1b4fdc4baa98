import { type Command, Option } from 'commander'
import { refusalLines } from '../../../db/queries/refusals.ts'
import type { Bind } from '../context.ts'
import { formatNumber } from '../format.ts'
import { badUsage, examples } from '../options.ts'

const SHOWN = 100
const DAY_MS = 86_400_000

export function addRefused(feedback: Command, bind: Bind): void {
  const refused = feedback
    .command('refused')
    .addOption(new Option('--days <n>', 'of the last so many days').default(7).argParser(Number))
    .description('what the doors turned away: unknown addresses, broken tokens, unproven webhooks')
    .addHelpText('after', examples('postrider feedback refused --days 1'))
  bind<{ days: number }>(refused, async ({ terminal, runtime }, _args, { days }) => {
    if (!(days > 0)) throw badUsage('--days is no number above 0')
    const rows = await refusalLines(
      (await runtime()).db,
      new Date(Date.now() - days * DAY_MS),
      SHOWN,
    )
    if (rows.length === 0) terminal.note('Nothing was turned away.')
    else {
      terminal.table(
        ['count', 'from', 'why', 'last (UTC)'],
        rows.map((row) => [
          ...[formatNumber(row.count), `${row.source}/${row.origin}`, row.why],
          row.lastAt.toISOString().slice(0, 16).replace('T', ' '),
        ]),
      )
    }
    terminal.object({ refused: rows })
  })
}
