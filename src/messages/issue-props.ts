import type { ContentsSection } from '../../emails/_components/contents.tsx'
import type { MailItem } from '../../emails/_components/item.tsx'
import type { IssueMailProps, MailProse, MailSection } from '../../emails/issue.tsx'
import { makeTheme, type Theme } from '../../emails/theme.ts'
import { DEFAULT_CHOICES, type ThemeChoices } from '../../emails/theme-choices.ts'
import type { Issue, Item, MarkdownBlock, Section } from '../issues/issue.ts'
import { plainText } from '../issues/plain-text.ts'
import type { Design } from './design.ts'
import type { Placeholders } from './holes.ts'
import { createMailAnchors, type MailAnchors } from './mail-anchors.ts'
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
  surface: IssueMailProps['surface'],
  options: Omit<TokenHtmlOptions, 'anchors'> = {},
): IssueMailProps {
  const choices = design.theme ?? DEFAULT_CHOICES
  const hasContents = showsContents(issue, choices)
  const anchors = createMailAnchors(issue, placeholders.pattern, surface === 'web' || hasContents)
  const theme = makeTheme(design.brandColor, issue.meta.language, choices)
  const html = createTokenHtml(theme, { ...options, anchors })
  const inItems =
    choices.itemStyle === 'card' ? createTokenHtml(onCard(theme), { ...options, anchors }) : html
  return {
    surface,
    language: issue.meta.language,
    wording: design.language,
    brandColor: design.brandColor,
    choices,
    isTerse: options.isTerse ?? false,
    newsletterName: design.newsletterName,
    title: issue.meta.title,
    date: showDate(issue.meta.date, design.language),
    preheader: preheaderOf(issue, placeholders),
    contents: hasContents ? contentsOf(issue, anchors) : null,
    blocks: shownBlocks(issue).map((block) =>
      block.kind === 'markdown'
        ? toProse(block, html)
        : toSection(block, { html, inItems, anchors }),
    ),
    postalAddress: design.postalAddress,
    address: placeholders.address,
    unsubscribeUrl: placeholders.unsubscribeUrl,
    webUrl: placeholders.webUrl,
  }
}

/** A card has the quiet fill itself: what stands out on paper by it stands out on a card by the paper's white. */
function onCard(theme: Theme): Theme {
  return { ...theme, light: { ...theme.light, soft: theme.light.paper } }
}

/**
 * Without the sections that hold nothing: neither their names nor their taglines appear. What is ordinary Markdown
 * is one block with its neighbour: 25,000 lone headings took 4 s as blocks of their own.
 */
export function shownBlocks(issue: Issue): Issue['blocks'] {
  const shown: Issue['blocks'] = []
  for (const block of issue.blocks) {
    const last = shown.at(-1)
    if (block.kind === 'section') {
      if (block.blocks.length > 0) shown.push(block)
    } else if (last?.kind === 'markdown') for (const each of block.tokens) last.tokens.push(each)
    else shown.push({ ...block, tokens: [...block.tokens] })
  }
  return shown
}

function showsContents(issue: Issue, { contents }: ThemeChoices): boolean {
  const sections = shownBlocks(issue).flatMap((block) => (block.kind === 'section' ? [block] : []))
  if (contents !== 'auto') return contents === 'always' && sections.length > 0
  const items = sections.flatMap((section) => section.blocks.filter((part) => part.kind === 'item'))
  return items.length >= ITEMS_FOR_CONTENTS
}

function contentsOf(issue: Issue, anchors: MailAnchors): ContentsSection[] {
  const entry = ({ title, anchor }: Section | Item) => ({
    title: plainText(title),
    anchor: anchors.idOf(anchor) ?? '',
  })
  return shownBlocks(issue).flatMap((block) =>
    block.kind === 'section'
      ? [
          {
            ...entry(block),
            items: block.blocks.flatMap((part) => (part.kind === 'item' ? [entry(part)] : [])),
          },
        ]
      : [],
  )
}

function toProse(block: MarkdownBlock, html: TokenHtml): MailProse {
  return { kind: 'prose', html: html.blocks(block.tokens) }
}

function toSection(
  section: Section,
  { html, inItems, anchors }: { html: TokenHtml; inItems: TokenHtml; anchors: MailAnchors },
): MailSection {
  return {
    kind: 'section',
    anchor: anchors.idOf(section.anchor),
    titleHtml: html.inline(section.title),
    taglineHtml: section.tagline === null ? null : html.blocks(section.tagline),
    parts: section.blocks.map((part) =>
      part.kind === 'markdown' ? toProse(part, html) : toItem(part, inItems, anchors),
    ),
  }
}

function toItem(item: Item, html: TokenHtml, anchors: MailAnchors): MailItem {
  const first = item.sources[0]
  const href = first === undefined || leadsElsewhere(item, first.href) ? null : linkUrl(first.href)
  return {
    kind: 'item',
    anchor: anchors.idOf(item.anchor),
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
