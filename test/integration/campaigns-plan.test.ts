import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Db } from '../../db/client.ts'
import { countAudience } from '../../db/queries/deliveries-prepare.ts'
import type { Id } from '../../db/types.ts'
import { createCampaign } from '../../src/campaigns/campaign.ts'
import { storeIssueVersion } from '../../src/campaigns/issue-version.ts'
import { cancelCampaign, finishCampaigns } from '../../src/campaigns/lifecycle.ts'
import { type PlanInput, planSend } from '../../src/campaigns/plan.ts'
import { prepareSlice } from '../../src/campaigns/prepare.ts'
import { isReservedDomain, RESERVED_DOMAIN } from '../../src/mail/address.ts'
import { editNewsletter, type Newsletter } from '../../src/newsletters/newsletter.ts'
import {
  campaignInput,
  forceState,
  ledgerOfCampaign,
  settle,
  someCampaign,
  someNewsletter,
  someReaders,
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

const now = new Date('2026-11-24T08:00:00Z')

function plan(newsletter: Pick<Newsletter, 'slug'>, wish: Partial<PlanInput> = {}) {
  const input: PlanInput = {
    ...{ newsletter: newsletter.slug, issue: 'first', startsAt: null, again: false },
    transport: { name: 'relay', kind: 'smtp' },
    publicUrl: null,
    ...wish,
  }
  return planSend(db, input, now)
}

async function sentTo(newsletter: Newsletter, readers?: readonly Id[]): Promise<Id> {
  const id = await someCampaign(db, newsletter)
  await prepareSlice(db, id)
  await settle(db, id, 'accepted', readers)
  await forceState(db, id, 'finished')
  return id
}

async function suppress(...readers: (Id | undefined)[]): Promise<void> {
  await sql`insert into suppressions (address_hash, reason)
    select address_hash, 'manual' from subscribers where id = any(${readers}::bigint[])`.execute(db)
}

describe('the plan of a send', () => {
  test('says how many would be mailed and who is skipped, and prepare does just that', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 10)
    await sentTo(newsletter, readers.slice(0, 4))
    await suppress(readers[0], readers[9])
    const planned = await plan(newsletter)
    expect(planned).toMatchObject({
      chosen: 10,
      toMail: 5,
      skipped: { suppressed: 2, 'already-sent': 3 },
      transport: { name: 'relay', kind: 'smtp' },
      refuses: [],
    })
    const id = await someCampaign(db, newsletter)
    await prepareSlice(db, id)
    expect(await ledgerOfCampaign(db, id)).toEqual({ chosen: 10, queued: 5, skipped: 5 })
  })

  test('counts those who have the issue among the mailed when it is sent again', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 10)
    await sentTo(newsletter)
    await suppress(readers[0])
    expect(await plan(newsletter, { again: true })).toMatchObject({
      ...{ chosen: 10, toMail: 9, hasIssue: 9, refuses: [] },
      skipped: { suppressed: 1, 'already-sent': 0 },
    })
  })

  test('counts once who has the issue twice', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 10)
    await sentTo(newsletter, readers.slice(0, 4))
    const again = await someCampaign(db, newsletter, { again: true })
    await prepareSlice(db, again)
    await settle(db, again, 'accepted', readers.slice(0, 4))
    await forceState(db, again, 'finished')
    expect(await plan(newsletter)).toMatchObject({ chosen: 10, toMail: 6, hasIssue: 4 })
  })

  test('takes only who has joined by the campaign’s time', async () => {
    const newsletter = await someNewsletter(db)
    const [, late] = await someReaders(db, newsletter, 2)
    await sql`update subscriptions set joined_at = now() + interval '1 day' where subscriber_id = ${late}`.execute(
      db,
    )
    expect(await plan(newsletter)).toMatchObject({ chosen: 1 })
    const startsAt = new Date(Date.now() + 2 * 86_400_000)
    expect(await plan(newsletter, { startsAt })).toMatchObject({ chosen: 2 })
  })

  test('changes nothing', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 2)
    await plan(newsletter)
    expect(
      await db
        .selectFrom('issues')
        .selectAll()
        .where('newsletter_id', '=', newsletter.id)
        .execute(),
    ).toEqual([])
  })

  test('knows no newsletter that there is not', async () => {
    await expect(plan({ slug: 'nowhere' })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('a send is refused', () => {
  test('without a postal address', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 1)
    await editNewsletter(db, newsletter.slug, { postalAddress: '' })
    expect((await plan(newsletter)).refuses).toEqual([
      `${newsletter.slug} has no postal address, which every mail must show: postrider newsletter edit ${newsletter.slug} --postal TEXT`,
    ])
  })

  test('for a time in the past, told in the newsletter’s zone', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 1)
    await sql`update subscriptions set joined_at = '2026-01-01' where newsletter_id = ${newsletter.id}`.execute(
      db,
    )
    const { refuses } = await plan(newsletter, { startsAt: new Date(now.getTime() - 60_000) })
    expect(refuses).toEqual(['2026-11-24 15:59 (Asia/Shanghai) is in the past'])
    expect((await plan(newsletter, { startsAt: now })).refuses).toEqual([])
  })

  test('when nobody is subscribed', async () => {
    const newsletter = await someNewsletter(db)
    expect((await plan(newsletter)).refuses).toEqual([
      `nobody is to be mailed: ${newsletter.slug} has no active subscriber by then (postrider subscribers import)`,
    ])
  })

  test('when all have it or are suppressed, and says who has it from where', async () => {
    const newsletter = await someNewsletter(db)
    const readers = await someReaders(db, newsletter, 3)
    // Cancelled before anybody was chosen: nobody has it from there.
    const later = new Date(Date.now() + 86_400_000)
    await cancelCampaign(db, await someCampaign(db, newsletter, { startsAt: later }))
    const id = await sentTo(newsletter)
    await suppress(readers[2])
    const { refuses } = await plan(newsletter)
    expect(refuses).toHaveLength(1)
    expect(refuses[0]).toMatch(
      new RegExp(
        `^nobody is to be mailed: of 3 subscribers 2 have the issue already from campaign ${id} of \\d{4}-\\d\\d-\\d\\d .*1 are suppressed$`,
      ),
    )
  })

  test('while another campaign of the issue is open', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 1)
    const id = await someCampaign(db, newsletter)
    expect((await plan(newsletter)).refuses).toEqual([
      `campaign ${id} of this issue is sending: let it finish, or cancel it`,
    ])
    expect((await plan(newsletter, { issue: 'second' })).refuses).toEqual([])
  })

  test('to real addresses without a PUBLIC_URL that they reach', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 3)
    const [real, suppressedReal] = await someReaders(db, newsletter, 2, 'mail.gmx.de')
    await suppress(suppressedReal)
    for (const publicUrl of [null, 'http://weekly.org', 'https://localhost:3000']) {
      const { refuses } = await plan(newsletter, { publicUrl })
      expect(refuses).toHaveLength(1)
      expect(refuses[0]).toMatch(/^PUBLIC_URL .*, and 1 reader with a real address/)
    }
    expect((await plan(newsletter, { publicUrl: 'https://weekly.org' })).refuses).toEqual([])
    const catcher = { name: 'catcher', kind: 'catcher' } as const
    expect((await plan(newsletter, { transport: catcher })).refuses).toEqual([])
    await suppress(real)
    expect((await plan(newsletter)).refuses).toEqual([])
  })

  test('after the same rule of real domains in Postgres as in the code', async () => {
    const domains = [
      ...[
        'a.test',
        'test',
        'atest',
        'test.de',
        'example',
        'my.example',
        'example.com',
        'a.example.org',
      ],
      ...['example.net', 'example.de', 'notexample.com', 'x.invalid', 'localhost', 'a.localhost'],
      ...['invalid.com', 'gmail.com', 'example.com.de', 'xn--fsq.test'],
    ]
    for (const domain of domains) {
      const newsletter = await someNewsletter(db)
      await someReaders(db, newsletter, 1, domain)
      const count = await countAudience(
        db,
        { newsletterId: newsletter.id, otherCampaigns: [], again: false },
        null,
        RESERVED_DOMAIN.source,
      )
      expect([domain, count.atRealDomains]).toEqual([domain, isReservedDomain(domain) ? 0 : 1])
    }
  })
})

describe('versions of an issue', () => {
  test('the same words are the same version, changed words a new one of the same issue', async () => {
    const newsletter = await someNewsletter(db)
    const versions: (string | number)[][] = []
    for (const markdown of ['one', 'two', 'one', 'three']) {
      const id = await someCampaign(db, newsletter, { markdown })
      await forceState(db, id, 'finished')
      const row = await db
        .selectFrom('campaigns as c')
        .innerJoin('issue_versions as v', 'v.id', 'c.issue_version_id')
        .select(['c.issue_id', 'v.number', 'v.markdown'])
        .where('c.id', '=', id)
        .executeTakeFirstOrThrow()
      versions.push([row.issue_id, row.number, row.markdown])
    }
    const issue = versions[0]?.[0]
    expect(versions).toEqual([
      [issue, 1, 'one'],
      [issue, 2, 'two'],
      [issue, 1, 'one'],
      [issue, 3, 'three'],
    ])
  })

  test('two edits stored at once get two numbers', async () => {
    const newsletter = await someNewsletter(db)
    const inputs = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        campaignInput(db, newsletter, { markdown: `words ${n}`, slug: 'edited' }),
      ),
    )
    const versions = await Promise.all(
      inputs.map((input) =>
        db.transaction().execute((trx) =>
          storeIssueVersion(trx, {
            newsletterId: newsletter.id,
            ...{ slug: 'edited', title: 'x', date: null, language: 'en' },
            markdown: input.issueMarkdown,
          }),
        ),
      ),
    )
    expect(versions.map((version) => version.number).sort()).toEqual([1, 2, 3, 4, 5, 6])
  })
})

describe('a new campaign', () => {
  test('is the only open one of its issue, however many are made at once', async () => {
    const newsletter = await someNewsletter(db)
    await someReaders(db, newsletter, 1)
    const input = await campaignInput(db, newsletter)
    const made = await Promise.allSettled(
      Array.from({ length: 8 }, () => createCampaign(db, { signingKeyId: 1 }, input)),
    )
    const refused = made.filter((one) => one.status === 'rejected')
    expect(refused).toHaveLength(7)
    for (const one of refused) {
      expect(one.reason).toMatchObject({
        code: 'refused',
        message: expect.stringMatching(
          /^campaign \d+ of this issue is sending: let it finish, or cancel it$/,
        ),
      })
    }
  })

  test('that is refused leaves nothing behind, not even its version', async () => {
    const newsletter = await someNewsletter(db)
    await someCampaign(db, newsletter, { markdown: 'one' })
    await expect(someCampaign(db, newsletter, { markdown: 'two' })).rejects.toMatchObject({
      code: 'refused',
    })
    const rows = await db
      .selectFrom('issue_versions as v')
      .innerJoin('issues as i', 'i.id', 'v.issue_id')
      .select('v.markdown')
      .where('i.newsletter_id', '=', newsletter.id)
      .execute()
    expect(rows).toEqual([{ markdown: 'one' }])
  })

  test('may follow when the one before has finished', async () => {
    const newsletter = await someNewsletter(db)
    const first = await someCampaign(db, newsletter)
    await prepareSlice(db, first)
    expect(await finishCampaigns(db, teller)).toContain(first)
    await expect(someCampaign(db, newsletter)).resolves.toMatch(/^\d+$/)
  })

  test('freezes message, web version, subject and key, with merges as they were written', async () => {
    const newsletter = await someNewsletter(db)
    const input = await campaignInput(db, newsletter)
    const merge = { placeholder: 'zqabc', source: '{{ subscriber.name }}', line: 1 }
    const { campaignId } = await createCampaign(
      db,
      { signingKeyId: 7 },
      {
        ...input,
        issue: { meta: { ...input.issue.meta, title: 'For zqabc' }, merges: [merge] },
        compiled: {
          ...input.compiled,
          subject: ['For ', { hole: 'merge', source: merge.source, place: 'header' }],
        },
      },
    )
    const row = await db
      .selectFrom('campaigns as c')
      .innerJoin('issue_versions as v', 'v.id', 'c.issue_version_id')
      .selectAll('c')
      .select('v.title')
      .where('c.id', '=', campaignId)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({
      ...{ subject: 'For {{ subscriber.name }}', title: 'For {{ subscriber.name }}' },
      ...{ key_id: 7, web_html: input.webHtml, state: 'sending', again: false },
    })
    expect(row.message).toMatchObject({ version: 1, html: input.compiled.html })
  })
})
