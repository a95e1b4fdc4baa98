import type { Db } from '../../db/client.ts'
import {
  type Addressee,
  type CampaignToSend,
  campaignToSend,
  claimDeliveries,
  lookAtDeliveries,
  whyNothingIsDue,
} from '../../db/queries/deliveries.ts'
import { RESENDS } from '../../db/queries/held-rows.ts'
import type { Id } from '../../db/types.ts'
import { unsubscribeUrl } from '../links.ts'
import { type Signer, signBytes } from '../mail/dkim.ts'
import { buildMime } from '../mail/mime.ts'
import {
  bounceLocalPart,
  cfblId,
  messageIdOf,
  unsubscribeLocalPart,
} from '../mail/token-address.ts'
import type { CompiledMessage } from '../messages/compiled.ts'
import { createFiller, type FilledMessage, type Recipient } from '../messages/fill.ts'
import { issueHeaders } from '../messages/issue-headers.ts'
import type { Secrets } from '../secrets.ts'
import type { Composed, Next, Source } from './held.ts'

export type Site = Readonly<{
  /** Where readers reach us, without a slash at its end. */
  publicUrl: string
  /** Mail to us; null: no VERP and no mailto. */
  inboundDomain: string | null
  /** The last part of Feedback-ID. */
  senderId: string
}>

export type FillDeps = Readonly<{ db: Db; secrets: Secrets; sign: Signer | null; site: Site }>

const DAY_MS = 86_400_000
/** A campaign's source as long as it is among the last ones used: its message is parsed once. */
const KEPT = 8

/** @returns finds the source of a campaign; null where there is no such campaign, or it goes another way out */
export function createCampaignSources(deps: FillDeps & { transportId: Id }) {
  const kept = new Map<Id, Source>()
  return async (campaignId: Id): Promise<Source | null> => {
    const known = kept.get(campaignId)
    if (known) return known
    const campaign = await campaignToSend(deps.db, campaignId)
    if (campaign === null || campaign.transportId !== deps.transportId) return null
    const source = campaignSource(deps, campaign)
    kept.set(campaignId, source)
    const oldest = kept.keys().next().value
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest)
    return source
  }
}

function campaignSource(deps: FillDeps, campaign: CampaignToSend): Source {
  const { db } = deps
  const { campaignId } = campaign
  const fill = createFiller(campaign.message as CompiledMessage)
  return Object.freeze({
    rows: campaignId,
    claim: (trx, order) => claimDeliveries(trx, campaignId, order),
    async look(trx, claimId, only) {
      const { open, addressees } = await lookAtDeliveries(trx, campaignId, claimId, only)
      const rows = addressees.map((to) => ({
        key: to.subscriberId,
        attempts: to.attempts,
        deferredSeconds: to.deferredSeconds,
        resends: to.resends ? RESENDS : 0,
        compose: () => composeIssue(deps, campaign, fill, to),
      }))
      return { open, rows }
    },
    async whatNext(): Promise<Next> {
      const why = await whyNothingIsDue(db, campaignId)
      if (why === null || why.state !== 'sending' || why.nextDueAt === null) return { next: 'none' }
      return { next: 'at', at: why.restsUntil ?? why.nextDueAt }
    },
  } satisfies Source)
}

/** Compiled message + recipient → bytes + envelope. Throws what that one delivery fails by. */
async function composeIssue(
  { secrets, site, sign }: FillDeps,
  campaign: CampaignToSend,
  fill: (to: Recipient) => FilledMessage,
  { subscriberId, address, attributes }: Addressee,
): Promise<Composed> {
  const { campaignId, newsletterId, keyId, fromAddress } = campaign
  const now = new Date()
  const leave = { newsletterId, subscriberId }
  const link = unsubscribeUrl(secrets, site.publicUrl, leave, keyId)
  const { subject, ...parts } = fill({
    address,
    attributes,
    unsubscribeUrl: link,
    webUrl: `${site.publicUrl}/${campaign.newsletter}/${encodeURIComponent(campaign.issue)}`,
    newsletterName: campaign.newsletterName,
    issueTitle: campaign.issueTitle,
  })
  const domain = fromAddress.slice(fromAddress.lastIndexOf('@') + 1)
  const { inboundDomain } = site
  const headers = issueHeaders({
    from: { name: campaign.fromName, address: fromAddress },
    replyTo: campaign.replyTo,
    to: address,
    subject,
    date: now,
    messageId: messageIdOf(secrets, { campaignId, subscriberId }, keyId, domain),
    listId: { name: campaign.newsletterName, id: `${campaign.newsletter}.${domain}` },
    cfbl:
      inboundDomain === null
        ? null
        : {
            address: `fbl@${inboundDomain}`,
            feedbackId: cfblId(secrets, { campaignId, subscriberId }, keyId),
          },
    unsubscribeUrl: link,
    unsubscribeMailto:
      inboundDomain && `${unsubscribeLocalPart(secrets, leave, keyId)}@${inboundDomain}`,
    // Nothing per reader in it, or the feedback loop cannot count.
    feedbackId: [campaignId, campaign.newsletter, campaign.issue, site.senderId]
      .map((part) => part.replace(/[^\w.-]/g, '_'))
      .join(':'),
  })
  const day = Math.floor(now.getTime() / DAY_MS)
  const from = inboundDomain
    ? `${bounceLocalPart(secrets, { campaignId, subscriberId, day }, keyId)}@${inboundDomain}`
    : fromAddress
  const bytes = buildMime(headers, parts)
  const envelope = { from, to: address }
  return { envelope, bytes: sign === null ? bytes : await signBytes(sign, bytes, envelope) }
}
