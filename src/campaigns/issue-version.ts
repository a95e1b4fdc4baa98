import { createHash } from 'node:crypto'
import type { Trx } from '../../db/client.ts'
import { insertIssueVersion, issueVersionByHash, lockIssue } from '../../db/queries/issues.ts'
import type { Id } from '../../db/types.ts'

export type IssueVersionInput = Readonly<{
  newsletterId: Id
  slug: string
  markdown: string
  title: string
  /** YYYY-MM-DD */
  date: string | null
  language: string
}>

export type IssueVersion = Readonly<{ issueId: Id; versionId: Id; number: number }>

/** The same slug edited is a new version of the same issue; the same words are the version that is there. */
export async function storeIssueVersion(trx: Trx, input: IssueVersionInput): Promise<IssueVersion> {
  const { newsletterId, slug, ...words } = input
  const contentHash = createHash('sha256').update(input.markdown).digest()
  const issueId = await lockIssue(trx, newsletterId, slug)
  const version =
    (await insertIssueVersion(trx, { ...words, issueId, contentHash })) ??
    (await issueVersionByHash(trx, issueId, contentHash))
  return { issueId, versionId: version.id, number: version.number }
}
