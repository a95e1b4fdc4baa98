import type { ContentsSection } from '../../emails/_components/contents.tsx'
import type { MailItem } from '../../emails/_components/item.tsx'
import type { IssueMailProps, MailProse, MailSection } from '../../emails/issue.tsx'
import { makeTheme } from '../../emails/theme.ts'
import { DEFAULT_CHOICES } from '../../emails/theme-choices.ts'
import type { Issue, Item, MarkdownBlock, Section } from '../issues/issue.ts'
import { plainText } from '../issues/plain-text.ts'
import type { Design } from './design.ts'
import type { Placeholders } from './holes.ts'
import { preheaderOf } from './preheader.ts'
import { showDate } from './show-date.ts'
import { childrenOf } from './token-children.ts'
import { createTokenHtml, linkUrl, type TokenHtml, type TokenHtmlOptions } from './token-html.ts'

/** LOOK.md: a list of contents from four items on. */
const ITEMS_FOR_CONTENTS = 4

/** Everything that the template shows, the web version's too. */
export function issueProps(
  issue: Issue,
  design: Design,
  placeholders: Placeholders,
  options: TokenHtmlOptions = {},
): Omit<IssueMailProps, 'surface'> {
  const choices = design.theme ?? DEFAULT_CHOICES
  const html = createTokenHtml(makeTheme(design.brandColor, issue.meta.language, choices), options)
  const anchorOf = (anchor: string): string => anchor.replace(placeholders.pattern, '')
  return {
    language: issue.meta.language,
    wording: design.language,
    brandColor: design.brandColor,
    choices,
    isTerse: options.isTerse ?? false,
    newsletterName: design.newsletterName,
    title: issue.meta.title,
    date: showDate(issue.meta.date, design.language),
    preheader: preheaderOf(issue, placeholders),
    contents: choices.contents === 'never' ? null : contentsOf(issue, choices.contents, anchorOf),
    blocks: shownBlocks(issue).map((block) =>
      block.kind === 'markdown' ? toProse(block, html) : toSection(block, html, anchorOf),
    ),
    postalAddress: design.postalAddress,
    address: placeholders.address,
    unsubscribeUrl: placeholders.unsubscribeUrl,
    webUrl: placeholders.webUrl,
  }
}

/** Without the sections that hold nothing: neither their names nor their taglines appear. */
export function shownBlocks(issue: Issue): Issue['blocks'] {
  return issue.blocks.filter((block) => block.kind === 'markdown' || block.blocks.length > 0)
}

function contentsOf(
  issue: Issue,
  when: 'auto' | 'always',
  anchorOf: (anchor: string) => string,
): ContentsSection[] | null {
  const sections = shownBlocks(issue).flatMap((block) =>
    block.kind === 'section'
      ? [
          {
            title: plainText(block.title),
            anchor: anchorOf(block.anchor),
            items: block.blocks.flatMap((part) =>
              part.kind === 'item'
                ? [{ title: plainText(part.title), anchor: anchorOf(part.anchor) }]
                : [],
            ),
          },
        ]
      : [],
  )
  const count = sections.reduce((sum, section) => sum + section.items.length, 0)
  if (when === 'always') return sections.length > 0 ? sections : null
  return count < ITEMS_FOR_CONTENTS ? null : sections
}

function toProse(block: MarkdownBlock, html: TokenHtml): MailProse {
  return { kind: 'prose', html: html.blocks(block.tokens) }
}

function toSection(
  section: Section,
  html: TokenHtml,
  anchorOf: (anchor: string) => string,
): MailSection {
  return {
    kind: 'section',
    anchor: anchorOf(section.anchor),
    titleHtml: html.inline(section.title),
    taglineHtml: section.tagline === null ? null : html.blocks(section.tagline),
    parts: section.blocks.map((part) =>
      part.kind === 'markdown' ? toProse(part, html) : toItem(part, html, anchorOf),
    ),
  }
}

function toItem(item: Item, html: TokenHtml, anchorOf: (anchor: string) => string): MailItem {
  const first = item.sources[0]
  const href = first === undefined || leadsElsewhere(item, first.href) ? null : linkUrl(first.href)
  return {
    kind: 'item',
    anchor: anchorOf(item.anchor),
    titleHtml: html.inline(item.title, { insideLink: href !== null }),
    href,
    sources: item.sources.map(({ href: to, label }) => ({ href: linkUrl(to), label })),
    bodyHtml: html.blocks(item.tokens),
  }
}

/** Whether the title holds links of its own, which a link around it would swallow. */
function leadsElsewhere(item: Item, firstSource: string): boolean {
  const linksIn = (tokens: Item['title']): boolean =>
    tokens.some(
      (token) =>
        (token.type === 'link' && token.href !== firstSource) ||
        (token.type === 'html' && /^<a\b/i.test(token.text)) ||
        linksIn(childrenOf(token) ?? []),
    )
  return linksIn(item.title)
}
