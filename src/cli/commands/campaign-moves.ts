import type { Command } from 'commander'
import type { Db } from '../../../db/client.ts'
import type { Id } from '../../../db/types.ts'
import {
  cancelCampaign,
  pauseCampaign,
  resendCampaign,
  resumeCampaign,
} from '../../campaigns/lifecycle.ts'
import { campaignStatus } from '../../campaigns/status.ts'
import { PostriderError } from '../../errors.ts'
import { wakeTransport } from '../../transports/transport.ts'
import type { Bind, Context } from '../context.ts'
import type { Runtime } from '../runtime.ts'
import { count } from '../terminal.ts'
import { equation, statusObject } from '../watch.ts'

const RESENDABLE = ['failed', 'rejected', 'uncertain'] as const
type Resendable = (typeof RESENDABLE)[number]

/** `pause`, `resume`, `cancel` and `resend`: what an editor may do with a campaign. */
export function addCampaignMoves(program: Command, bind: Bind): void {
  const pause = campaignCommand(program, 'pause', 'begin no more messages until it is resumed')
  bind(pause, async (context, [id = '']) => {
    const runtime = await context.runtime()
    await pauseCampaign(runtime.db, id)
    await say(context, runtime.db, id, 'paused')
  })

  const resume = campaignCommand(program, 'resume', 'go on with one that is paused')
  bind(resume, async (context, [id = '']) => {
    const runtime = await context.runtime()
    await resumeCampaign(runtime.db, id)
    await wakeTransport(runtime.db, id)
    await ring(runtime, id)
    await say(context, runtime.db, id, 'resumed')
  })

  const cancel = campaignCommand(program, 'cancel', 'end one: who was not mailed yet is not mailed')
  bind(cancel, async (context, [id = '']) => {
    const runtime = await context.runtime()
    const { inFlight } = await cancelCampaign(runtime.db, id)
    await say(context, runtime.db, id, 'cancelled')
    if (inFlight > 0)
      context.terminal.note(`${count(inFlight, 'message')} on the way will still be settled`)
  })

  const resend = campaignCommand(
    program,
    'resend',
    'send once more to those whose delivery ended so',
  )
    .requiredOption('--only <outcomes>', `${RESENDABLE.join(', ')}; several with commas`)
    .addHelpText('after', '\nExample:\n  postrider resend 12 --only uncertain')
  bind<{ only: string }>(resend, async (context, [id = ''], options) => {
    const only = readOutcomes(options.only)
    const runtime = await context.runtime()
    const { queued, held } = await resendCampaign(runtime.db, id, only)
    if (queued > 0) await ring(runtime, id)
    await say(context, runtime.db, id, 'queued', count(queued, 'delivery', 'deliveries'))
    if (held > 0)
      context.terminal.note(
        `${count(held, 'reader')} got the issue from a later campaign and stay as they are`,
      )
  })
}

function campaignCommand(program: Command, name: string, description: string): Command {
  return program.command(name).argument('<campaign>', 'its number').description(description)
}

function readOutcomes(text: string): Resendable[] {
  return text.split(',').map((part) => {
    const outcome = RESENDABLE.find((known) => known === part.trim())
    if (outcome) return outcome
    throw new PostriderError(
      'bad-input',
      `--only takes ${RESENDABLE.join(', ')}, not "${part.trim()}"`,
    )
  })
}

async function ring(runtime: Runtime, campaignId: Id): Promise<void> {
  const queues = await runtime.queues()
  await queues.ring('prepare', { campaignId }, { id: `prepare-${campaignId}` })
}

async function say(
  { terminal }: Context,
  db: Db,
  id: Id,
  verb: string,
  what?: string,
): Promise<void> {
  const status = await campaignStatus(db, id)
  terminal.done(verb, what ?? `campaign ${id}`, equation(status))
  terminal.object(statusObject(status))
}
