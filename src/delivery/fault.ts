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
  /** There were 20 and more, some of which stand: until an acceptance nothing is kept of them, and nothing proven. */
  isFull: boolean
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
  { row: standing, isFull: wasFull }: Pick<Judgement, 'row' | 'isFull'>,
  verdicts: readonly Verdict[],
  campaigns: ReadonlyMap<Id, CampaignFacts>,
): Judgement {
  let row = [...standing]
  let isFull = wasFull
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
      proven.push(...row)
      row = []
      isFull = false
      continue
    }
    if (isAftermath(verdict.campaignId)) {
      back.push(verdict)
      continue
    }
    // What stands anyway proves nothing, and need not be kept.
    if (isFull && !goesBack(verdict.campaignId)) continue
    row.push(verdict)
    if (!isFull && row.length < REJECTIONS_IN_A_ROW) continue
    const relays = row.filter((each) => goesBack(each.campaignId))
    const left = row.filter((each) => !goesBack(each.campaignId))
    back.push(...relays)
    unproven.push(...left)
    for (const { campaignId } of relays) pause.set(campaignId, verdict)
    row = []
    // If all of it was theirs they begin anew, once somebody has mended the relay.
    isFull ||= left.length > 0
  }
  return {
    row,
    isFull,
    proven,
    unproven,
    back,
    pause: [...pause].map(([campaignId, last]) => ({ campaignId, last })),
  }
}
