import { type Command, Option } from 'commander'
import { findEvidence } from '../../../db/queries/evidence.ts'
import {
  countHeld,
  countSources,
  type FeedbackFilter,
  type FeedbackLine,
  feedbackLines,
} from '../../../db/queries/feedback-counts.ts'
import type { FeedbackKind } from '../../../db/types.ts'
import { isId } from '../../campaigns/moves.ts'
import { PostriderError } from '../../errors.ts'
import { parseAddress } from '../../mail/address.ts'
import type { Bind } from '../context.ts'
import { count, formatNumber, printable } from '../format.ts'
import { badUsage, compact, examples } from '../options.ts'
import { addRefused } from './feedback-refused.ts'

export function defineFeedback(feedback: Command, bind: Bind): void {
  feedback.addHelpText('after', examples('postrider feedback list --held'))
  addList(feedback, bind)
  addShow(feedback, bind)
  addSources(feedback, bind)
  addHeld(feedback, bind)
  addRefused(feedback, bind)
}

const KINDS = [
  ...['bounce', 'complaint', 'unsubscribe', 'auto-reply', 'reply', 'subscribe', 'delivered'],
  'other',
]
const SHOWN = 100
const minute = (at: Date) => at.toISOString().slice(0, 16).replace('T', ' ')

type ListOptions = {
  held?: boolean
  kind?: FeedbackKind
  campaign?: string
  address?: string
  before?: string
}

function addList(feedback: Command, bind: Bind): void {
  const list = feedback
    .command('list')
    .option('--held', 'only what changed nothing')
    .addOption(new Option('--kind <kind>', 'only these').choices(KINDS))
    .option('--campaign <id>', 'only about this campaign')
    .option('--address <address>', 'only about this address')
    .option('--before <id>', `older than this one: ${SHOWN} are shown`)
    .description('what came back, newest first, with what followed from it')
    .addHelpText('after', examples('postrider feedback list --kind reply'))
  bind<ListOptions>(list, async ({ terminal, runtime }, _args, options) => {
    const { db, secrets } = await runtime()
    const rows = await feedbackLines(db, filterOf(options, secrets))
    if (rows.length === 0) terminal.note('Nothing.')
    else {
      const head = ['id', 'when (UTC)', 'from', 'what', 'about', 'campaign', 'followed', 'words']
      terminal.table(head, rows.map(listed))
    }
    terminal.object({ feedback: rows })
  })
}

function filterOf(
  { held, kind, campaign, address, before }: ListOptions,
  secrets: { addressHash(key: string): Buffer },
): FeedbackFilter {
  if (before !== undefined && !isId(before)) throw badUsage('--before is no id')
  if (campaign !== undefined && !isId(campaign)) throw badUsage('--campaign is no id')
  const parsed = address === undefined ? null : parseAddress(address)
  if (parsed?.ok === false) throw badUsage(`"${address}" is no mail address: ${parsed.why}`)
  const addressHash = parsed?.ok ? secrets.addressHash(parsed.value.key) : undefined
  const filter = compact({ held, kind, campaignId: campaign, addressHash, before })
  return { ...filter, limit: SHOWN } as FeedbackFilter
}

function listed(row: FeedbackLine): string[] {
  const what = [
    row.type,
    row.kind === 'bounce' ? 'bounce' : row.kind,
    row.reason && `(${row.reason})`,
  ]
  return [
    ...[row.id, minute(row.at), [row.source, row.origin].filter(Boolean).join('/')],
    what.filter(Boolean).join(' '),
    row.address ?? '',
    row.campaignId ?? '',
    row.action ?? (row.handledAt === null ? 'waits' : `held: ${row.heldBecause ?? ''}`),
    printable([row.status, row.diagnostic].filter(Boolean).join(' ')),
  ]
}

function addShow(feedback: Command, bind: Bind): void {
  const show = feedback
    .command('show')
    .argument('<id>')
    .option('--raw', 'the evidence alone, as it came')
    .description('one with the raw mail, payload or reply behind it')
    .addHelpText('after', examples('postrider feedback show 12 --raw'))
  bind<{ raw?: boolean }>(show, async ({ terminal, runtime }, [id = ''], options) => {
    const { db } = await runtime()
    // Ids count up: the newest before the next one is this one.
    const next = isId(id) ? String(BigInt(id) + 1n) : '0'
    const [line] = await feedbackLines(db, { before: next, limit: 1 })
    if (line?.id !== id) throw new PostriderError('not-found', `there is no feedback ${id}`)
    const evidence = line.evidenceId === null ? null : await findEvidence(db, line.evidenceId)
    const raw = evidence?.raw.toString('utf8') ?? ''
    if (options.raw && !terminal.json) terminal.raw(raw)
    else {
      terminal.table(
        ['id', 'when (UTC)', 'from', 'what', 'about', 'campaign', 'followed', 'words'],
        [listed(line)],
      )
      if (raw !== '') terminal.note(printable(raw))
    }
    terminal.object({ feedback: line, evidence: evidence && { ...evidence, raw } })
  })
}

function daysOption() {
  return new Option('--days <n>', 'of the last so many days').default(7).argParser(Number)
}

const since = (days: number) => {
  if (!(days > 0)) throw badUsage('--days is no number above 0')
  return new Date(Date.now() - days * 86_400_000)
}

function addSources(feedback: Command, bind: Bind): void {
  const sources = feedback
    .command('sources')
    .addOption(daysOption())
    .description('from whom it came, and how much followed: a flood of forged reports shows here')
    .addHelpText('after', examples('postrider feedback sources --days 1'))
  bind<{ days: number }>(sources, async ({ terminal, runtime }, _args, options) => {
    const rows = await countSources((await runtime()).db, since(options.days), SHOWN)
    terminal.table(
      ['source', 'events', 'suppressed', 'unsubscribed', 'held', 'last (UTC)'],
      rows.map((row) => [
        [row.source, row.origin].filter(Boolean).join('/'),
        ...[row.events, row.suppressed, row.unsubscribed, row.held].map(formatNumber),
        minute(row.lastAt),
      ]),
    )
    terminal.note('`postrider suppression lift --source SOURCE` undoes what one of them did.')
    terminal.object({ sources: rows })
  })
}

function addHeld(feedback: Command, bind: Bind): void {
  const held = feedback
    .command('held')
    .addOption(daysOption())
    .description('how much changed nothing, and why')
    .addHelpText('after', examples('postrider feedback held'))
  bind<{ days: number }>(held, async ({ terminal, runtime }, _args, options) => {
    const rows = await countHeld((await runtime()).db, since(options.days))
    if (rows.length === 0) terminal.note('Nothing was held.')
    else {
      terminal.table(
        ['count', 'because', 'last (UTC)'],
        rows.map((row) => [formatNumber(row.count), row.because, minute(row.lastAt)]),
      )
    }
    const sum = rows.reduce((all, row) => all + row.count, 0)
    terminal.note(`${count(sum, 'report')} in ${options.days} days changed nothing.`)
    terminal.object({ held: rows })
  })
}
