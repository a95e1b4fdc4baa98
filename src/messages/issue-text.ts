import { wordsFor } from '../../emails/words.ts'
import type { Issue, Item, Section } from '../issues/issue.ts'
import type { Design } from './design.ts'
import type { Placeholders } from './holes.ts'
import { inlineToText } from './inline-lines.ts'
import { CELL_END, writeInline } from './inline-text.ts'
import { shownBlocks } from './issue-props.ts'
import { linkLine, linkLines } from './link-lines.ts'
import { showDate } from './show-date.ts'
import { COLUMNS, wrapText } from './text-layout.ts'
import { linkUrl } from './token-html.ts'
import { blocksToText, underlined } from './token-text.ts'

/** The plain-text part, from the same tokens as the HTML: nothing of the one is missing in the other. */
export function issueText(issue: Issue, design: Design, placeholders: Placeholders): string {
  const words = wordsFor(design.language)
  const date = showDate(issue.meta.date, design.language)
  const [before, after] = words.whyIssue(design.newsletterName)
  const parts: string[][] = [
    [design.newsletterName],
    [...underlined(issue.meta.title, '=', COLUMNS), ...(date === null ? [] : [date])],
    [`${words.readOnWeb}${words.colon}`, placeholders.webUrl],
    ...shownBlocks(issue).flatMap((block) =>
      block.kind === 'markdown' ? [blocksToText(block.tokens, COLUMNS)] : sectionText(block),
    ),
    ['-'.repeat(COLUMNS)],
    // An address is some 24 columns wide, other values that are filled in some 7.
    wrapText(`${before}${placeholders.address}${after}`, COLUMNS - 17),
    design.postalAddress.split('\n').flatMap((line) => wrapText(line.trim())),
    [`${words.unsubscribe}${words.colon}`, placeholders.unsubscribeUrl],
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
    // Of a cell that stood in no table.
    .replace(CELL_END, ' ')}\n`
}

function sectionText(section: Section): string[][] {
  const title = writeInline(section.title)
  const tagline = section.tagline === null ? [] : blocksToText(section.tagline, COLUMNS)
  return [
    [...underlined(title.text, '-', COLUMNS), ...linkLines(title, COLUMNS), ...tagline],
    ...section.blocks.flatMap((part) =>
      part.kind === 'markdown' ? [blocksToText(part.tokens, COLUMNS)] : itemText(part),
    ),
  ]
}

function itemText(item: Item): string[][] {
  const title = writeInline(item.title)
  const sources = item.sources.map(({ href, label, bare }) => ({
    label: bare ? '' : label,
    href: linkUrl(href),
  }))
  return [
    [...inlineToText(title, COLUMNS), ...sources.flatMap((source) => linkLine(source, COLUMNS))],
    blocksToText(item.tokens, COLUMNS),
  ]
}
