import type { Command } from 'commander'
import type { Id } from '../../../db/types.ts'
import {
  cancelCampaign,
  pauseCampaign,
  RESENDABLE,
  resendCampaign,
  resumeCampaign,
} from '../../campaigns/lifecycle.ts'
import { campaignStatus } from '../../campaigns/status.ts'
import { wakeTransport } from '../../transports/transport.ts'
import type { Bind, Context } from '../context.ts'
import { count } from '../format.ts'
import { badUsage, examples } from '../options.ts'
import type { Runtime } from '../runtime.ts'
import { equation, statusObject } from '../watch.ts'
import { sayWorkers } from '../working.ts'

type Resendable = (typeof RESENDABLE)[number]

export function definePause(command: Command, bind: Bind): void {
  takesCampaign(command, 'postrider pause 12')
  bind(command, async (context, [id = '']) => {
    const runtime = await context.runtime()
    await pauseCampaign(runtime.db, id)
    await say(context, runtime, id, 'paused')
  })
}

export function defineResume(command: Command, bind: Bind): void {
  takesCampaign(command, 'postrider resume 12')
  bind(command, async (context, [id = '']) => {
    const runtime = await context.runtime()
    await resumeCampaign(runtime.db, id)
    await wakeTransport(runtime.db, id)
    await ring(runtime, id)
    await say(context, runtime, id, 'resumed')
    await sayWorkers(context, runtime, id)
  })
}

export function defineCancel(command: Command, bind: Bind): void {
  takesCampaign(command, 'postrider cancel 12')
  bind(command, async (context, [id = '']) => {
    const runtime = await context.runtime()
    const { inFlight } = await cancelCampaign(runtime.db, id)
    await say(context, runtime, id, 'cancelled')
    if (inFlight > 0)
      context.terminal.note(`${count(inFlight, 'message')} on the way will still be settled`)
  })
}

export function defineResend(command: Command, bind: Bind): void {
  takesCampaign(command, 'postrider resend 12 --only uncertain')
  command.requiredOption('--only <outcomes>', `${RESENDABLE.join(', ')}; several with commas`)
  bind<{ only: string }>(command, async (context, [id = ''], options) => {
    const only = readOutcomes(options.only)
    const runtime = await context.runtime()
    const { queued, held } = await resendCampaign(runtime.db, id, only)
    if (queued > 0) await ring(runtime, id)
    await say(context, runtime, id, 'queued', count(queued, 'delivery', 'deliveries'))
    if (held > 0)
      context.terminal.note(
        `${count(held, 'reader')} got the issue from another campaign and stay as they are`,
      )
    await sayWorkers(context, runtime, id)
  })
}

function takesCampaign(command: Command, example: string): void {
  command.argument('<campaign>', 'its number').addHelpText('after', examples(example))
}

function readOutcomes(text: string): Resendable[] {
  return text.split(',').map((part) => {
    const outcome = RESENDABLE.find((known) => known === part.trim())
    if (outcome) return outcome
    throw badUsage(`--only takes ${RESENDABLE.join(', ')}, not "${part.trim()}"`)
  })
}

async function ring(runtime: Runtime, campaignId: Id): Promise<void> {
  const queues = await runtime.queues()
  await queues.ring('prepare', { campaignId })
}

async function say(
  { terminal }: Context,
  { db }: Runtime,
  id: Id,
  verb: string,
  what?: string,
): Promise<void> {
  const status = await campaignStatus(db, id)
  terminal.done(verb, what ?? `campaign ${id}`, equation(status))
  terminal.object(statusObject(status))
}
