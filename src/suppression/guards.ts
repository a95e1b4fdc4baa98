import type { CampaignRates } from '../../db/queries/guard-trips.ts'
import type { GuardLevel, PolicyConfig } from '../config-policy.ts'

/** With fewer messages sent a percentage says nothing. */
export const LEAST_SENT = 200
/** With fewer blocks by a domain neither. */
export const LEAST_BLOCKS = 10

/** More than this have to have been sent for so many not to be above `percent`. */
export function enoughSent(count: number, percent: number): number {
  return Math.max(LEAST_SENT, Math.floor((count * 100) / percent) + 1)
}

/** Above: so many of those sent are more than `percent`, and enough were sent to say so. */
export function isAbove(
  count: number,
  sent: number,
  percent: number,
  least: number = LEAST_SENT,
): boolean {
  return sent >= least && sent > 0 && (count * 100) / sent > percent
}

export type Tripped = Readonly<{ guard: string; words: string }>

/** Pure. `sent` is counted no further than it matters. */
export function judgeCampaign(rates: CampaignRates, sent: number): Tripped[] {
  const { hard, complaints, pauseHardPercent, pauseComplaintPercent } = rates
  const tripped: Tripped[] = []
  if (isAbove(hard, sent, pauseHardPercent)) {
    const words = `${share(hard, sent)} are hard bounces, above ${pauseHardPercent} %`
    tripped.push({ guard: 'hard-bounces', words })
  }
  if (isAbove(complaints, sent, pauseComplaintPercent)) {
    const words = `${share(complaints, sent)} are complained of, above ${pauseComplaintPercent} %`
    tripped.push({ guard: 'complaints', words })
  }
  return tripped
}

/** What a domain refuses for what we are or send, with its own words. */
export function judgeBlocks(
  { domain, count, words }: CampaignRates['blocks'][number],
  sent: number,
  percent: number,
): Tripped | null {
  if (!isAbove(count, sent, percent, LEAST_BLOCKS)) return null
  const said = words === '' ? '' : `: ${words}`
  return { guard: `blocks:${domain}`, words: `${domain} blocks ${share(count, sent)} there${said}` }
}

export type InstallationRates = Readonly<{ bounces: number; complaints: number; sent: number }>

/** `stops` implies `warns`. Pure. */
export function judgeInstallation(
  rates: InstallationRates,
  guard: PolicyConfig['guard'],
): { level: 'ok' | 'warns' | 'stops'; words: string } {
  const { bounces, complaints, sent } = rates
  const above = ({ bouncePercent, complaintPercent }: GuardLevel) =>
    isAbove(bounces, sent, bouncePercent) || isAbove(complaints, sent, complaintPercent)
  const level = above(guard.stop) ? 'stops' : above(guard.warn) ? 'warns' : 'ok'
  return {
    level,
    words: `over 7 days ${share(bounces, sent)} bounced and ${complaints} were complained of`,
  }
}

function share(count: number, sent: number): string {
  const percent = (count * 100) / Math.max(1, sent)
  return `${count} of ${sent} (${percent.toFixed(percent < 1 ? 2 : 1)} %)`
}
