import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeIssueVersion } from '../../src/campaigns/issue-version.ts'
import { readershipOf } from '../../src/cli/known-newsletter.ts'
import { issuesOfNewsletter } from '../../src/cli/new/earlier.ts'
import { importSubscribers } from '../../src/subscribers/import.ts'
import { someNewsletter } from '../support/campaigns.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { testSecrets } from '../support/readers.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())

const store = (newsletterId: string, slug: string, date: string | null, words = '') =>
  t.db.transaction().execute((trx) =>
    storeIssueVersion(trx, {
      ...{ newsletterId, slug, date, title: slug, language: 'en' },
      markdown: `---\ntitle: ${slug}${date === null ? '' : `\ndate: ${date}`}\n---\n\n${words}\n`,
    }),
  )

test('the issues of a newsletter are its own, oldest first, each in its newest words', async () => {
  const [newsletter, other] = [await someNewsletter(t.db), await someNewsletter(t.db)]
  await store(newsletter.id, 'notes-10', '2026-11-15')
  await store(newsletter.id, 'notes-9', '2026-11-08', 'First words.')
  await store(newsletter.id, 'notes-9', '2026-11-08', 'Better words.')
  await store(other.id, 'elsewhere-1', '2026-11-22')
  const issues = await issuesOfNewsletter(t.db, newsletter.id)
  expect(issues.map(({ name, date }) => [name, date])).toEqual([
    ['notes-9', '2026-11-08'],
    ['notes-10', '2026-11-15'],
  ])
  expect(issues[0]?.markdown).toContain('Better words.')
})

test('what is known of its readers are the attributes that they have, and whom its mail is from', async () => {
  const newsletter = await someNewsletter(t.db)
  const lines = ['email,first_name,城市', 'a@r.test,Ada,', 'b@r.test,,长沙']
  const csv = Readable.from([lines.join('\n')])
  await importSubscribers(t.db, testSecrets, { newsletter, csv, consent: 'asked' }, new Date())
  const { sender, attributes } = await readershipOf(t.db, newsletter)
  expect([...attributes].sort()).toEqual(['first_name', '城市'])
  expect(sender).toEqual({ name: 'The Weekly', address: 'editor@weekly.example' })
})
