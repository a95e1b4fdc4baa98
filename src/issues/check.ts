import type { Tokens } from 'marked'
import { createClientGaps } from './check/clients.ts'
import { checkDate } from './check/date.ts'
import { checkHeadings, checkSections, checkShouting } from './check/headings.ts'
import { checkImage } from './check/images.ts'
import { checkLanguage } from './check/language.ts'
import { anchorsOf, checkLink, linksOf } from './check/links.ts'
import { checkMerges } from './check/merges.ts'
import { checkPreheader, checkSubject } from './check/subject.ts'
import {
  checkLiquidTags,
  checkMarkdownInHtml,
  checkText,
  type LiquidTag,
  liquidTagOf,
} from './check/text.ts'
import { collectFindings } from './finding.ts'
import type { Finding, Issue, SourceLine } from './issue.ts'
import { walkBlocks } from './walk.ts'

export type CheckOptions = {
  file: string
  /** For a date that is somebody else's; without it no date is judged. */
  now?: Date
  /** The attributes that the newsletter's readers have; without it no name is judged. */
  attributes?: ReadonlySet<string>
}

/** What `parseIssue` cannot see piece by piece: how the whole reads. Offline. */
export function checkIssue(issue: Issue, options: CheckOptions): Finding[] {
  const findings = collectFindings(options.file)
  checkSubject(issue, findings)
  checkPreheader(issue, findings)
  checkDate(issue, options.now, findings)
  checkLanguage(issue, findings)
  checkMerges(issue, options.attributes, findings)
  checkSections(issue.blocks, findings)
  const anchors = anchorsOf(issue.blocks)
  const headings: { token: Tokens.Heading; line: SourceLine }[] = []
  const liquid: LiquidTag[] = []
  const gaps = createClientGaps()
  walkBlocks(issue.blocks, (token, line) => {
    checkImage(token, line, findings)
    for (const link of linksOf(token, line)) checkLink(link, anchors, findings)
    checkText(token, line, findings)
    checkShouting(token, line, findings)
    checkMarkdownInHtml(token, line, findings)
    gaps.look(token, line)
    if (token.type === 'heading') headings.push({ token: token as Tokens.Heading, line })
    const tag = liquidTagOf(token, line)
    if (tag) liquid.push(tag)
  })
  checkLiquidTags(liquid, findings)
  checkHeadings(headings, findings)
  gaps.tell(findings)
  return findings.list
    .map((finding) => ({ ...finding, what: asWritten(finding.what, issue) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

function asWritten(words: string, { merges }: Issue): string {
  if (!words.includes('zq')) return words
  return merges.reduce(
    (all, { placeholder, source }) => all.replaceAll(placeholder, () => source),
    words,
  )
}
