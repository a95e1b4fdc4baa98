import type { CampaignOfIssue } from '../../db/queries/campaigns.ts'

/** Why an issue's open campaign keeps another from being made. Pure. */
export function openCampaignSentence(open: Pick<CampaignOfIssue, 'id' | 'state'>): string {
  if (open.state === 'cancelled') {
    return `campaign ${open.id} of this issue is cancelled, but messages of it are still on their way: try again in a minute`
  }
  const help = open.state === 'paused' ? 'resume it, or cancel it' : 'let it finish, or cancel it'
  return `campaign ${open.id} of this issue is ${open.state}: ${help}`
}
