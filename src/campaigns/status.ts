import type { Db } from '../../db/client.ts'
import { type CampaignLine, campaignLines } from '../../db/queries/campaigns.ts'
import { type LedgerLine, type LedgerView, readLedger } from '../../db/queries/deliveries-ledger.ts'
import { newsletterBySlug } from '../../db/queries/newsletters.ts'
import type { CampaignState, DeliveryState, Id, TransportKind } from '../../db/types.ts'
import { isId, unknownCampaign } from './moves.ts'

/** `chosen` as prepare wrote it, the others counted from the rows. */
export type Ledger = Record<'chosen' | DeliveryState, number>

export type CampaignStatus = Readonly<{
  campaign: Id
  state: CampaignState
  /** Why it is paused. */
  reason: string | null
  ledger: Ledger
  adds_up: boolean
  /** false: prepare has not made its last slice, and `chosen` grows. */
  chosenIsFinal: boolean
  /** `skipped`, by reason. */
  skipped: Readonly<Record<string, number>>
  /** Why nothing moves though it is sending: the transport rests, or no worker serves it. */
  waiting: string | null
  waitsUntil: Date | null
  /** The earliest row that waits for its time; null: none waits. */
  nextDueAt: Date | null
  /** Accepted a second, over the last 10 s. */
  acceptedPerSecond: number
  newsletter: Readonly<{ slug: string; timeZone: string }>
  issue: Readonly<{ slug: string; title: string; subject: string }>
  transport: Readonly<{ name: string; kind: TransportKind; ratePerSecond: number | null }>
  startsAt: Date
  startedAt: Date | null
  endedAt: Date | null
}>

/** @throws PostriderError not-found */
export async function campaignStatus(db: Db, id: Id): Promise<CampaignStatus> {
  const view = isId(id) ? await readLedger(db, id) : null
  if (view === null) throw unknownCampaign(id)
  return statusOf(view)
}

export type Reconciliation = CampaignStatus &
  Readonly<{
    /** Rows that there are. */
    rows: number
    /** Rows beyond `chosen`; below 0: rows that are missing. */
    difference: number
    /** What is wrong, a sentence each; none: it adds up. */
    wrong: readonly string[]
  }>

/**
 * Counts the rows against what prepare wrote down of them: of each slice, of each provider, and their sum. Changes nothing: where they differ, somebody wrote to the
 * database behind our back, and which of the two is right is not ours to say.
 * @throws PostriderError not-found
 */
export async function reconcileCampaign(db: Db, id: Id): Promise<Reconciliation> {
  const view = isId(id) ? await readLedger(db, id) : null
  if (view === null) throw unknownCampaign(id)
  const status = statusOf(view)
  const rows = sumOfRows(status.ledger)
  const wrong = differences(view, rows)
  return { ...status, rows, difference: rows - view.chosen, wrong, adds_up: wrong.length === 0 }
}

function differences({ chosen, made, by_provider }: LedgerView, rows: number): string[] {
  const number = (count: number) => count.toLocaleString('en')
  const against = (count: number, what: string) =>
    count === chosen ? null : `${number(chosen)} were chosen, and ${what} ${number(count)}`
  return [
    against(rows, 'there are rows for'),
    against(made, 'the slices that prepare wrote down made'),
    against(by_provider, 'its counts by provider come to'),
  ].filter((sentence) => sentence !== null)
}

/** Newest first. @param filter `newsletter`: its slug; an unknown one has no campaigns */
export async function listCampaigns(
  db: Db,
  filter: { newsletter?: string; limit?: number } = {},
): Promise<CampaignLine[]> {
  const limit = filter.limit ?? 20
  if (filter.newsletter === undefined) return campaignLines(db, { limit })
  const newsletter = await newsletterBySlug(db, filter.newsletter)
  return newsletter === null ? [] : campaignLines(db, { newsletterId: newsletter.id, limit })
}

function statusOf(view: LedgerView): CampaignStatus {
  const ledger = ledgerOf(view.chosen, view.lines)
  return {
    campaign: view.id,
    state: view.state,
    reason: view.reason,
    ledger,
    adds_up: sumOfRows(ledger) === ledger.chosen,
    chosenIsFinal: view.prepared,
    skipped: skippedByReason(view.lines),
    waiting: view.state === 'sending' ? whyItWaits(view, ledger) : null,
    waitsUntil: view.state === 'sending' ? view.rests_until : null,
    nextDueAt: view.next_due_at,
    acceptedPerSecond: view.accepted_lately / 10,
    newsletter: { slug: view.newsletter, timeZone: view.time_zone },
    issue: { slug: view.issue, title: view.title, subject: view.subject },
    transport: {
      name: view.transport,
      kind: view.transport_kind,
      ratePerSecond: view.rate_per_second,
    },
    startsAt: view.starts_at,
    startedAt: view.started_at,
    endedAt: view.ended_at,
  }
}

/** Pure. */
function whyItWaits(view: LedgerView, ledger: Ledger): string | null {
  if (view.rest_reason !== null) return view.rest_reason
  const isOpen = ledger.queued + ledger.deferred + ledger.sending > 0
  if (isOpen && !view.served) return `no worker sends through ${view.transport}`
  const isSlow = ledger.queued + ledger.deferred > 0 && view.accepted_lately === 0
  return isSlow && view.slowed.length > 0 ? view.slowed.join('; ') : null
}

/** Pure. */
export function ledgerOf(chosen: number, lines: readonly LedgerLine[]): Ledger {
  const ledger: Ledger = {
    ...{ chosen, queued: 0, sending: 0, deferred: 0, accepted: 0, rejected: 0 },
    ...{ failed: 0, skipped: 0, uncertain: 0, cancelled: 0 },
  }
  for (const line of lines) ledger[line.state] += line.rows
  return ledger
}

function sumOfRows(ledger: Ledger): number {
  const { chosen: _, ...rows } = ledger
  return Object.values(rows).reduce((sum, count) => sum + count, 0)
}

function skippedByReason(lines: readonly LedgerLine[]): Record<string, number> {
  const skipped = lines.filter((line) => line.state === 'skipped')
  return Object.fromEntries(skipped.map((line) => [line.reason ?? 'unknown', line.rows]))
}
