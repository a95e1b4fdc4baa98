import type { Db } from '../../db/client.ts'
import { type CampaignOfIssue, campaignsOfIssue } from '../../db/queries/campaigns.ts'
import {
  type AudienceCount,
  countAudience,
  type PrepareSkip,
} from '../../db/queries/deliveries-prepare.ts'
import { issueBySlug } from '../../db/queries/issues.ts'
import type { TransportConfig } from '../config.ts'
import { RESERVED_DOMAIN } from '../mail/address.ts'
import { type Newsletter, requireNewsletter } from '../newsletters/newsletter.ts'
import { openCampaignSentence } from './open-campaign.ts'
import { publicUrlProblem } from './public-url.ts'

export type PlanInput = Readonly<{
  /** Slug of the newsletter. */
  newsletter: string
  /** Slug of the issue. */
  issue: string
  transport: Pick<TransportConfig, 'name' | 'kind'>
  /** null: at once */
  startsAt: Date | null
  again: boolean
  /** As configured; null: not set. */
  publicUrl: string | null
}>

/** What a send would do, as of now. */
export type Plan = Readonly<{
  newsletter: Newsletter
  issue: string
  transport: PlanInput['transport']
  startsAt: Date | null
  again: boolean
  /** Rows that would be made: those to be mailed and those skipped. */
  chosen: number
  /** How many would be mailed. */
  toMail: number
  skipped: Readonly<Record<PrepareSkip, number>>
  /** Readers who have the issue already; with `again` they are mailed. */
  hasIssue: number
  /** Campaigns of this issue so far, oldest first. */
  campaigns: readonly CampaignOfIssue[]
  /** Why it must not be sent, a sentence each. Empty: it may be. */
  refuses: readonly string[]
}>

/**
 * Looks at what a send would do and changes nothing.
 * @throws PostriderError not-found: unknown newsletter
 */
export async function planSend(db: Db, input: PlanInput, now: Date): Promise<Plan> {
  const newsletter = await requireNewsletter(db, input.newsletter)
  const issue = await issueBySlug(db, newsletter.id, input.issue)
  const campaigns = issue === null ? [] : await campaignsOfIssue(db, issue.id)
  const { startsAt, again, transport } = input
  const count = await countAudience(
    db,
    { newsletterId: newsletter.id, otherCampaigns: campaigns.map((row) => row.id), again },
    startsAt,
    RESERVED_DOMAIN.source,
  )
  const facts: Facts = { input, newsletter, campaigns, count, now }
  return {
    newsletter,
    issue: input.issue,
    transport: { name: transport.name, kind: transport.kind },
    startsAt,
    again,
    chosen: count.chosen,
    toMail: count.toMail,
    skipped: { suppressed: count.suppressed, 'already-sent': again ? 0 : count.hasIssue },
    hasIssue: count.hasIssue,
    campaigns,
    refuses: refusals(facts),
  }
}

type Facts = Readonly<{
  input: PlanInput
  newsletter: Newsletter
  campaigns: readonly CampaignOfIssue[]
  count: AudienceCount
  now: Date
}>

function refusals(facts: Facts): string[] {
  return [
    openCampaign(facts),
    postalAddress(facts),
    pastTime(facts),
    publicUrl(facts),
    nobody(facts),
  ].filter((sentence) => sentence !== null)
}

function openCampaign({ campaigns }: Facts): string | null {
  const open = campaigns.find((campaign) => campaign.ended_at === null)
  return open ? openCampaignSentence(open) : null
}

function postalAddress({ newsletter }: Facts): string | null {
  if (newsletter.postal_address !== '') return null
  return `${newsletter.slug} has no postal address, which every mail must show: postrider newsletter edit ${newsletter.slug} --postal TEXT`
}

function pastTime({ input, newsletter, now }: Facts): string | null {
  if (input.startsAt === null || input.startsAt >= now) return null
  return `${localTime(input.startsAt, newsletter.time_zone)} is in the past`
}

// Reserved domains and catchers reach nobody, so their links may lead anywhere.
function publicUrl({ input, count }: Facts): string | null {
  if (input.transport.kind === 'catcher' || count.atRealDomains === 0) return null
  const problem = publicUrlProblem(input.publicUrl)
  if (problem === null) return null
  const readers = `${number(count.atRealDomains)} ${count.atRealDomains === 1 ? 'reader' : 'readers'}`
  return `${problem}, and ${readers} with a real address could not unsubscribe: set it to the https address where readers reach you`
}

function nobody({ newsletter, campaigns, count }: Facts): string | null {
  if (count.toMail > 0) return null
  if (count.chosen === 0) {
    return `nobody is to be mailed: ${newsletter.slug} has no active subscriber by then (postrider subscribers import)`
  }
  const from = campaigns
    .filter((row) => row.hasChosen)
    .map((row) => `${row.id} of ${localDay(row.starts_at, newsletter.time_zone)}`)
    .join(', ')
  const who = [
    count.hasIssue > 0 &&
      `${number(count.hasIssue)} have the issue already from campaign ${from} (--again mails them once more)`,
    count.suppressed > 0 && `${number(count.suppressed)} are suppressed`,
  ].filter((part) => part !== false)
  return `nobody is to be mailed: of ${number(count.chosen)} subscribers ${who.join(', ')}`
}

function number(count: number): string {
  return count.toLocaleString('en')
}

/** 2026-11-24 08:00 (Asia/Shanghai) */
function localTime(at: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return `${format.format(at)} (${timeZone})`
}

function localDay(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(at)
}
