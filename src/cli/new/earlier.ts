import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Db } from '../../../db/client.ts'
import { newestIssues } from '../../../db/queries/issues.ts'
import type { Id } from '../../../db/types.ts'
import { parseIssue } from '../../issues/parse.ts'
import { readTextFile } from '../input.ts'
import { type Member, seriesFor, type Wanted } from './series.ts'

/** Enough to see a rhythm. */
const MOST = 12

/** The issues of a folder that the new one comes after, oldest first: by their date, else by their name. */
export async function issuesOfFolder(folder: string, wanted: Wanted): Promise<Member[]> {
  const names = await readdir(folder).catch(() => [])
  const read: Member[] = []
  for (const name of names) {
    if (!name.endsWith('.md') || /^readme\.md$/i.test(name) || name === `${wanted.name}.md`)
      continue
    const markdown = await readTextFile(join(folder, name)).catch(() => null)
    const issue = markdown === null ? null : readIssue(basename(name, '.md'), markdown)
    if (issue !== null) read.push(issue)
  }
  return seriesFor(read.sort(byAge), wanted).slice(-MOST)
}

/** The newsletter's issues as they were last sent, oldest first. */
export async function issuesOfNewsletter(db: Db, newsletterId: Id): Promise<Member[]> {
  const rows = await newestIssues(db, newsletterId, MOST)
  return rows.flatMap(({ slug, markdown }) => readIssue(slug, markdown) ?? []).sort(byAge)
}

function readIssue(name: string, markdown: string): Member | null {
  const parsed = parseIssue(markdown, { file: `${name}.md` })
  if (!parsed.ok) return null
  const { date, newsletter, language, title } = parsed.issue.meta
  return { name, markdown, date, newsletter, language, title }
}

const NATURAL = new Intl.Collator('en', { numeric: true })

/** Those without a date come first: nothing says that they are the newest. */
function byAge(one: Member, other: Member): number {
  return NATURAL.compare(one.date ?? '', other.date ?? '') || NATURAL.compare(one.name, other.name)
}
