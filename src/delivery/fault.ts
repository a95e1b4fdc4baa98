import { FULL_ROW } from '../../db/queries/rejection-row.ts'
import type { Id } from '../../db/types.ts'

export const REJECTIONS_IN_A_ROW = FULL_ROW

export type Rejection = Readonly<{
  campaignId: Id
  subscriberId: Id
  replyId: Id
}>

/** What a transport said, in the order in which it said it. Other outcomes do not count. */
export type Verdict = { said: 'accepted' } | ({ said: 'rejected' } & Rejection)

export type CampaignFacts = Readonly<{
  id: Id
  /** `sending` or `paused`: its rejected rows can wait again. */
  open: boolean
  paused: boolean
  /** It was paused for such a row before: if it happens again they stand. */
  rejectionsStand: boolean
}>

export type Judgement = Readonly<{
  /** The row as it stands after all. */
  row: readonly Rejection[]
  /** An acceptance has shown that these were about the readers. */
  proven: readonly Rejection[]
  /** Part of a row of 20 or more: nobody can say whose doing these were, so they prove nothing. */
  unproven: readonly Rejection[]
  /** The relay's doing: they wait again. */
  back: readonly Rejection[]
  /** Campaigns to be paused, each with the rejection that filled the row. */
  pause: readonly { campaignId: Id; last: Rejection }[]
}>

/** Follows a row of rejections through what was said since. Pure. */
export function judge(
  standing: readonly Rejection[],
  verdicts: readonly Verdict[],
  campaigns: ReadonlyMap<Id, CampaignFacts>,
): Judgement {
  let row = [...standing]
  const proven: Rejection[] = []
  const unproven: Rejection[] = []
  const back: Rejection[] = []
  const pause = new Map<Id, Rejection>()
  // Messages that were on their way when it was paused for the row get the same answer: they are part of it.
  const isAftermath = (id: Id) => {
    const campaign = campaigns.get(id)
    return pause.has(id) || (campaign?.paused === true && campaign.rejectionsStand)
  }
  const goesBack = (id: Id) => {
    const campaign = campaigns.get(id)
    return campaign?.open === true && !campaign.rejectionsStand
  }
  for (const verdict of verdicts) {
    if (verdict.said === 'accepted') {
      ;(row.length < REJECTIONS_IN_A_ROW ? proven : unproven).push(...row)
      row = []
      continue
    }
    if (isAftermath(verdict.campaignId)) {
      back.push(verdict)
      continue
    }
    // Long enough to prove nothing: what stands anyway need not be kept.
    if (row.length >= REJECTIONS_IN_A_ROW && !goesBack(verdict.campaignId)) continue
    row.push(verdict)
    if (row.length < REJECTIONS_IN_A_ROW) continue
    const full = splitFull(row, goesBack)
    row = full.row
    unproven.push(...full.unproven)
    back.push(...full.relays)
    for (const { campaignId } of full.relays) pause.set(campaignId, verdict)
  }
  return {
    row,
    proven,
    unproven,
    back,
    pause: [...pause].map(([campaignId, last]) => ({ campaignId, last })),
  }
}

/** What is left of a full row when others go back looks short, and must not prove what a short one proves. */
function splitFull(row: readonly Rejection[], goesBack: (campaignId: Id) => boolean) {
  const relays = row.filter((each) => goesBack(each.campaignId))
  const left = row.filter((each) => !goesBack(each.campaignId))
  const isFull = left.length >= REJECTIONS_IN_A_ROW
  return { relays, row: isFull ? left : [], unproven: isFull ? [] : left }
}
