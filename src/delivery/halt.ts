import type { Db } from '../../db/client.ts'
import { hasOtherWay } from '../../db/queries/campaign-ways.ts'
import { restTransport } from '../../db/queries/transports.ts'
import type { Id } from '../../db/types.ts'
import { pauseSending } from '../campaigns/lifecycle.ts'
import { type Teller, tellRests } from '../campaigns/tell.ts'
import type { Log } from '../log.ts'
import type { Reply } from '../mail/reply.ts'
import { restMs } from '../transports/rest.ts'
import type { Held } from './held.ts'
import { isOwn, replyLine } from './outcome.ts'
import type { Recorder } from './record.ts'

export type HaltDeps = Readonly<{
  db: Db
  log: Log
  recorder: Recorder
  transportId: Id
  teller: Teller
  /** All rows that wait, or those of one campaign, go back. */
  giveBack(campaignId?: Id): void
}>

/** Rests in a row after which somebody is told: half a minute of them, where it cannot be reached. */
const RESTS_TOLD = { refused: 1, unavailable: 5 } as const
/** So many messages that cannot be filled, one after the other, are no matter of single readers. */
const UNFILLABLE_IN_A_ROW = 20

export type Halt = ReturnType<typeof createHalt>

/** Faults that are not a delivery's own: who rests, what pauses, and what goes back for it. */
export function createHalt(deps: HaltDeps) {
  const { recorder, giveBack } = deps
  /** Faults that are not recorded yet. */
  const pending = new Set<string>()
  const unfillable = new Map<string, number>()
  const state = { restsInRow: 0, refusals: 0 }
  /** Recorded once, however many messages meet it. */
  const once = (key: string, record: () => Promise<void>) => {
    pending.add(key)
    recorder.first(async () => {
      await record()
      pending.delete(key)
    })
  }

  return {
    state,
    /** From a fault until it is recorded: nothing begins, nothing is claimed. */
    isOn: () => pending.size > 0,
    onFault({ claim }: Held, fault: 'refused' | 'unavailable', reply: Reply): void {
      giveBack()
      const key = `${fault} ${claim.source.rows}`
      if (pending.has(key)) return
      if (fault === 'refused') state.refusals += 1
      const restsInRow = state.restsInRow
      once(key, () =>
        recordFault(deps, { campaignId: claim.source.rows, fault, reply, restsInRow }),
      )
    },
    onFilled({ claim }: Held): void {
      unfillable.delete(String(claim.source.rows))
    },
    /** A provider says that something of ours is wrong: more messages would only make it worse. */
    onOurs({ claim, row }: Held, mend: string, reply: Reply): void {
      const { rows: campaignId } = claim.source
      const key = `ours ${campaignId}`
      if (campaignId === null || pending.has(key)) return
      giveBack(campaignId)
      const said = `${row.provider ?? 'a provider'}: ${replyLine(reply)}`
      once(key, () => pauseOurs(deps, campaignId, `${mend} (${said})`))
    },
    onUnfillable({ claim }: Held, why: string): void {
      const { rows: campaignId } = claim.source
      const inRow = (unfillable.get(String(campaignId)) ?? 0) + 1
      unfillable.set(String(campaignId), inRow)
      deps.log.error({ campaignId, err: why }, 'a message cannot be filled')
      if (campaignId === null || inRow < UNFILLABLE_IN_A_ROW) return
      unfillable.delete(campaignId)
      giveBack(campaignId)
      recorder.first(() => pauseUnfillable(deps, campaignId, why))
    },
  }
}

type Fault = Readonly<{
  campaignId: Id | null
  fault: 'refused' | 'unavailable'
  reply: Reply
  restsInRow: number
}>

/**
 * The transport rests. Where it refuses us, a campaign that has no other way pauses too: that mends no time, only a
 * person.
 */
async function recordFault(
  { db, log, transportId, teller }: HaltDeps,
  { campaignId, fault, reply, restsInRow }: Fault,
): Promise<void> {
  const what = whatStops(fault, reply)
  const reason = `${what}: ${replyLine(reply)}`
  const seconds = restMs(fault, restsInRow) / 1000
  // An unfit worker says nothing about the relay: others may be fit, and single mails to reserved domains go.
  const rests = fault === 'unavailable' || !isOwn(reply)
  await db.transaction().execute(async (trx) => {
    const inRow = rests ? await restTransport(trx, transportId, { reason, seconds }) : null
    if (campaignId === null) return
    if (rests && (await hasOtherWay(trx, campaignId, transportId))) {
      if (inRow === RESTS_TOLD[fault]) await tellRests(trx, teller, campaignId, reason)
      return
    }
    // Nobody is told by a mail that goes the same way: the log and `status` say it.
    if (fault === 'refused') await pauseSending(trx, campaignId, reason, { tell: null })
  })
  const about = { transportId, campaignId, reason }
  if (rests) log.error({ ...about, restSeconds: Math.round(seconds) }, 'transport rests')
  else log.error(about, 'campaign paused')
}

/** A refusal without a code is our own: the guard of links. */
function whatStops(fault: Fault['fault'], reply: Reply): string {
  if (fault === 'unavailable') return 'the mail server is unavailable'
  return isOwn(reply) ? 'no real reader is mailed' : 'the relay refused us'
}

async function pauseOurs(deps: HaltDeps, campaignId: Id, reason: string): Promise<void> {
  const { db, log, teller } = deps
  const paused = await db
    .transaction()
    .execute((trx) => pauseSending(trx, campaignId, reason, { tell: teller }))
  if (paused) log.error({ campaignId, reason }, 'campaign paused')
}

async function pauseUnfillable(deps: HaltDeps, campaignId: Id, why: string): Promise<void> {
  const { db, log, teller } = deps
  const reason = `${UNFILLABLE_IN_A_ROW} messages in a row could not be filled: ${why}`
  await db.transaction().execute((trx) => pauseSending(trx, campaignId, reason, { tell: teller }))
  log.error({ campaignId, reason }, 'campaign paused')
}
