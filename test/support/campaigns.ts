import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import type { CampaignState, DeliveryState, Id } from '../../db/types.ts'
import { type CampaignInput, createCampaign } from '../../src/campaigns/campaign.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { campaignStatus, type Ledger } from '../../src/campaigns/status.ts'
import { createNewsletter, type Newsletter } from '../../src/newsletters/newsletter.ts'

const secrets = { signingKeyId: 1 }

/** Hashes addresses as secrets do, under a key that all know. */
export const teller = {
  addressHash: (key: string) => createHash('sha256').update(key).digest().subarray(0, 16),
}

/** A newsletter of its own for a test, with everything that a send asks for. */
export async function someNewsletter(db: Db): Promise<Newsletter> {
  return createNewsletter(db, {
    slug: `weekly-${randomBytes(5).toString('hex')}`,
    name: 'The Weekly',
    fromAddress: 'editor@weekly.example',
    postalAddress: '1 Mill Lane, Anytown',
    timeZone: 'Asia/Shanghai',
  })
}

/** Active subscribers who joined an hour ago, `reader-1@…` to `reader-<count>@…`. @returns ids in order of those names */
export async function someReaders(
  db: Db,
  newsletter: Newsletter,
  count: number,
  domain = `${randomBytes(5).toString('hex')}.test`,
): Promise<Id[]> {
  const result = await sql<{ id: Id }>`
    with r as (
      insert into subscribers (address, address_key, address_hash)
      select a, a, substring(sha256(a::bytea) for 16)
      from (select 'reader-' || n || '@' || ${domain}::text as a from generate_series(1, ${count}::int) as n) as made
      returning id, address
    ), s as (
      insert into subscriptions (newsletter_id, subscriber_id, state, joined_at)
      select ${newsletter.id}, id, 'active', now() - interval '1 hour' from r
    )
    select id from r order by substring(address from '\\d+')::int`.execute(db)
  return result.rows.map((row) => row.id)
}

export async function someTransport(db: Db, kind: 'smtp' | 'catcher' = 'smtp'): Promise<Id> {
  const name = `${kind}-${randomBytes(5).toString('hex')}`
  const row = await db
    .insertInto('transports')
    .values({ name, kind })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

type CampaignWish = Partial<
  Pick<CampaignInput, 'startsAt' | 'again' | 'transportId' | 'otherTransportIds' | 'weights'>
> & {
  slug?: string
  markdown?: string
}

/** Frozen, with a message that says little. */
export async function someCampaign(
  db: Db,
  newsletter: Newsletter,
  wish: CampaignWish = {},
): Promise<Id> {
  const { campaignId } = await createCampaign(
    db,
    secrets,
    await campaignInput(db, newsletter, wish),
  )
  return campaignId
}

export async function campaignInput(
  db: Db,
  newsletter: Newsletter,
  wish: CampaignWish = {},
): Promise<CampaignInput> {
  return {
    newsletter,
    issueMarkdown: wish.markdown ?? '# First\n\nWords.\n',
    issue: {
      meta: {
        title: 'First',
        date: '2026-11-24',
        subject: 'First',
        preheader: null,
        slug: wish.slug ?? 'first',
        language: 'en',
        newsletter: null,
        baseUrl: null,
        topics: [],
        extra: {},
      },
      merges: [],
    },
    compiled: {
      version: 1,
      subject: ['First'],
      html: ['<p>Words.'],
      text: ['Words.'],
      language: 'en',
    },
    webHtml: '<p>Words.',
    transportId: wish.transportId ?? (await someTransport(db)),
    startsAt: wish.startsAt ?? null,
    again: wish.again ?? false,
    otherTransportIds: wish.otherTransportIds ?? [],
    ...(wish.weights === undefined ? {} : { weights: wish.weights }),
  }
}

export type PreparedCampaign = Readonly<{ newsletter: Newsletter; readers: Id[]; id: Id }>

/** `sending`, its rows made, all queued. */
export async function preparedCampaign(db: Db, count = 4): Promise<PreparedCampaign> {
  const newsletter = await someNewsletter(db)
  const readers = await someReaders(db, newsletter, count)
  const id = await someCampaign(db, newsletter)
  await prepareSlice(db, id)
  return { newsletter, readers, id }
}

/** Stands in for the workers: rows get an outcome without a message. Nothing said of which: all that wait. */
export async function settle(
  db: Db,
  campaignId: Id,
  state: DeliveryState,
  subscriberIds?: readonly Id[],
): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ state, due_at: sql<Date>`now()`, claim_id: state === 'sending' ? '1' : null })
    .where('campaign_id', '=', campaignId)
    .$if(subscriberIds !== undefined, (query) =>
      query.where('subscriber_id', 'in', subscriberIds as Id[]),
    )
    .$if(subscriberIds === undefined, (query) => query.where('state', 'in', ['queued', 'deferred']))
    .execute()
}

/** The counts that are not 0. */
export async function ledgerOfCampaign(db: Db, id: Id): Promise<Partial<Ledger>> {
  const { ledger } = await campaignStatus(db, id)
  return Object.fromEntries(Object.entries(ledger).filter(([, count]) => count !== 0))
}

/** Whatever road led there. */
export async function forceState(db: Db, id: Id, state: CampaignState): Promise<void> {
  const ended = state === 'finished' || state === 'cancelled'
  await db
    .updateTable('campaigns')
    .set({ state, ended_at: ended ? new Date() : null })
    .where('id', '=', id)
    .execute()
}
