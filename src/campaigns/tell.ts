import type { Trx } from '../../db/client.ts'
import type { CampaignRow } from '../../db/queries/campaigns.ts'

export async function tellPaused(_trx: Trx, _campaign: CampaignRow): Promise<void> {}
export async function tellFinished(_trx: Trx, _campaign: CampaignRow): Promise<void> {}
