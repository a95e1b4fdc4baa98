import { decodeEntities } from '../issues/entities.ts'
import type { Issue } from '../issues/issue.ts'
import { visitTokens } from './issue-tokens.ts'

/** Where links within the mail lead. */
export type MailAnchors = {
  /** Of a heading; null where nothing leads to it: an id that nobody needs is only bytes. */
  idOf(anchor: string): string | null
  /** A link to a heading, led to its id; any other as it is. */
  hrefOf(href: string): string
}

export const NO_ANCHORS: MailAnchors = { idOf: () => null, hrefOf: (href) => href }

/** @param all whether each heading shall be reached: the web version's are, from anywhere */
export function createMailAnchors(issue: Issue, holes: RegExp, all: boolean): MailAnchors {
  const headings = headingAnchors(issue)
  const wanted = all ? headings : wantedAnchors(issue)
  const nameOf = (anchor: string): string => {
    const name = anchor.replace(holes, '')
    // Some clients take no id that begins with a digit or an emoji.
    return /^\p{L}/u.test(name) ? name : `p-${name}`
  }
  return {
    idOf: (anchor) => (wanted.has(anchor) ? nameOf(anchor) : null),
    hrefOf: (href) => {
      const target = targetOf(href)
      return target !== null && headings.has(target) ? `#${nameOf(target)}` : href
    },
  }
}

function headingAnchors(issue: Issue): Set<string> {
  const anchors = new Set<string>()
  for (const block of issue.blocks) {
    if (block.kind === 'markdown') continue
    anchors.add(block.anchor)
    for (const part of block.blocks) if (part.kind === 'item') anchors.add(part.anchor)
  }
  visitTokens(issue, (token) => {
    if (token.type === 'heading' && 'anchor' in token) anchors.add(String(token.anchor))
  })
  return anchors
}

function wantedAnchors(issue: Issue): Set<string> {
  const anchors = new Set<string>()
  const add = (href: string): void => {
    const target = targetOf(href)
    if (target !== null) anchors.add(target)
  }
  visitTokens(issue, (token) => {
    if (token.type === 'link') add(token.href)
    if (token.type !== 'html') return
    for (const match of token.text.matchAll(/\shref="(#[^"]*)"/g)) add(match[1] ?? '')
  })
  return anchors
}

function targetOf(href: string): string | null {
  if (!href.startsWith('#')) return null
  const target = decodeEntities(href.slice(1))
  try {
    return decodeURIComponent(target)
  } catch {
    return target
  }
}
