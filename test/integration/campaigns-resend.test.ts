import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import type { Id } from '../../db/types.ts'
import { campaignState, finishCampaigns, resendCampaign } from '../../src/campaigns/lifecycle.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { campaignStatus } from '../../src/campaigns/status.ts'
import {
  ledgerOfCampaign,
  preparedCampaign,
  settle,
  someCampaign,
  teller,
} from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let t: TestDatabase
let db: Db
beforeAll(async () => {
  t = await testDatabase()
  db = t.db
})
afterAll(() => t.drop())

describe('a resend', () => {
  test('sends the rows of the outcomes asked for again, from the start of their road', async () => {
    const { id, readers } = await preparedCampaign(db, 5)
    const outcomes = ['rejected', 'failed', 'uncertain', 'accepted', 'skipped'] as const
    for (const [index, state] of outcomes.entries()) {
      await settle(db, id, state, readers.slice(index, index + 1))
    }
    await sql`update deliveries set attempts = 9, deferred_seconds = 170000, reason = 'too old', claim_id = 5, reply_id = 6
      where campaign_id = ${id}`.execute(db)
    await sql`insert into rejection_row (transport_id, campaign_id, subscriber_id, reply_id)
      values (1, ${id}, ${readers[0]}, 6), (1, ${id}, ${readers[2]}, 6)`.execute(db)
    await finishCampaigns(db, teller)
    expect(await campaignState(db, id)).toBe('finished')
    expect(await resendCampaign(db, id, ['rejected', 'failed'])).toEqual({ queued: 2, held: 0 })
    expect(await campaignStatus(db, id)).toMatchObject({
      ...{ state: 'sending', endedAt: null, adds_up: true },
      ledger: { chosen: 5, queued: 2, uncertain: 1, accepted: 1, skipped: 1 },
    })
    const row = await db
      .selectFrom('deliveries')
      .selectAll()
      .where('campaign_id', '=', id)
      .where('subscriber_id', '=', readers[1] as Id)
      .executeTakeFirst()
    expect(row).toMatchObject({
      ...{ state: 'queued', attempts: 0, deferred_seconds: 0, reason: null, claim_id: null },
      reply_id: null,
    })
    const rejections = await db
      .selectFrom('rejection_row')
      .select('subscriber_id')
      .where('campaign_id', '=', id)
      .execute()
    expect(rejections).toEqual([{ subscriber_id: readers[2] }])
    await db.deleteFrom('rejection_row').execute()
    await settle(db, id, 'accepted')
    expect(await finishCampaigns(db, teller)).toContain(id)
  })

  test('is refused while another campaign of the issue is open, and leaves all as it was', async () => {
    const { id, newsletter } = await preparedCampaign(db)
    await settle(db, id, 'rejected')
    await finishCampaigns(db, teller)
    const open = await someCampaign(db, newsletter)
    await expect(resendCampaign(db, id, ['rejected'])).rejects.toMatchObject({
      code: 'refused',
      message: `campaign ${open} of this issue is sending: let it finish, or cancel it`,
    })
    expect(await campaignStatus(db, id)).toMatchObject({
      state: 'finished',
      ledger: { rejected: 4 },
    })
  })

  test('mails nobody who has the issue from a later campaign', async () => {
    const { id, newsletter, readers } = await preparedCampaign(db, 3)
    await settle(db, id, 'rejected')
    await finishCampaigns(db, teller)
    const later = await someCampaign(db, newsletter)
    await prepareSlice(db, later)
    await settle(db, later, 'accepted', readers.slice(0, 1))
    await settle(db, later, 'uncertain', readers.slice(1, 2))
    await settle(db, later, 'rejected', readers.slice(2))
    await finishCampaigns(db, teller)
    expect(await resendCampaign(db, id, ['rejected'])).toEqual({ queued: 1, held: 2 })
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 3, queued: 1, rejected: 2 })
    await settle(db, id, 'accepted')
    await finishCampaigns(db, teller)
    await expect(resendCampaign(db, id, ['rejected'])).rejects.toMatchObject({
      code: 'refused',
      message: `campaign ${id} has no row to send again: the 2 that are have the issue by now`,
    })
    expect(await campaignState(db, id)).toBe('finished')
  })

  test('of nothing, or of outcomes that are none to send again, is refused', async () => {
    const { id } = await preparedCampaign(db)
    await settle(db, id, 'accepted')
    await finishCampaigns(db, teller)
    await expect(resendCampaign(db, id, ['failed'])).rejects.toMatchObject({ code: 'refused' })
    expect(await campaignState(db, id)).toBe('finished')
    for (const only of [[], ['accepted']]) {
      await expect(resendCampaign(db, id, only as [])).rejects.toMatchObject({ code: 'bad-input' })
    }
  })
})
