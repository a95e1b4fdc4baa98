import type { Command } from 'commander'
import { aliveWorkerIds } from '../../../db/queries/workers.ts'
import { type CampaignStatus, campaignStatus, listCampaigns } from '../../campaigns/status.ts'
import type { Bind, Context } from '../context.ts'
import { count, formatNumber } from '../format.ts'
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
    sayOne(context, seen)
    context.terminal.object(statusObject(seen))
  })
}

function sayOne({ terminal }: Context, status: CampaignStatus): void {
  terminal.heading(`Campaign ${status.campaign}: ${status.issue.title}`)
  terminal.note(
    `${status.newsletter.slug}/${status.issue.slug} through ${status.transport.name}, ${span(status)}`,
  )
  sayStatus(terminal, status)
}

function span({ startsAt, endedAt, newsletter }: CampaignStatus): string {
  const { timeZone } = newsletter
  if (endedAt) return showSpan(startsAt, endedAt, timeZone)
  return `from ${showTime(startsAt, timeZone)}`
}

async function listAll({ terminal, runtime }: Context): Promise<void> {
  const { db } = await runtime({ name: 'status' })
  const [campaigns, workers] = await Promise.all([listCampaigns(db), aliveWorkerIds(db)])
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
  terminal.object({ campaigns, workers: workers.length })
}
