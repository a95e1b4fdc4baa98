import { type Command, Option } from 'commander'
import { findEvidence } from '../../../db/queries/evidence.ts'
import { type SuppressionLine, suppressionLines } from '../../../db/queries/suppressions.ts'
import type { FeedbackSource, SuppressionReason } from '../../../db/types.ts'
import { isId } from '../../campaigns/moves.ts'
import { PostriderError } from '../../errors.ts'
import { parseAddress } from '../../mail/address.ts'
import { type Flood, type FloodUndone, undoFlood } from '../../subscribers/undo-flood.ts'
import {
  liftSuppression,
  listSuppressions,
  addSuppression as suppressByHand,
} from '../../suppression/suppression.ts'
import type { Bind, Context } from '../context.ts'
import { count, printable } from '../format.ts'
import { badUsage, compact, examples } from '../options.ts'
import { defineExport, defineImport } from './suppression-files.ts'

export function defineSuppression(suppression: Command, bind: Bind): void {
  suppression.addHelpText('after', examples('postrider suppression list'))
  addList(suppression, bind)
  addShow(suppression, bind)
  addAdd(suppression, bind)
  addLift(suppression, bind)
  defineImport(suppression, bind)
  defineExport(suppression, bind)
}

const REASONS = ['hard-bounce', 'soft-bounce', 'complaint', 'manual'] as const
const day = (at: Date) => at.toISOString().slice(0, 10)

type ListOptions = { lifted?: boolean; reason?: SuppressionReason; before?: string }

function addList(suppression: Command, bind: Bind): void {
  const list = suppression
    .command('list')
    .option('--lifted', 'also those that stand no more')
    .addOption(new Option('--reason <reason>', 'only these').choices(REASONS))
    .option('--before <id>', 'older than this one: 1,000 are shown')
    .description('show them, newest first: reason, evidence, expiry')
    .addHelpText('after', examples('postrider suppression list --reason complaint'))
  bind<ListOptions>(list, async ({ terminal, runtime }, _args, options) => {
    if (options.before !== undefined && !isId(options.before)) throw badUsage('--before is no id')
    const filter = { lifted: options.lifted === true, ...compact(options) } as ListOptions
    const rows = await listSuppressions((await runtime()).db, {
      ...filter,
      lifted: options.lifted === true,
    })
    if (rows.length === 0) terminal.note('None.')
    else {
      const head = ['id', 'address', 'reason', 'since', 'until', 'by', 'evidence', 'note']
      terminal.table(head, rows.map(listed))
    }
    terminal.object({ suppressions: rows })
  })
}

function listed(row: SuppressionLine): string[] {
  const lifted = row.liftedAt
    ? `lifted ${day(row.liftedAt)} by ${row.liftedBy ?? 'the editor'}: ${row.liftedNote ?? ''}`
    : row.note
  return [
    ...[row.id, row.address ?? '(erased)', row.reason, day(row.createdAt)],
    row.expiresAt ? day(row.expiresAt) : '',
    [row.source, row.origin].filter(Boolean).join('/'),
    evidenceOf(row),
    lifted,
  ]
}

function evidenceOf(row: SuppressionLine): string {
  if (row.evidenceId === null) return ''
  return row.evidenceClearedAt ? `cleared ${day(row.evidenceClearedAt)}` : (row.evidenceKind ?? '')
}

function addShow(suppression: Command, bind: Bind): void {
  const show = suppression
    .command('show')
    .argument('<address or id>')
    .option('--raw', 'the evidence alone, as it came')
    .description('one with its evidence: the raw mail, payload or reply')
    .addHelpText(
      'after',
      examples(
        'postrider suppression show reader@a.example',
        'postrider suppression show 12 --raw',
      ),
    )
  bind<{ raw?: boolean }>(show, async (context, [which = ''], options) => {
    const { terminal } = context
    const line = await findLine(context, which)
    const { db } = await context.runtime()
    const evidence = line.evidenceId === null ? null : await findEvidence(db, line.evidenceId)
    const raw = evidence?.raw.toString('utf8') ?? ''
    if (options.raw && !terminal.json) terminal.raw(raw)
    else {
      terminal.heading(`${line.address ?? '(erased)'}: ${line.reason}`)
      terminal.table(
        ['id', 'address', 'reason', 'since', 'until', 'by', 'evidence', 'note'],
        [listed(line)],
      )
      if (raw !== '') terminal.note(printable(raw))
    }
    terminal.object({ suppression: line, evidence: evidence && { ...evidence, raw } })
  })
}

/** The newest of an address, or the one of that id. @throws PostriderError not-found */
async function findLine({ runtime }: Context, which: string): Promise<SuppressionLine> {
  const { db, secrets } = await runtime()
  const parsed = parseAddress(which)
  const by = parsed.ok
    ? { addressHash: secrets.addressHash(parsed.value.key) }
    : isId(which)
      ? { id: which }
      : null
  const [line] = by === null ? [] : await suppressionLines(db, { lifted: true, limit: 1, ...by })
  if (line !== undefined) return line
  throw new PostriderError('not-found', `${which} was never suppressed`)
}

function addAdd(suppression: Command, bind: Bind): void {
  const add = suppression
    .command('add')
    .argument('<address>')
    .requiredOption('--note <text>', 'why')
    .description('suppress an address by hand')
    .addHelpText(
      'after',
      examples('postrider suppression add reader@a.example --note "asked by telephone"'),
    )
  bind<{ note: string }>(add, async ({ terminal, runtime }, [address = ''], options) => {
    const { db, secrets } = await runtime()
    const done = await suppressByHand(db, secrets, { address, note: options.note })
    if (done === 'already') terminal.note(`${address} was suppressed already`)
    else terminal.done('suppressed', address)
    terminal.object({ address, result: done })
  })
}

type LiftOptions = { note: string; source?: string; since?: string; yes?: boolean }

function addLift(suppression: Command, bind: Bind): void {
  const lift = suppression
    .command('lift')
    .argument('[address]')
    .requiredOption('--note <text>', 'why')
    .option('--source <source>', 'all that follows from reports of one source: door/203.0.113.9')
    .option('--since <date>', 'with --source: only reports from then on')
    .option('--yes', 'with --source: do it, and do not only say what would be done')
    .description('undo one, or all that one source has done; their trace stays')
    .addHelpText(
      'after',
      examples(
        'postrider suppression lift reader@a.example --note "mailbox is back"',
        'postrider suppression lift --source door/203.0.113.9 --since 2026-11-20 --note forged',
      ),
    )
  bind<LiftOptions>(lift, async (context, [address], options) => {
    if ((address === undefined) === (options.source === undefined)) {
      throw badUsage('say an address, or --source')
    }
    if (address !== undefined) await liftOne(context, address, options.note)
    else await liftSource(context, options)
  })
}

async function liftOne({ terminal, runtime }: Context, address: string, note: string) {
  const { db, secrets } = await runtime()
  const done = await liftSuppression(db, secrets, { address, note })
  if (done === 'none') {
    terminal.fail(`${address} is not suppressed: \`postrider suppression list\` shows who is`)
    process.exitCode = 1
  } else terminal.done('lifted', address)
  terminal.object({ address, result: done })
}

async function liftSource({ terminal, runtime }: Context, options: LiftOptions): Promise<void> {
  const flood = readFlood(options)
  const { db } = await runtime()
  const how = { note: options.note, dryRun: options.yes !== true }
  const done = await undoFlood(db, flood, how, new Date())
  sayUndone(terminal, options.source ?? '', done)
  terminal.object({ source: flood.source, origin: flood.origin, since: flood.since, ...done })
}

function sayUndone(terminal: Context['terminal'], source: string, done: FloodUndone): void {
  const readers = done.restored > 0 ? `${count(done.restored, 'reader')} back` : ''
  const what = `${count(done.lifted, 'suppression')} by ${source}`
  terminal.done(done.dryRun ? 'would lift' : 'lifted', what, readers)
  if (done.dryRun) terminal.note('Nothing was changed: add --yes to do it.')
}

const SOURCES: readonly FeedbackSource[] = ['door', 'mailbox', 'webhook', 'session', 'command']

/** `door/203.0.113.9`, `webhook/postmark`, `mailbox`. */
function readFlood({ source: given = '', since }: LiftOptions): Flood {
  const [, source, origin] = /^([a-z]+)(?:\/(.+))?$/.exec(given) ?? []
  if (!SOURCES.includes(source as FeedbackSource)) {
    throw badUsage(`--source is no source such as door/203.0.113.9: ${SOURCES.join(', ')}`)
  }
  const from = since === undefined ? new Date(0) : new Date(since)
  if (Number.isNaN(from.getTime())) throw badUsage(`--since "${since}" is no date`)
  return { source: source as FeedbackSource, origin: origin ?? null, since: from }
}
