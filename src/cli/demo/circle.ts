import type { Email } from 'postal-mime'
import { acceptedReaders } from '../../../db/queries/deliveries-reader.ts'
import { campaignStatus, type Ledger } from '../../campaigns/status.ts'
import { packagePath } from '../../config.ts'
import { createSmtpSender } from '../../mail/smtp.ts'
import { createNewsletter, type Newsletter } from '../../newsletters/newsletter.ts'
import { importSubscribers } from '../../subscribers/import.ts'
import { showSubscriber } from '../../subscribers/show.ts'
import { listSuppressions } from '../../suppression/suppression.ts'
import type { Context } from '../context.ts'
import { readIssueFile } from '../input.ts'
import type { Post } from '../post.ts'
import type { Runtime } from '../runtime.ts'
import { makeCampaign, planOf, readyIssue, subjectOf } from '../sending.ts'
import { sayStatus, watchCampaign } from '../watch.ts'
import { headerOf, until, waitForMail } from './caught.ts'
import { demoReaders } from './readers.ts'
import { compareCaught } from './stock.ts'

/** Everything that runs while the demo plays. */
export type Stage = Readonly<{
  context: Context
  runtime: Runtime
  post: Post
  webUrl: string
  doorPort: number
  catcherDir: string
  /** Aborted when the demo is to end. */
  signal: AbortSignal
}>

/** What the demo has to show for itself; a test asserts the counts. */
export type Played = Readonly<{
  campaigns: readonly Ledger[]
  /** Mails of the two campaigns that the catcher holds, each held against its delivery. */
  caught: number
  suppressed: number
  /** Of issue 1: deferred first and then accepted. */
  deferred: number
  /** Of issue 1: accepted, and reported at the door later. */
  bounced: number
  /** By one click, and by mail. */
  left: number
}>

const IMPORTED = 200
const DEAD = 7
const LEAVERS = ['reader-050@readers.test', 'reader-051@readers.test'] as const
const SUBSCRIBER = 'wren@readers.test'
const ISSUES = ['issues/qingdeng-weekly-001.md', 'issues/field-notes-007.md'] as const

/** The circle: in, out, back, and out again. */
export async function playCircle(stage: Stage): Promise<Played> {
  const newsletter = await found(stage)
  await importReaders(stage, newsletter)
  await subscribeByForm(stage, newsletter)
  const first = await sendIssue(stage, newsletter, ISSUES[0])
  const fate = await awaitReports(stage, first)
  await leaveByOneClick(stage, newsletter, LEAVERS[0])
  await leaveByMail(stage, newsletter, LEAVERS[1])
  const second = await sendIssue(stage, newsletter, ISSUES[1])
  return { ...(await takeStock(stage, [first, second])), ...fate }
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
  const { context, webUrl, catcherDir, signal } = stage
  const form = `${webUrl}/subscribe/${newsletter.slug}`
  await post(form, new URLSearchParams({ email: SUBSCRIBER }))
  const asked = await waitForMail(catcherDir, { to: SUBSCRIBER }, signal)
  const link = new RegExp(`${webUrl}/confirm/[\\w-]+`).exec(asked.text ?? '')?.[0]
  if (!link) throw new Error('the confirmation has no link')
  await post(link, new URLSearchParams())
  const fits = (mail: Email) => mail.subject !== asked.subject
  const welcome = await waitForMail(catcherDir, { to: SUBSCRIBER, fits }, signal)
  context.terminal.done(
    'subscribed',
    `${SUBSCRIBER} by the form, and confirmed`,
    `got "${welcome.subject}"`,
  )
}

async function sendIssue(stage: Stage, newsletter: Newsletter, path: string): Promise<string> {
  const { context, runtime, post } = stage
  const read = await readIssueFile(packagePath(path))
  const ready = await readyIssue(runtime, read, { newsletter: newsletter.slug })
  const when = { startsAt: null, again: false }
  const plan = await planOf(runtime, ready, when)
  const [refusal] = plan.refuses
  if (refusal) throw new Error(refusal)
  context.terminal.done('compiled', `"${subjectOf(ready)}"`, `for ${plan.toMail} readers`)
  const id = await makeCampaign(runtime, post, ready, when)
  sayStatus(context.terminal, await watchCampaign(context, runtime, id))
  return id
}

/** Reports of addresses that took a mail and found nobody: they come through the door, a little later. */
async function awaitReports(
  { context, runtime, signal }: Stage,
  campaignId: string,
): Promise<Pick<Played, 'deferred' | 'bounced'>> {
  const dead = await until('reports of dead addresses', signal, async () => {
    const suppressions = await listSuppressions(runtime.db)
    return suppressions.length < DEAD ? null : suppressions
  })
  const accepted = await acceptedReaders(runtime.db, campaignId)
  const deferred = accepted.filter(({ attempts }) => attempts > 1).length
  const bounced = accepted.filter((reader) =>
    dead.some(({ address }) => address === reader.address),
  ).length
  context.terminal.done('retried', `${deferred} readers`, 'deferred first, then accepted')
  context.terminal.done(
    'suppressed',
    `${dead.length} dead addresses`,
    `${dead.length - bounced} refused in the session, ${bounced} reported at the door`,
  )
  return { deferred, bounced }
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
  const { context, doorPort, runtime, signal } = stage
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
  await until('the mail is acted upon', signal, () => hasLeft(runtime, newsletter, address))
  context.terminal.done('left', address, 'by a mail to the address of the header')
}

async function takeStock(
  stage: Stage,
  ids: readonly string[],
): Promise<Omit<Played, 'deferred' | 'bounced'>> {
  const { context, runtime, catcherDir } = stage
  const statuses = await Promise.all(ids.map((id) => campaignStatus(runtime.db, id)))
  const caught = await compareCaught(runtime, catcherDir, ids)
  context.terminal.done('adds up', `${caught} accepted deliveries, each one mail in the catcher`)
  return {
    campaigns: statuses.map(({ ledger }) => ledger),
    caught,
    suppressed: (await listSuppressions(runtime.db)).length,
    left: LEAVERS.length,
  }
}

/** The issue as one reader got it. */
function issueMail(stage: Stage, newsletter: Newsletter, address: string): Promise<Email> {
  const fits = (mail: Email) =>
    mail.headers.some(({ key, value }) => key === 'list-id' && value.includes(newsletter.slug))
  return waitForMail(stage.catcherDir, { to: address, fits }, stage.signal)
}

async function hasLeft(
  { db }: Runtime,
  newsletter: Newsletter,
  address: string,
): Promise<true | null> {
  const shown = await showSubscriber(db, address)
  const left = shown?.subscriptions.some(
    ({ newsletterId, state }) => newsletterId === newsletter.id && state === 'unsubscribed',
  )
  return left === true ? true : null
}

async function post(url: string, body: URLSearchParams): Promise<void> {
  const response = await fetch(url, { method: 'POST', body })
  if (!response.ok)
    throw new Error(`POST ${new URL(url).pathname.split('/')[1]} answered ${response.status}`)
}
