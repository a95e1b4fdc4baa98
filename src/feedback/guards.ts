import type { Db, Trx } from '../../db/client.ts'
import {
  type CampaignRates,
  campaignRates,
  countProvenSince,
  countSent,
  countSentSince,
  countSentToDomain,
  endTrips,
  insertTrip,
  sendingWithout,
  tripsOf,
} from '../../db/queries/guard-trips.ts'
import { allNewsletters } from '../../db/queries/newsletters.ts'
import type { Id } from '../../db/types.ts'
import { STOPS, wordsOfStop } from '../campaigns/guard.ts'
import { pauseSending } from '../campaigns/lifecycle.ts'
import { tellOfFeedback } from '../campaigns/tell.ts'
import type { GuardLevel } from '../config-policy.ts'
import { parseAddress } from '../mail/address.ts'
import { enqueueMail } from '../outbox/enqueue.ts'
import {
  enoughSent,
  judgeBlocks,
  judgeCampaign,
  judgeInstallation,
  LEAST_BLOCKS,
  type Tripped,
} from '../suppression/guards.ts'
import type { FeedbackDeps } from './handle.ts'

/** `among`: only these; otherwise all that are not over for long. Each guard pauses a campaign once, and tells. */
export async function guardCampaigns(
  deps: FeedbackDeps,
  among?: readonly Id[],
): Promise<{ campaignId: Id; guard: string; paused: boolean }[]> {
  const { db } = deps
  const all: { campaignId: Id; guard: string; paused: boolean }[] = []
  const options = { atLeast: LEAST_BLOCKS, ...(among === undefined ? {} : { among }) }
  for (const rates of await campaignRates(db, options)) {
    const { campaignId } = rates
    const before = new Set((await tripsOf(db, campaignId)).map(({ guard }) => guard))
    for (const tripped of await judge(db, rates)) {
      if (before.has(tripped.guard)) continue
      const paused = await trip(deps, campaignId, tripped)
      if (paused !== null) all.push({ campaignId, guard: tripped.guard, paused })
    }
  }
  return all
}

const TELLS = 'told:'

async function judge(db: Db, rates: CampaignRates): Promise<Tripped[]> {
  const { campaignId, hard, complaints, pauseBlockPercent } = rates
  const upTo = Math.max(
    enoughSent(hard, rates.pauseHardPercent),
    enoughSent(complaints, rates.pauseComplaintPercent),
  )
  const sent = hard + complaints === 0 ? 0 : await countSent(db, campaignId, upTo)
  const tripped = judgeCampaign(rates, sent)
  for (const block of rates.blocks) {
    const { domain, count, words } = block
    const enough = Math.floor((count * 100) / pauseBlockPercent) + 1
    const there = await countSentToDomain(db, campaignId, domain, enough)
    const above = judgeBlocks(block, there, pauseBlockPercent)
    if (above !== null) tripped.push(above)
    else tripped.push({ guard: `${TELLS}${domain}`, words: `${domain} blocks ${count}: ${words}` })
  }
  return tripped
}

/** null: another process was first. */
async function trip(
  { db, secrets, log }: FeedbackDeps,
  campaignId: Id,
  { guard, words }: Tripped,
): Promise<boolean | null> {
  const paused = await db.transaction().execute(async (trx) => {
    if (!(await insertTrip(trx, { campaignId, guard, words }))) return null
    const pauses = !guard.startsWith(TELLS)
    if (pauses && (await pauseSending(trx, campaignId, words, { tell: secrets }))) return true
    await tellOfFeedback(trx, secrets, campaignId, words)
    return false
  })
  if (paused !== null) log.warn({ campaignId, guard, paused }, words)
  return paused
}

const WEEK_MS = 7 * 86_400_000
const WARNS = 'installation-warns'

/** Rates over 7 days, of all newsletters together: a warning, or a stop of all that is sending. */
export async function guardInstallation(deps: FeedbackDeps, now: Date): Promise<void> {
  const { db, policy, secrets, log } = deps
  const since = new Date(now.getTime() - WEEK_MS)
  const proven = await countProvenSince(db, since)
  const enough = ({ bouncePercent, complaintPercent }: GuardLevel) =>
    Math.max(
      enoughSent(proven.bounces, bouncePercent),
      enoughSent(proven.complaints, complaintPercent),
    )
  const some = proven.bounces + proven.complaints > 0
  const upTo = Math.max(enough(policy.guard.warn), enough(policy.guard.stop))
  const sent = some ? await countSentSince(db, since, upTo) : 0
  const { level, words } = judgeInstallation({ ...proven, sent }, policy.guard)
  const standing = level === 'stops' ? [WARNS, STOPS] : level === 'warns' ? [WARNS] : []
  const told = await db.transaction().execute(async (trx) => {
    await endTrips(
      trx,
      [WARNS, STOPS].filter((guard) => !standing.includes(guard)),
    )
    const fresh: string[] = []
    for (const guard of standing) {
      if (await insertTrip(trx, { campaignId: null, guard, words })) fresh.push(guard)
    }
    if (fresh.length > 0) await tellAll(trx, secrets, level === 'stops', words)
    return fresh
  })
  for (const guard of told) log.warn({ guard }, words)
}

/** While the installation is stopped: whatever is sending is paused, once each; whoever resumes it answers for that. */
export async function holdToStop(deps: FeedbackDeps): Promise<Id[]> {
  const { db } = deps
  const words = await wordsOfStop(db)
  if (words === null) return []
  const ids = await sendingWithout(db, STOPS)
  for (const id of ids) await trip(deps, id, { guard: STOPS, words })
  return ids
}

/** Each address once. */
async function tellAll(
  trx: Trx,
  secrets: FeedbackDeps['secrets'],
  stops: boolean,
  words: string,
): Promise<void> {
  const told = new Set<string>()
  for (const newsletter of await allNewsletters(trx)) {
    const notify = newsletter.notify_address ? parseAddress(newsletter.notify_address) : null
    if (!notify?.ok || told.has(notify.value.key)) continue
    told.add(notify.value.key)
    const isChinese = /^zh\b/i.test(newsletter.language)
    const { address, key } = notify.value
    await enqueueMail(trx, {
      ...{ kind: 'notice', newsletterId: newsletter.id, address },
      addressHash: secrets.addressHash(key),
      payload: { language: newsletter.language, ...notice(isChinese, stops, words) },
    })
  }
}

function notice(isChinese: boolean, stops: boolean, words: string) {
  if (isChinese) {
    return {
      subject: stops ? '退信或投诉过多：已停止发送' : '退信或投诉偏多',
      lines: [
        words,
        '查看来源：postrider feedback sources',
        '查看退订名单：postrider suppression list',
      ],
    }
  }
  return {
    subject: stops ? 'Too much comes back: all sending is stopped' : 'Much comes back',
    lines: [
      `${words}.`,
      'Where it comes from: postrider feedback sources',
      stops
        ? 'Mail providers block senders above this. Find out why first; `postrider resume` goes on with a campaign all the same.'
        : 'Mail providers begin to mind at this. Look where the addresses come from.',
    ],
  }
}
