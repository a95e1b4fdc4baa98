import type { Db } from '../../db/client.ts'
import { evidenceOf } from '../../db/queries/evidence.ts'
import {
  EVENTS_AT_ONCE,
  lockWaitingEvents,
  postponeEvents,
  takeWaitingEvents,
  type WaitingEvent,
} from '../../db/queries/feedback-events.ts'
import { recordAuth } from '../../db/queries/intake.ts'
import type { Id, MailAuth, MailEnvelope } from '../../db/types.ts'
import type { PolicyConfig } from '../config-policy.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Secrets } from '../secrets.ts'
import { applyConclusions, type FeedbackOutcome } from './apply.ts'
import { factsOf } from './facts.ts'
import { conclude, type Facts } from './judge.ts'
import { type Reading, readEvent } from './read.ts'
import { slowProviders } from './slow-providers.ts'
import { answerSubscribe } from './subscribe-by-mail.ts'

export type FeedbackDeps = Readonly<{
  db: Db
  secrets: Secrets
  policy: PolicyConfig
  log: Log
  /** Who sent a mail, as far as DNS proves it; asked where it matters and intake has not said. */
  authenticate?: (raw: Buffer, envelope: MailEnvelope | null) => Promise<MailAuth>
}>

/** While it reads and concludes; a worker that dies leaves them to the next one for no longer. */
const HELD_MS = 60_000
/** Then those that are not read yet wait again: 100 hostile mails may take 200 s. */
const READING_MS = 20_000
/** Where the second part of a report begins, behind its header and what it says to people. */
const LONGEST_LOOK = 256 * 1024
const OCTETS_AT_ONCE = 16 * 1024 * 1024
/** An event that cannot be handled must not be tried without end. */
const AFTER_FAILURE_MS = 300_000

export type Handled = Readonly<{
  /** By event. */
  outcomes: ReadonlyMap<Id, FeedbackOutcome>
  /** Campaigns that events were about: `guardCampaigns` should look at them. */
  campaignIds: readonly Id[]
  /** As many waited as are handled at once. */
  more: boolean
}>

/** Draws the conclusions from events that wait, oldest first: each once, whoever else is at it. */
export async function handleWaiting(deps: FeedbackDeps, now: Date): Promise<Handled> {
  const events = await takeWaitingEvents(deps.db, { limit: EVENTS_AT_ONCE, heldMs: HELD_MS })
  const { outcomes, readings } = await handle(deps, events, now)
  const about = readings.flatMap((reading) => reading.about?.campaignId ?? [])
  return { outcomes, campaignIds: [...new Set(about)], more: events.length === EVENTS_AT_ONCE }
}

/** The same for one event, due or not. `nothing`: it was handled before, or never there. */
export async function handleFeedback(
  deps: FeedbackDeps,
  eventId: Id,
  now: Date,
): Promise<FeedbackOutcome> {
  const events = await takeWaitingEvents(deps.db, { limit: 1, heldMs: HELD_MS, ids: [eventId] })
  const { outcomes } = await handle(deps, events, now)
  return outcomes.get(eventId) ?? { outcome: 'nothing' }
}

async function handle(
  deps: FeedbackDeps,
  events: readonly WaitingEvent[],
  now: Date,
): Promise<{ outcomes: Map<Id, FeedbackOutcome>; readings: readonly Reading[] }> {
  const { readings, failed, left } = await readAll(deps, events)
  await postponeEvents(deps.db, left, 0)
  const asked = readings.filter(({ kind }) => kind === 'subscribe')
  const others = readings.filter(({ kind }) => kind !== 'subscribe')
  const outcomes = new Map([...failed, ...(await concludeAll(deps, others, now))])
  for (const reading of asked) {
    for (const [id, outcome] of await concludeAll(deps, [reading], now)) outcomes.set(id, outcome)
  }
  await slowProviders(deps, outcomes)
  return { outcomes, readings }
}

type Read = { readings: Reading[]; failed: [Id, FeedbackOutcome][]; left: Id[] }

/** Mails are read one after the other, and their octets fetched so many at a time. `left`: there was no time for them. */
async function readAll(deps: FeedbackDeps, events: readonly WaitingEvent[]): Promise<Read> {
  const until = performance.now() + READING_MS
  const read: Read = { readings: [], failed: [], left: [] }
  for (const slice of slicesOf(events)) {
    const isLate = () => performance.now() > until
    if (isLate()) {
      read.left.push(...slice.map(({ id }) => id))
      continue
    }
    const raws = await evidenceOf(deps.db, slice.filter(isMail).map(idOfEvidence))
    const rawOf = (event: WaitingEvent) =>
      isMail(event) ? (raws.get(idOfEvidence(event)) ?? Buffer.alloc(0)) : null
    // Together: name servers that keep silent hold up a slice once, not for each mail.
    const known = await Promise.all(slice.map((event) => withSender(deps, event, rawOf(event))))
    for (const event of known) {
      if (isLate()) read.left.push(event.id)
      else await readOne(deps, event, rawOf(event), read)
    }
  }
  return read
}

async function readOne(
  deps: FeedbackDeps,
  event: WaitingEvent,
  raw: Buffer | null,
  read: Read,
): Promise<void> {
  try {
    read.readings.push(await readEvent(deps.secrets, event, raw))
  } catch (error) {
    read.failed.push(await fail(deps, event.id, error))
  }
  // What is being sent from this process must not wait for a hundred mails to be read.
  await new Promise((resolve) => setImmediate(resolve))
}

async function fail(
  deps: FeedbackDeps,
  eventId: Id,
  error: unknown,
): Promise<[Id, FeedbackOutcome]> {
  const because = messageOf(error)
  deps.log.error({ event: eventId, err: because }, 'event not handled; tried again later')
  await postponeEvents(deps.db, [eventId], AFTER_FAILURE_MS)
  return [eventId, { outcome: 'failed', because }]
}

/** It matters where a mail asks for something by its From alone, and of a complaint that no token ties. */
async function withSender(
  { db, authenticate, log }: FeedbackDeps,
  event: WaitingEvent,
  raw: Buffer | null,
): Promise<WaitingEvent> {
  if (raw === null) return event
  const matters =
    event.sentTo === 'subscribe' || event.sentTo === 'fbl' || isUntiedComplaint(event, raw)
  if (!matters || event.auth !== null || authenticate === undefined) return event
  try {
    const auth = await authenticate(raw, event.envelope)
    await recordAuth(db, event.id, auth)
    return { ...event, auth }
  } catch (error) {
    log.warn({ event: event.id, err: messageOf(error) }, 'sender not looked into')
    return event
  }
}

/** RFC 5965 2, or a provider's notice by mail. Costs no reading of the mail, and a bounce no question to DNS. */
function isUntiedComplaint({ campaignId, sentTo }: WaitingEvent, raw: Buffer): boolean {
  if (campaignId !== null || sentTo === 'unsubscribe') return false
  return /feedback-report|complaint/i.test(raw.subarray(0, LONGEST_LOOK).toString('latin1'))
}

const isMail = ({ source, evidenceId }: WaitingEvent) =>
  (source === 'door' || source === 'mailbox') && evidenceId !== null
const idOfEvidence = ({ evidenceId }: WaitingEvent) => evidenceId as Id

function slicesOf(events: readonly WaitingEvent[]): WaitingEvent[][] {
  const slices: WaitingEvent[][] = []
  let octets = Number.POSITIVE_INFINITY
  for (const event of events) {
    if (octets + event.evidenceSize > OCTETS_AT_ONCE) {
      slices.push([])
      octets = 0
    }
    slices.at(-1)?.push(event)
    octets += event.evidenceSize
  }
  return slices
}

/** In one transaction; where that fails, each alone, so that one of them cannot hold up the others. */
async function concludeAll(
  deps: FeedbackDeps,
  readings: readonly Reading[],
  now: Date,
): Promise<[Id, FeedbackOutcome][]> {
  if (readings.length === 0) return []
  try {
    return [...(await concludeTogether(deps, readings, now))]
  } catch (error) {
    const [only, ...others] = readings
    if (only !== undefined && others.length === 0) return [await fail(deps, only.event.id, error)]
    const all: [Id, FeedbackOutcome][] = []
    for (const reading of readings) all.push(...(await concludeAll(deps, [reading], now)))
    return all
  }
}

async function concludeTogether(
  deps: FeedbackDeps,
  readings: readonly Reading[],
  now: Date,
): Promise<Map<Id, FeedbackOutcome>> {
  return await deps.db.transaction().execute(async (trx) => {
    const ids = readings.map(({ event }) => event.id)
    const waiting = await lockWaitingEvents(trx, ids)
    const ours = readings.filter(({ event }) => waiting.has(event.id))
    const [first] = ours
    if (first === undefined) return new Map()
    if (first.kind === 'subscribe') return answerSubscribe(trx, deps.secrets, first, now)
    const facts = await factsOf(trx, ours)
    const conclusions = ours.map((reading, index) => conclude(reading, facts[index] as Facts))
    return await applyConclusions(trx, conclusions, deps.policy, now)
  })
}
