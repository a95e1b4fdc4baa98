import type { Addressee, CampaignToSend } from '../../db/queries/deliveries.ts'
import type { Id } from '../../db/types.ts'
import { unsubscribeUrl } from '../links.ts'
import { createBodyTemplate } from '../mail/body-template.ts'
import type { Signer } from '../mail/dkim.ts'
import { joinPieces } from '../mail/message-bytes.ts'
import { createHeaderWriter, type Headers } from '../mail/mime.ts'
import type { Sender } from '../mail/smtp.ts'
import {
  bounceLocalPart,
  cfblId,
  messageIdOf,
  unsubscribeLocalPart,
} from '../mail/token-address.ts'
import type { CompiledMessage } from '../messages/compiled.ts'
import { joinNumbered, numberHoles, type Recipient } from '../messages/fill.ts'
import { issueHeaders } from '../messages/issue-headers.ts'
import type { Secrets } from '../secrets.ts'
import { eventHeaderOf } from './event-header.ts'
import type { Composed } from './held.ts'

export type Site = Readonly<{
  /** Where readers reach us, without a slash at its end. */
  publicUrl: string
  /** Mail to us; null: no VERP and no mailto. */
  inboundDomain: string | null
  /** The last part of Feedback-ID. */
  senderId: string
}>

export type ComposeDeps = Readonly<{
  secrets: Secrets
  sign: Signer | null
  site: Site
  /** The way out that it is composed for. */
  sender?: Pick<Sender, 'replaces' | 'idempotencyHeader' | 'eventProvider'>
}>

type Reader = Pick<Addressee, 'subscriberId' | 'address' | 'attributes'>

const DAY_MS = 86_400_000

/** What is the same for every reader of a campaign is made here, once; the function it gives makes one reader's message. */
export function createComposer(
  deps: ComposeDeps,
  campaign: CampaignToSend,
): (to: Reader) => Promise<Composed> {
  const write = createWriter(campaign.message as CompiledMessage)
  return (to) => composeIssue(deps, campaign, write, to)
}

/** A campaign's message made once, as far as it is the same for everybody. */
type Writer = (
  to: Recipient,
  headersFor: (subject: string) => Headers,
) => Readonly<{ fields: readonly string[]; body: readonly (Buffer | string)[] }>

function createWriter(message: CompiledMessage): Writer {
  const numbered = numberHoles(message)
  const template = createBodyTemplate(numbered)
  const fieldsOf = createHeaderWriter()
  return (to, headersFor) => {
    const values = numbered.values(to)
    const subject = joinNumbered(numbered.subject, values).trim()
    const fields = fieldsOf(headersFor(subject), template.contentType)
    return { fields, body: template.fill(values) }
  }
}

/** Compiled message + recipient → bytes + envelope. Throws what that one delivery fails by. */
async function composeIssue(
  { secrets, site, sign, sender }: ComposeDeps,
  campaign: CampaignToSend,
  write: Writer,
  { subscriberId, address, attributes }: Reader,
): Promise<Composed> {
  const { campaignId, newsletterId, keyId, fromAddress } = campaign
  const now = new Date()
  const delivery = { campaignId, subscriberId }
  const link = unsubscribeUrl(secrets, site.publicUrl, { newsletterId, subscriberId }, keyId)
  const recipient: Recipient = {
    address,
    attributes,
    unsubscribeUrl: link,
    webUrl: `${site.publicUrl}/${campaign.newsletter}/${encodeURIComponent(campaign.issue)}`,
    newsletterName: campaign.newsletterName,
    issueTitle: campaign.issueTitle,
  }
  const messageId = messageIdOf(secrets, delivery, keyId, domainOf(fromAddress))
  const { fields, body } = write(recipient, (subject) => [
    ...headersOf({
      ...{ secrets, site, campaign, subject, now, messageId },
      to: { subscriberId, address, link },
    }),
    ...idempotencyOf(sender?.idempotencyHeader ?? null, messageId),
    ...eventHeaderOf(sender?.eventProvider ?? null, tokenOf(messageId)),
  ])
  const { inboundDomain } = site
  const day = Math.floor(now.getTime() / DAY_MS)
  const from = inboundDomain
    ? `${bounceLocalPart(secrets, { ...delivery, day }, keyId)}@${inboundDomain}`
    : fromAddress
  const envelope = { from, to: address }
  const message = { fields, body, isCanonical: true, replaced: sender?.replaces ?? [] }
  const signatures = sign === null ? '' : await sign(message, envelope)
  return {
    envelope,
    bytes: joinPieces([signatures, ...fields, '\r\n', ...body]),
    isWireReady: true,
  }
}

function headersOf({
  secrets,
  site: { inboundDomain, senderId },
  campaign,
  subject,
  now,
  messageId,
  to: { subscriberId, address, link },
}: Readonly<{
  secrets: Secrets
  site: Site
  campaign: CampaignToSend
  subject: string
  now: Date
  messageId: string
  to: { subscriberId: Id; address: string; link: string }
}>): Headers {
  const { campaignId, newsletterId, keyId, fromAddress, newsletter } = campaign
  const domain = domainOf(fromAddress)
  const delivery = { campaignId, subscriberId }
  return issueHeaders({
    from: { name: campaign.fromName, address: fromAddress },
    replyTo: campaign.replyTo,
    to: address,
    subject,
    date: now,
    messageId,
    listId: { name: campaign.newsletterName, id: `${newsletter}.${domain}` },
    cfbl:
      inboundDomain === null
        ? null
        : {
            address: `fbl@${inboundDomain}`,
            feedbackId: cfblId(secrets, delivery, keyId),
          },
    unsubscribeUrl: link,
    unsubscribeMailto:
      inboundDomain &&
      `${unsubscribeLocalPart(secrets, { newsletterId, subscriberId }, keyId)}@${inboundDomain}`,
    // Nothing per reader in it, or the feedback loop cannot count.
    feedbackId: [campaignId, newsletter, campaign.issue, senderId]
      .map((part) => part.replace(/[^\w.-]/g, '_'))
      .join(':'),
  })
}

/** The same each time the delivery is handed over, however often: a relay that has had it will not send it again. */
function idempotencyOf(header: string | null, messageId: string): Headers {
  return header === null ? [] : [[header, tokenOf(messageId)]]
}

/** `m-…` of `<m-…@domain>` */
const tokenOf = (messageId: string) => messageId.slice(1, messageId.indexOf('@'))

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1)
