import type { Command } from 'commander'
import { PostriderError } from '../../errors.ts'
import { addSubscriber } from '../../subscribers/add.ts'
import { type ImportReport, importSubscribers } from '../../subscribers/import.ts'
import { listInactive } from '../../subscribers/inactive.ts'
import { type SubscriberShown, showSubscriber } from '../../subscribers/show.ts'
import { chooseNewsletter } from '../choose-newsletter.ts'
import type { Bind, Context } from '../context.ts'
import { csvFile } from '../csv-file.ts'
import { count, formatNumber } from '../format.ts'
import { badUsage, examples } from '../options.ts'

export function defineSubscribers(subscribers: Command, bind: Bind): void {
  subscribers.addHelpText('after', examples('postrider subscribers show reader@a.example'))
  addAdd(subscribers, bind)
  addImport(subscribers, bind)
  addInactive(subscribers, bind)
  addShow(subscribers, bind)
}

type AddOptions = { newsletter?: string; consent: string }

function addAdd(subscribers: Command, bind: Bind): void {
  const add = subscribers
    .command('add')
    .argument('<address>')
    .option('--newsletter <slug>', 'to which (default: the only one)')
    .requiredOption('--consent <text>', 'how and where they agreed')
    .description('add one reader; never revives one who left or is suppressed')
    .addHelpText(
      'after',
      examples('postrider subscribers add reader@a.example --consent "asked by letter"'),
    )
  bind<AddOptions>(add, async ({ terminal, runtime }, [address = ''], options) => {
    const { db, secrets } = await runtime()
    const newsletter = await chooseNewsletter(db, options.newsletter)
    const outcome = await addSubscriber(
      db,
      secrets,
      { newsletter, address, consent: options.consent },
      new Date(),
    )
    if (outcome === 'added') terminal.done('added', address, `to ${newsletter.name}`)
    else terminal.warn('unchanged', `${address} is ${outcome} already, and stays so`)
    terminal.object({ address, newsletter: newsletter.slug, outcome })
  })
}

type ImportOptions = { newsletter?: string; consent: string; dryRun?: boolean }

function addImport(subscribers: Command, bind: Bind): void {
  const command = subscribers
    .command('import')
    .argument('<file>', "CSV with a header line: email, and attributes by the other columns' names")
    .option('--newsletter <slug>', 'to which (default: the only one)')
    .requiredOption('--consent <text>', 'how and where they agreed')
    .option('--dry-run', 'say what would be done, and do nothing')
    .description('add the readers of a file; bad rows are named and the rest goes on')
    .addHelpText(
      'after',
      examples(
        'postrider subscribers import readers.csv --newsletter field-notes --consent "signed up at the fair"',
      ),
    )
  bind<ImportOptions>(command, importFile)
}

async function importFile(
  context: Context,
  [file = '']: string[],
  options: ImportOptions,
): Promise<void> {
  const { terminal } = context
  const openCsv = await csvFile(file)
  const { db, secrets } = await context.runtime()
  const newsletter = await chooseNewsletter(db, options.newsletter)
  const started = Date.now()
  const report = await importSubscribers(
    db,
    secrets,
    {
      newsletter,
      csv: openCsv(),
      consent: options.consent,
      dryRun: options.dryRun === true,
      onProgress: (rows) =>
        terminal.progress('importing', rows, null, (rows * 1000) / (Date.now() - started + 1)),
    },
    new Date(),
  )
  terminal.progressDone()
  sayReport(context, file, report)
  terminal.object({ file, newsletter: newsletter.slug, ...report })
}

function sayReport({ terminal }: Context, file: string, report: ImportReport): void {
  for (const { line, what } of report.bad) terminal.warn('bad row', `${file}:${line}`, what)
  const parts = (['active', 'paused', 'unsubscribed', 'suppressed'] as const)
    .filter((part) => report[part] > 0)
    .map((part) => `${formatNumber(report[part])} ${part} before, unchanged`)
  if (report.duplicates > 0) parts.push(`${formatNumber(report.duplicates)} twice in the file`)
  if (report.bad.length > 0) parts.push(count(report.bad.length, 'bad row'))
  const verb = report.dryRun ? 'would add' : 'imported'
  terminal.done(
    verb,
    `${count(report.added, 'reader')} of ${count(report.rows, 'row')}`,
    parts.join(', '),
  )
}

type InactiveOptions = { newsletter?: string; issues?: number }

function addInactive(subscribers: Command, bind: Bind): void {
  const inactive = subscribers
    .command('inactive')
    .option('--newsletter <slug>', 'of which (default: the only one)')
    .option(
      '--issues <n>',
      'without a sign of life over so many (default: what the newsletter says, or 10)',
      Number,
    )
    .description(
      'readers of whom nothing was heard: no reply, no confirmation; opens count for nothing',
    )
    .addHelpText('after', examples('postrider subscribers inactive --issues 20'))
  bind<InactiveOptions>(inactive, async ({ terminal, runtime }, _args, options) => {
    const { db } = await runtime()
    const newsletter = await chooseNewsletter(db, options.newsletter)
    const { issues } = options
    if (issues !== undefined && !(Number.isInteger(issues) && issues > 0)) {
      throw badUsage('--issues is no number of issues')
    }
    const rows = await listInactive(db, newsletter, {
      ...(issues === undefined ? {} : { issues }),
      limit: 1_000,
    })
    if (rows.length === 0) terminal.note('None.')
    else {
      terminal.table(
        ['address', 'issues', 'last sign (UTC)', 'asked (UTC)'],
        rows.map((row) => [
          ...[row.address, formatNumber(row.issues)],
          ...[row.aliveAt ?? row.joinedAt, row.askedAt].map((at) => (at ? day(at) : '')),
        ]),
      )
    }
    terminal.object({ newsletter: newsletter.slug, inactive: rows })
  })
}

function addShow(subscribers: Command, bind: Bind): void {
  const show = subscribers
    .command('show')
    .argument('<address>')
    .description('what is known of a reader: subscriptions, consent, suppressions, deliveries')
    .addHelpText('after', examples('postrider subscribers show reader@a.example'))
  bind(show, async ({ terminal, runtime }, [address = '']) => {
    const { db } = await runtime()
    const shown = await showSubscriber(db, address)
    if (shown === null) throw new PostriderError('not-found', `there is no subscriber ${address}`)
    sayShown(terminal, shown)
    terminal.object(shown)
  })
}

const day = (at: Date) => at.toISOString().slice(0, 16).replace('T', ' ')

function sayShown(terminal: Context['terminal'], shown: SubscriberShown): void {
  terminal.heading(shown.subscriber.address)
  terminal.table(
    ['newsletter', 'state', 'since (UTC)'],
    shown.subscriptions.map((line) => [line.newsletter, line.state, day(line.changedAt)]),
  )
  terminal.heading('History and consent')
  terminal.table(
    ['when (UTC)', 'what', 'where from', 'wording'],
    shown.events.map((event) => [day(event.at), event.kind, event.source, event.wording ?? '']),
  )
  if (shown.feedback.length > 0) {
    terminal.heading('What came back')
    terminal.table(
      ['when (UTC)', 'what', 'followed', 'words'],
      shown.feedback.map((line) => [
        day(line.at),
        [line.type, line.kind].filter(Boolean).join(' '),
        line.action ?? line.heldBecause ?? 'waits',
        [line.status, line.diagnostic].filter(Boolean).join(' '),
      ]),
    )
  }
  for (const suppression of shown.suppressions) {
    const by = suppression.liftedBy ? ` by ${suppression.liftedBy}` : ''
    const lifted = suppression.liftedAt ? `, lifted ${day(suppression.liftedAt)}${by}` : ''
    terminal.warn(
      'suppressed',
      `${suppression.reason} since ${day(suppression.createdAt)}${lifted}`,
      suppression.note,
    )
  }
}
