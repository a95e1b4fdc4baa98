import type { Db, Trx } from '../../db/client.ts'
import { insertWays } from '../../db/queries/campaign-ways.ts'
import { campaignsOfIssue, insertCampaign, stateOfCampaign } from '../../db/queries/campaigns.ts'
import { insertMedia, type Media } from '../../db/queries/media.ts'
import type { CampaignState, Id } from '../../db/types.ts'
import { PostriderError } from '../errors.ts'
import type { Issue } from '../issues/issue.ts'
import type { CompiledMessage } from '../messages/compiled.ts'
import type { Newsletter } from '../newsletters/newsletter.ts'
import type { Secrets } from '../secrets.ts'
import { startOrHold } from './guard.ts'
import { storeIssueVersion } from './issue-version.ts'
import { openCampaignSentence } from './open-campaign.ts'

export type CampaignInput = Readonly<{
  newsletter: Pick<Newsletter, 'id'>
  issueMarkdown: string
  issue: Pick<Issue, 'meta' | 'merges'>
  compiled: CompiledMessage
  webHtml: string
  /** The pictures that the message shows. */
  media?: readonly Media[]
  /** The ways that it may go, each with its transport's weight; the first is the one that is shown. */
  transportId: Id
  otherTransportIds?: readonly Id[]
  /** Shares in place of the transports' own. */
  weights?: ReadonlyMap<Id, number>
  /** null: at once */
  startsAt: Date | null
  /** Where it starts at once: so much later, for who thinks better of it. Default 0. */
  undoSeconds?: number
  /** Due for longer than that it asks instead of starting. Default 6 h. */
  graceSeconds?: number
  again: boolean
}>

const GRACE_SECONDS = 6 * 3600

/**
 * Freezes what is sent, how and to whom. `planSend` says beforehand why it should not be; that the issue has no other
 * open campaign is decided here. `state` is `sending` where its time has come: ring `prepare`; `paused` while all sending is stopped.
 * @throws PostriderError refused
 */
export async function createCampaign(
  db: Db,
  secrets: Pick<Secrets, 'signingKeyId'>,
  input: CampaignInput,
): Promise<{ campaignId: Id; state: CampaignState }> {
  return db.transaction().execute(async (trx) => {
    const { title, date, language, slug } = input.issue.meta
    const newsletterId = input.newsletter.id
    const version = await storeIssueVersion(trx, {
      ...{ newsletterId, slug, date, language },
      title: asWritten(title, input.issue.merges),
      markdown: input.issueMarkdown,
    })
    await insertMedia(trx, input.media ?? [])
    const campaignId = await insertCampaign(trx, {
      newsletterId,
      issueId: version.issueId,
      issueVersionId: version.versionId,
      transportId: input.transportId,
      startsAt: input.startsAt,
      undoSeconds: input.undoSeconds ?? 0,
      graceSeconds: input.graceSeconds ?? GRACE_SECONDS,
      again: input.again,
      message: JSON.stringify(input.compiled),
      webHtml: input.webHtml,
      subject: subjectLine(input.compiled),
      keyId: secrets.signingKeyId,
    })
    if (campaignId === null) throw await openCampaignRefusal(trx, version.issueId)
    const ways = [input.transportId, ...(input.otherTransportIds ?? [])]
    await insertWays(trx, campaignId, ways, input.weights)
    await startOrHold(trx, null, campaignId)
    return { campaignId, state: (await stateOfCampaign(trx, campaignId)) ?? 'scheduled' }
  })
}

/** The refusal that the unique index stands for. */
export async function openCampaignRefusal(db: Db | Trx, issueId: Id): Promise<PostriderError> {
  const open = (await campaignsOfIssue(db, issueId)).find((campaign) => campaign.ended_at === null)
  return new PostriderError(
    'refused',
    open ? openCampaignSentence(open) : 'another campaign of this issue was open: try again',
  )
}

/** Merge expressions as the editor wrote them, in place of their placeholders. */
function asWritten(text: string, merges: Issue['merges']): string {
  return merges.reduce((all, merge) => all.replaceAll(merge.placeholder, () => merge.source), text)
}

/** For lists: holes stand as they were written. */
function subjectLine(compiled: CompiledMessage): string {
  return compiled.subject
    .map((piece) => {
      if (typeof piece === 'string') return piece
      return piece.hole === 'merge' ? piece.source : ''
    })
    .join('')
}
