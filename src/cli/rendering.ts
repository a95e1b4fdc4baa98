import { PostriderError } from '../errors.ts'
import type { Issue } from '../issues/issue.ts'
import { buildMime } from '../mail/mime.ts'
import { createFiller } from '../messages/fill.ts'
import { issueHeaders } from '../messages/issue-headers.ts'
import { findingLine } from './input.ts'

export type Rendered = Readonly<{ subject: string; html: string; text: string; eml: Buffer }>

/** The reader and the addresses of a mail that is only looked at. */
const SAMPLE = {
  address: 'reader@readers.example',
  from: 'editor@newsletter.example',
  unsubscribeUrl: 'https://newsletter.example/u/sample',
  webUrl: 'https://newsletter.example/sample',
  postalAddress: 'Postal address of the newsletter',
} as const

/**
 * The mail as it would be sent to a reader of whom nothing is known. Needs no newsletter: its name is the issue's, else
 * the folder's.
 * @throws PostriderError bad-input
 */
export async function renderIssue(issue: Issue, folder: string, now: Date): Promise<Rendered> {
  const { compileIssue } = await import('../messages/compile.tsx')
  const newsletterName = issue.meta.newsletter ?? folder
  const compiled = await compileIssue(issue, {
    newsletterName,
    language: issue.meta.language,
    timeZone: 'UTC',
    brandColor: '#0b6e4f',
    postalAddress: SAMPLE.postalAddress,
  })
  if (!compiled.ok) {
    const [first] = compiled.findings
    throw new PostriderError('bad-input', first ? findingLine(first) : 'cannot be compiled')
  }
  const filled = createFiller(compiled.message)({
    address: SAMPLE.address,
    attributes: {},
    unsubscribeUrl: SAMPLE.unsubscribeUrl,
    webUrl: SAMPLE.webUrl,
    newsletterName,
    issueTitle: issue.meta.title,
  })
  const headers = issueHeaders({
    from: { name: newsletterName, address: SAMPLE.from },
    replyTo: null,
    to: SAMPLE.address,
    subject: filled.subject,
    date: now,
    messageId: '<sample@newsletter.example>',
    listId: { name: newsletterName, id: 'sample.newsletter.example' },
    unsubscribeUrl: SAMPLE.unsubscribeUrl,
    unsubscribeMailto: null,
    feedbackId: 'sample:sample:sample:postrider',
  })
  return { ...filled, eml: buildMime(headers, filled) }
}
