import type { Command } from 'commander'
import {
  blocksByDomain,
  type CampaignFeedback,
  campaignFeedback,
  type DomainBlocks,
} from '../../../db/queries/feedback-counts.ts'
import { type Trip, tripsOf } from '../../../db/queries/guard-trips.ts'
import { type MailboxLine, mailboxLines } from '../../../db/queries/mailboxes.ts'
import { aliveWorkerIds } from '../../../db/queries/workers.ts'
import { type CampaignStatus, campaignStatus, listCampaigns } from '../../campaigns/status.ts'
import type { Bind, Context } from '../context.ts'
import { count, formatNumber, printable } from '../format.ts'
import { examples } from '../options.ts'
import { showSpan, showTime } from '../time.ts'
import { sayStatus, statusObject, watchCampaign } from '../watch.ts'

export function defineStatus(command: Command, bind: Bind): void {
  command
    .argument('[campaign]', 'its number; without one, the newest campaigns')
    .option('--watch', 'show how it goes until it has ended or is paused')
    .addHelpText('after', examples('postrider status 12 --watch'))
  bind<{ watch?: boolean }>(command, async (context, [id], options) => {
    if (id === undefined) return listAll(context)
    const runtime = await context.runtime({ name: 'status' })
    const seen = options.watch
      ? await watchCampaign(context, runtime, id)
      : await campaignStatus(runtime.db, id)
    const feedback = await campaignFeedback(runtime.db, seen.campaign)
    const blocks = feedback.block > 0 ? await blocksByDomain(runtime.db, seen.campaign, 10) : []
    sayOne(context, seen)
    sayFeedback(context, feedback, blocks)
    context.terminal.object({ ...statusObject(seen), feedback: { ...feedback, blocks } })
  })
}

function sayOne({ terminal }: Context, status: CampaignStatus): void {
  terminal.heading(`Campaign ${status.campaign}: ${status.issue.title}`)
  terminal.note(
    `${status.newsletter.slug}/${status.issue.slug} through ${status.transport.name}, ${span(status)}`,
  )
  sayStatus(terminal, status)
}

/** What came back of it so far. */
function sayFeedback(
  { terminal }: Context,
  feedback: CampaignFeedback,
  blocks: readonly DomainBlocks[],
): void {
  const { hard, soft, block, complaints, unsubscribed, replies, held, waiting } = feedback
  const parts = [
    hard > 0 && count(hard, 'hard bounce'),
    soft > 0 && count(soft, 'soft bounce'),
    block > 0 && count(block, 'block'),
    complaints > 0 && count(complaints, 'complaint'),
    unsubscribed > 0 && `${formatNumber(unsubscribed)} left by mail`,
    replies > 0 && count(replies, 'reply', 'replies'),
    held > 0 && `${formatNumber(held)} held, which changed nothing`,
    waiting > 0 && `${formatNumber(waiting)} to be read`,
  ].filter((part) => part !== false)
  if (parts.length > 0) terminal.note(`Came back: ${parts.join(', ')}`)
  for (const { domain, count: blocked, words } of blocks) {
    terminal.more(`${domain} blocks ${formatNumber(blocked)}: ${printable(words)}`)
  }
}

/** Rates that are too high for all newsletters together. */
function sayGuard({ terminal }: Context, trips: readonly Trip[]): void {
  const last = trips.at(-1)
  if (last === undefined) return
  const stops = last.guard === 'installation-stops'
  terminal.warn(stops ? 'stopped' : 'too much', last.words, stops ? 'all sending is paused' : '')
}

function span({ startsAt, endedAt, newsletter }: CampaignStatus): string {
  const { timeZone } = newsletter
  if (endedAt) return showSpan(startsAt, endedAt, timeZone)
  return `from ${showTime(startsAt, timeZone)}`
}

async function listAll(context: Context): Promise<void> {
  const { terminal, runtime } = context
  const { db } = await runtime({ name: 'status' })
  const [campaigns, workers, guard, mailboxes] = await Promise.all([
    listCampaigns(db),
    aliveWorkerIds(db),
    tripsOf(db, null),
    mailboxLines(db),
  ])
  if (campaigns.length === 0) terminal.note('No campaign yet. `postrider send FILE` makes one.')
  else {
    terminal.table(
      ['campaign', 'newsletter', 'issue', 'state', 'chosen', 'starts', 'reason'],
      campaigns.map((line) => [
        line.id,
        line.newsletter,
        line.title,
        line.state,
        formatNumber(Number(line.chosen)),
        showTime(line.starts_at, line.time_zone),
        line.reason ?? '',
      ]),
    )
  }
  terminal.note(
    workers.length > 0 ? `${count(workers.length, 'worker')} alive` : 'no worker is alive',
  )
  sayGuard(context, guard)
  sayMailboxes(context, mailboxes)
  terminal.object({ campaigns, workers: workers.length, guard, mailboxes })
}

/** Only those that nobody can look through. */
function sayMailboxes({ terminal }: Context, mailboxes: readonly MailboxLine[]): void {
  for (const { name, problem } of mailboxes) {
    if (problem !== null) terminal.warn(`mailbox ${name}`, problem)
  }
}
