import { confirm, isCancel } from '@clack/prompts'
import type { Command } from 'commander'
import { finishCampaigns } from '../../campaigns/lifecycle.ts'
import type { Plan } from '../../campaigns/plan.ts'
import { type CampaignStatus, campaignStatus } from '../../campaigns/status.ts'
import { PostriderError } from '../../errors.ts'
import type { Bind, Context } from '../context.ts'
import { countLinks } from '../count-links.ts'
import { count, formatBytes, formatNumber } from '../format.ts'
import { readIssueFile, showFindings, sumUp } from '../input.ts'
import { examples } from '../options.ts'
import { NOBODY_IS_MAILED, openPost, type Post, sayInbox } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { makeCampaign, planOf, type ReadyIssue, readyIssue, subjectOf } from '../sending.ts'
import { readTime, showTime } from '../time.ts'
import { readUndo, waitForUndo } from '../undo.ts'
import { equation, sayStatus, statusObject, watchCampaign } from '../watch.ts'
import { sayWorkers, workHere } from '../working.ts'

type Options = {
  newsletter?: string
  at?: string
  again?: boolean
  yes?: boolean
  detach?: boolean
  undo?: string
  watch?: boolean
}

export function defineSend(command: Command, bind: Bind): void {
  command
    .argument('<file>', 'the issue, a Markdown file')
    .option('--newsletter <slug>', 'to whose readers (default: as the issue says, or the only one)')
    .option('--at <time>', "when: 2026-11-30 08:00 in the newsletter's zone, or with an offset")
    .option('--again', 'also mail those who have the issue')
    .option('--undo <seconds>', 'wait so long before the first message (10 on a terminal, else 0)')
    .option('--yes', 'do not ask')
    .option('--detach', 'make the campaign and leave the sending to worker processes')
    .option('--watch', 'show how it goes (what it does anyway unless detached)')
    .addHelpText(
      'after',
      examples('postrider send issues/field-notes-007.md --newsletter field-notes'),
    )
  bind<Options>(command, send)
}

async function send(context: Context, [file = '']: string[], options: Options): Promise<void> {
  const { terminal } = context
  const asked = readUndo(options.undo, terminal.interactive)
  const read = await readIssueFile(file)
  const runtime = await context.runtime({ name: 'send', poolSize: 20 })
  const ready = await readyIssue(runtime, read, { newsletter: options.newsletter })
  sayReady(context, ready)
  const startsAt = options.at ? readTime(options.at, ready.newsletter.time_zone) : null
  const plan = await planOf(runtime, ready, { startsAt, again: options.again === true })
  sayPlan(context, plan)
  const [refusal] = plan.refuses
  if (refusal) throw new PostriderError('refused', refusal)
  if (!(await agreed(context, plan, options))) return
  const post = await openPost(runtime)
  const undoSeconds = startsAt ? 0 : asked
  const when = { startsAt, undoSeconds, again: plan.again }
  const id = await makeCampaign(runtime, post, ready, when)
  terminal.done(
    'made',
    `campaign ${id}`,
    startsAt ? `starts ${showTime(startsAt, ready.newsletter.time_zone)}` : '',
  )
  if (options.detach || startsAt) return leave(context, runtime, id)
  if (undoSeconds > 0 && !(await waitForUndo(context, runtime, id, undoSeconds))) {
    return sayUndone(context, runtime, id)
  }
  const status = await sendHere(context, runtime, post, id)
  if (status.state === 'sending') {
    terminal.warn('stopped', equation(status))
    if ((await sayWorkers(context, runtime, id)) === 0) process.exitCode = 1
  } else sayStatus(terminal, status)
  if (status.state === 'paused') process.exitCode = 1
  sayInbox(terminal, post)
  terminal.object(statusObject(status))
}

async function sayUndone({ terminal }: Context, { db }: Runtime, id: string): Promise<void> {
  terminal.note('Cancelled in time: nobody was mailed.')
  process.exitCode = 1
  terminal.object(statusObject(await campaignStatus(db, id)))
}

/** Until it has ended or is paused, or we are asked to stop: then what this process holds is settled first. */
async function sendHere(
  context: Context,
  runtime: Runtime,
  post: Post,
  id: string,
): Promise<CampaignStatus> {
  const working = await workHere(context, runtime, post)
  const status = await watchCampaign(context, runtime, id)
  if (status.state !== 'sending' || working === null) return status
  await working.close()
  // What it held may have been the last of it, and no sweep of ours comes any more.
  await finishCampaigns(runtime.db, runtime.secrets)
  return campaignStatus(runtime.db, id)
}

function sayReady({ terminal }: Context, ready: ReadyIssue): void {
  const { file, findings, sizes } = ready
  showFindings(terminal, findings)
  const links = countLinks(ready.issue)
  terminal.done('checked', file, sumUp({ links, errors: 0, warnings: findings.length }))
  terminal.done(
    'compiled',
    `"${subjectOf(ready)}"`,
    `HTML ${formatBytes(sizes.htmlBytes)}, text ${formatBytes(sizes.textBytes)}`,
  )
}

function sayPlan({ config, terminal }: Context, plan: Plan): void {
  const skipped = Object.entries(plan.skipped)
    .filter(([, rows]) => rows > 0)
    .map(([reason, rows]) => `${formatNumber(rows)} ${reason}`)
  terminal.done(
    'chosen',
    `${count(plan.toMail, 'reader')} of ${plan.newsletter.name}`,
    skipped.length > 0 ? `skipped: ${skipped.join(', ')}` : 'nobody is skipped',
  )
  const { transport } = config
  if (transport === null) terminal.warn('catching', NOBODY_IS_MAILED)
  else terminal.done('through', `${transport.name} (${transport.host}:${transport.port})`)
}

/** Asks once, and twice where readers would get an issue that they have. */
async function agreed({ terminal }: Context, plan: Plan, options: Options): Promise<boolean> {
  if (options.yes) return true
  if (!terminal.interactive) {
    throw new PostriderError('refused', 'nobody is here to be asked: say --yes to send it')
  }
  const questions = [`Send "${plan.issue}" to ${count(plan.toMail, 'reader')}?`]
  if (plan.again && plan.hasIssue > 0) {
    questions.push(
      `${count(plan.hasIssue, 'reader')} had it already and will get it a second time. Really?`,
    )
  }
  for (const message of questions) {
    const answer = await confirm({ message, initialValue: false })
    if (isCancel(answer) || !answer) {
      terminal.note('Nothing was sent.')
      process.exitCode = 1
      return false
    }
  }
  return true
}

async function leave(context: Context, runtime: Runtime, id: string): Promise<void> {
  const workers = await sayWorkers(context, runtime, id)
  const status = await campaignStatus(runtime.db, id)
  if (status.state === 'paused') {
    sayStatus(context.terminal, status)
    process.exitCode = 1
  } else context.terminal.note(`postrider status ${id} --watch`)
  context.terminal.object({ ...statusObject(status), workers })
}
