import { setTimeout as sleep } from 'node:timers/promises'
import { insertMedia } from '../../db/queries/media.ts'
import { type OutboxRow, outboxById } from '../../db/queries/outbox.ts'
import { publicUrlProblem } from '../campaigns/public-url.ts'
import { PostriderError } from '../errors.ts'
import { isReservedDomain, parseAddress } from '../mail/address.ts'
import { createFiller } from '../messages/fill.ts'
import { enqueueMail } from '../outbox/enqueue.ts'
import type { Context } from './context.ts'
import type { Post } from './post.ts'
import type { Runtime } from './runtime.ts'
import type { ReadyIssue } from './sending.ts'
import { siteUrl } from './state-file.ts'
import { workHere } from './working.ts'

const OPEN = ['queued', 'sending', 'deferred']
const LOOK_EVERY_MS = 100

/**
 * Mails an issue to one address, subscriber or not, outside every ledger, and waits for its outcome.
 * @throws PostriderError bad-input, refused
 */
export async function sendTest(
  context: Context,
  runtime: Runtime,
  post: Post,
  ready: ReadyIssue,
  to: string,
): Promise<OutboxRow> {
  const parsed = parseAddress(to)
  if (!parsed.ok) throw new PostriderError('bad-input', `"${to}" is no mail address: ${parsed.why}`)
  const { address, key, domain } = parsed.value
  refuseRealAddress(runtime, post, domain)
  const archive = `${await siteUrl(runtime.config)}/${ready.newsletter.slug}`
  const filled = createFiller(ready.compiled)({
    address,
    attributes: {},
    // A test is nobody's subscription: its links show where they would lead.
    unsubscribeUrl: archive,
    webUrl: archive,
    newsletterName: ready.newsletter.name,
    issueTitle: ready.issue.meta.title,
  })
  const { outboxId } = await runtime.db.transaction().execute(async (trx) => {
    await insertMedia(trx, ready.media)
    return enqueueMail(trx, {
      kind: 'test',
      newsletterId: ready.newsletter.id,
      address,
      addressHash: runtime.secrets.addressHash(key),
      payload: filled,
      transportId: post.transportId,
    })
  })
  await workHere(context, runtime, post)
  await (await runtime.queues()).ring('outbox', {})
  const row = await outcomeOf(context, runtime, outboxId)
  say(context, row)
  return row
}

function refuseRealAddress({ config }: Runtime, post: Post, domain: string): void {
  if (post.config.kind === 'catcher' || isReservedDomain(domain)) return
  const problem = publicUrlProblem(config.publicUrl)
  if (problem !== null) {
    throw new PostriderError('refused', `${problem}: set it before a real address is mailed`)
  }
}

/** Until it has one, or can only be tried again later, or this process is asked to stop. */
async function outcomeOf(context: Context, runtime: Runtime, id: string): Promise<OutboxRow> {
  let stopping = false
  void context.stopped.then(() => {
    stopping = true
  })
  for (;;) {
    const row = await outboxById(runtime.db, id)
    if (row === null) throw new Error(`outbox row ${id} is gone`)
    const later = row.state === 'deferred' && row.due_at.getTime() > Date.now() + 10_000
    if (!OPEN.includes(row.state) || later || stopping) return row
    await sleep(LOOK_EVERY_MS)
  }
}

function say({ terminal }: Context, row: OutboxRow): void {
  if (row.state === 'accepted') {
    terminal.done('mailed', row.address, 'the next server took it')
    return
  }
  const why = row.reason ? `: ${row.reason}` : ''
  if (row.state === 'deferred')
    terminal.warn('deferred', `${row.address}: a worker tries again later`)
  else terminal.fail(`${row.address} is ${row.state}${why}`)
  process.exitCode = 1
}
