import type { Db, Trx } from '../../db/client.ts'
import { campaignById, campaignsOfIssue, unpreparedCampaigns } from '../../db/queries/campaigns.ts'
import {
  analyzePartition,
  insertSlice,
  lockPreparing,
  makePartition,
  partitionIsAttached,
  recordSlice,
} from '../../db/queries/deliveries-prepare.ts'
import { noteAllDomains, noteDomainsOf } from '../../db/queries/providers.ts'
import type { Id } from '../../db/types.ts'

/** Readers a slice: about 1 s, in which nobody else can prepare the same campaign, and nothing else waits. */
const SLICE_SIZE = 50_000
/**
 * Hosts that many readers are at show in as many of them, whose ids are random: looking at the others' domains as well
 * would be a quarter of preparing.
 */
const NOTED = 100_000
/** Sending begins after the first one. */
const FIRST_SLICE_SIZE = 5_000

/**
 * Makes the next slice of a campaign's rows. Repeatable, and safe when two do it at once: each slice commits on its own,
 * `chosen` with it, and sending may begin after the first.
 * @returns done: there is nothing to make (any more)
 */
export async function prepareSlice(
  db: Db,
  campaignId: Id,
  options: { size?: number } = {},
): Promise<'more' | 'done'> {
  await ensurePartition(db, campaignId)
  const size = await noteReaders(db, campaignId, options.size)
  if (size === null) return 'done'
  const slice = await db.transaction().execute((trx) => makeSlice(trx, campaignId, size))
  if (slice === null) return 'done'
  if (slice.first || slice.last) await analyzePartition(db, campaignId)
  if (slice.last && slice.chosen > NOTED) await noteAllDomains(db, slice.newsletterId)
  return slice.last ? 'done' : 'more'
}

/** Ids of campaigns whose `prepare` is to be rung. */
export async function campaignsToPrepare(db: Db): Promise<Id[]> {
  return unpreparedCampaigns(db)
}

/** Whose mailboxes the next slice's readers are at. @returns the slice's size; null: there is none to make */
async function noteReaders(db: Db, campaignId: Id, asked?: number): Promise<number | null> {
  const campaign = await campaignById(db, campaignId)
  if (!isPreparing(campaign)) return null
  const { newsletter_id: newsletterId, prepared_through: after } = campaign
  const size = asked ?? (after === null ? FIRST_SLICE_SIZE : SLICE_SIZE)
  const isSample = Number(campaign.chosen) < NOTED
  if (isSample) await noteDomainsOf(db, { campaignId, newsletterId, after, size })
  return size
}

// A transaction of its own: attaching locks the ledger against other attaches, which should not last a slice.
async function ensurePartition(db: Db, campaignId: Id): Promise<void> {
  if (await partitionIsAttached(db, campaignId)) return
  await db.transaction().execute(async (trx) => {
    await lockPreparing(trx, campaignId)
    const campaign = await campaignById(trx, campaignId)
    if (!isPreparing(campaign) || (await partitionIsAttached(trx, campaignId))) return
    await makePartition(trx, campaignId)
  })
}

async function makeSlice(
  trx: Trx,
  campaignId: Id,
  size: number,
): Promise<{ first: boolean; last: boolean; chosen: number; newsletterId: Id } | null> {
  await lockPreparing(trx, campaignId)
  const campaign = await campaignById(trx, campaignId)
  if (!isPreparing(campaign)) return null
  const campaigns = await campaignsOfIssue(trx, campaign.issue_id)
  const result = await insertSlice(trx, {
    campaignId,
    audience: {
      newsletterId: campaign.newsletter_id,
      otherCampaigns: campaigns.map((row) => row.id).filter((id) => id !== campaignId),
      again: campaign.again,
    },
    after: campaign.prepared_through,
    size,
  })
  const last = result.seen < size
  await recordSlice(trx, campaignId, result, last)
  const { prepared_through, newsletter_id: newsletterId } = campaign
  const chosen = Number(campaign.chosen) + result.made
  return { first: prepared_through === null, last, chosen, newsletterId }
}

type Campaign = NonNullable<Awaited<ReturnType<typeof campaignById>>>

function isPreparing(campaign: Campaign | null): campaign is Campaign {
  return (
    campaign !== null &&
    campaign.prepared_at === null &&
    (campaign.state === 'sending' || campaign.state === 'paused')
  )
}
