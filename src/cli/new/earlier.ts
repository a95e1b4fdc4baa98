import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Db } from '../../../db/client.ts'
import { newestIssues } from '../../../db/queries/issues.ts'
import type { Id } from '../../../db/types.ts'
import { parseIssue } from '../../issues/parse.ts'
import { readTextFile } from '../input.ts'
import type { Earlier } from './next-issue.ts'

/** Enough to see a rhythm. */
const MOST = 12

type Read = Earlier & Readonly<{ newsletter: string | null; language: string }>

/** The issues of a folder, oldest first: by their date, else by their name. */
export async function issuesOfFolder(
  folder: string,
  options: Readonly<{ newsletter: string | undefined; except: string | null }>,
): Promise<Read[]> {
  const names = await readdir(folder).catch(() => [])
  const read: Read[] = []
  for (const name of names) {
    if (!name.endsWith('.md') || /^readme\.md$/i.test(name) || name === options.except) continue
    const markdown = await readTextFile(join(folder, name)).catch(() => null)
    const issue = markdown === null ? null : readIssue(basename(name, '.md'), markdown)
    if (issue === null) continue
    const { newsletter } = issue
    if (options.newsletter && newsletter !== null && newsletter !== options.newsletter) continue
    read.push(issue)
  }
  return read.sort(byAge).slice(-MOST)
}

/** The newsletter's issues as they were last sent, oldest first. */
export async function issuesOfNewsletter(db: Db, newsletterId: Id): Promise<Read[]> {
  const rows = await newestIssues(db, newsletterId, MOST)
  return rows.flatMap(({ slug, markdown }) => readIssue(slug, markdown) ?? []).sort(byAge)
}

function readIssue(name: string, markdown: string): Read | null {
  const parsed = parseIssue(markdown, { file: `${name}.md` })
  if (!parsed.ok) return null
  const { date, newsletter, language } = parsed.issue.meta
  return { name, markdown, date, newsletter, language }
}

const NATURAL = new Intl.Collator('en', { numeric: true })

/** Those without a date come first: nothing says that they are the newest. */
function byAge(one: Read, other: Read): number {
  return NATURAL.compare(one.date ?? '', other.date ?? '') || NATURAL.compare(one.name, other.name)
}
