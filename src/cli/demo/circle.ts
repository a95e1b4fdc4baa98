import type { Email } from 'postal-mime'
import { campaignStatus, type Ledger } from '../../campaigns/status.ts'
import { packagePath } from '../../config.ts'
import { createSmtpSender } from '../../mail/smtp.ts'
import { createNewsletter, type Newsletter } from '../../newsletters/newsletter.ts'
import { importSubscribers } from '../../subscribers/import.ts'
import { showSubscriber } from '../../subscribers/show.ts'
import { listSuppressions } from '../../suppression/suppression.ts'
import type { Context } from '../context.ts'
import type { Post } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { makeCampaign, planOf, readyIssue } from '../sending.ts'
import { sayStatus, watchCampaign } from '../watch.ts'
import { caughtIn, headerOf, mailTo, until } from './caught.ts'
import { demoReaders } from './readers.ts'

/** Everything that runs while the demo plays. */
export type Stage = Readonly<{
  context: Context
  runtime: Runtime
  post: Post
  webUrl: string
  doorPort: number
  catcherDir: string
}>

/** What the demo has to show for itself; a test asserts the counts. */
export type Played = Readonly<{
  campaigns: readonly Ledger[]
  /** Mails of the two campaigns that the catcher holds. */
  caught: number
  suppressed: number
}>

const IMPORTED = 200
const SUBSCRIBER = 'wren@readers.test'
const ISSUES = ['issues/qingdeng-weekly-001.md', 'issues/field-notes-007.md'] as const

/** The circle: in, out, back, and out again. */
export async function playCircle(stage: Stage): Promise<Played> {
  const newsletter = await found(stage)
  await importReaders(stage, newsletter)
  await subscribeByForm(stage, newsletter)
  const first = await sendIssue(stage, newsletter, ISSUES[0])
  await awaitReports(stage, first)
  await leaveByOneClick(stage, newsletter, 'reader-050@readers.test')
  await leaveByMail(stage, newsletter, 'reader-051@readers.test')
  const second = await sendIssue(stage, newsletter, ISSUES[1])
  return takeStock(stage, [first, second])
}

async function found({ context, runtime }: Stage): Promise<Newsletter> {
  const newsletter = await createNewsletter(runtime.db, {
    slug: 'demo',
    name: '青灯周刊',
    description: 'A weekly that exists for this demo.',
    fromAddress: 'editor@weekly.test',
    postalAddress: '青灯周刊, 1 Lantern Lane, Riverton',
    language: 'zh-CN',
    timeZone: 'Asia/Shanghai',
  })
  context.terminal.done('founded', newsletter.name, `/${newsletter.slug}`)
  return newsletter
}

async function importReaders({ context, runtime }: Stage, newsletter: Newsletter): Promise<void> {
  const report = await importSubscribers(
    runtime.db,
    runtime.secrets,
    { newsletter, csv: demoReaders(IMPORTED), consent: 'made up for the demo' },
    new Date(),
  )
  context.terminal.done('imported', `${report.added} readers from a CSV file`)
}

/** Form, mailed link, button, welcome: what a reader does by hand. */
async function subscribeByForm(stage: Stage, newsletter: Newsletter): Promise<void> {
  const { context, webUrl, catcherDir } = stage
  const form = `${webUrl}/subscribe/${newsletter.slug}`
  await post(form, new URLSearchParams({ email: SUBSCRIBER }))
  const asked = await mailTo(catcherDir, SUBSCRIBER)
  const link = new RegExp(`${webUrl}/confirm/[\\w-]+`).exec(asked.text ?? '')?.[0]
  if (!link) throw new Error('the confirmation has no link')
  await post(link, new URLSearchParams())
  const welcome = await mailTo(catcherDir, SUBSCRIBER, (mail) => mail.subject !== asked.subject)
  context.terminal.done(
    'subscribed',
    `${SUBSCRIBER} by the form, and confirmed`,
    `got "${welcome.subject}"`,
  )
}

async function sendIssue(stage: Stage, newsletter: Newsletter, path: string): Promise<string> {
  const { context, runtime, post } = stage
  const ready = await readyIssue(runtime, packagePath(path), { newsletter: newsletter.slug })
  const when = { startsAt: null, again: false }
  const plan = await planOf(runtime, post, ready, when)
  const [refusal] = plan.refuses
  if (refusal) throw new Error(refusal)
  context.terminal.done('compiled', `"${ready.issue.meta.subject}"`, `for ${plan.toMail} readers`)
  const id = await makeCampaign(runtime, post, ready, when)
  sayStatus(context.terminal, await watchCampaign(context, runtime, id))
  return id
}

/** Reports of addresses that took a mail and found nobody: they come through the door, a little later. */
async function awaitReports({ context, runtime }: Stage, campaignId: string): Promise<void> {
  const suppressed = 7
  await until('the reports came back', async () => (await countSuppressed(runtime)) === suppressed)
  context.terminal.done(
    'suppressed',
    `${suppressed} dead addresses`,
    `5 refused in the session of campaign ${campaignId}, 2 reported at the door`,
  )
}

async function leaveByOneClick(
  stage: Stage,
  newsletter: Newsletter,
  address: string,
): Promise<void> {
  const mail = await issueMail(stage, newsletter, address)
  const link = /<(https?:[^>]+)>/.exec(headerOf(mail, 'List-Unsubscribe'))?.[1]
  if (!link) throw new Error('the mail has no unsubscribe link')
  await post(link, new URLSearchParams(headerOf(mail, 'List-Unsubscribe-Post')))
  stage.context.terminal.done('left', address, 'by the one click of the header')
}

async function leaveByMail(stage: Stage, newsletter: Newsletter, address: string): Promise<void> {
  const { context, doorPort, runtime } = stage
  const mail = await issueMail(stage, newsletter, address)
  const to = /<mailto:([^>]+)>/.exec(headerOf(mail, 'List-Unsubscribe'))?.[1]
  if (!to) throw new Error('the mail has no mailto address')
  const sender = createSmtpSender({
    name: 'reader',
    kind: 'smtp',
    host: '127.0.0.1',
    port: doorPort,
    implicitTls: false,
    user: null,
    password: null,
    ratePerSecond: null,
    connections: 1,
  })
  const bytes = Buffer.from(`From: ${address}\r\nTo: ${to}\r\nSubject: unsubscribe\r\n\r\n`)
  const result = await sender.send({ from: address, to }, bytes)
  await sender.close()
  if (result.outcome !== 'accepted') throw new Error(`the door did not take it: ${result.outcome}`)
  await until('the mail was acted upon', async () => hasLeft(runtime, newsletter, address))
  context.terminal.done('left', address, 'by a mail to the address of the header')
}

async function takeStock(stage: Stage, ids: readonly string[]): Promise<Played> {
  const { runtime, catcherDir } = stage
  const statuses = await Promise.all(ids.map((id) => campaignStatus(runtime.db, id)))
  const caught = (await caughtIn(catcherDir)).filter(({ from }) => from.startsWith('b-'))
  return {
    campaigns: statuses.map(({ ledger }) => ledger),
    caught: caught.length,
    suppressed: await countSuppressed(runtime),
  }
}

/** The issue as one reader got it. */
function issueMail({ catcherDir }: Stage, newsletter: Newsletter, address: string): Promise<Email> {
  return mailTo(catcherDir, address, (mail) =>
    mail.headers.some(({ key, value }) => key === 'list-id' && value.includes(newsletter.slug)),
  )
}

async function countSuppressed({ db }: Runtime): Promise<number> {
  return (await listSuppressions(db)).length
}

async function hasLeft({ db }: Runtime, newsletter: Newsletter, address: string): Promise<boolean> {
  const shown = await showSubscriber(db, address)
  return (
    shown?.subscriptions.some(
      ({ newsletterId, state }) => newsletterId === newsletter.id && state === 'unsubscribed',
    ) ?? false
  )
}

async function post(url: string, body: URLSearchParams): Promise<void> {
  const response = await fetch(url, { method: 'POST', body })
  if (!response.ok)
    throw new Error(`POST ${new URL(url).pathname.split('/')[1]} answered ${response.status}`)
}
