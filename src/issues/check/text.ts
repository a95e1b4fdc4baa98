import type { Token } from 'marked'
import { decodeEntities } from '../entities.ts'
import { type Findings, shorten } from '../finding.ts'
import { HTML_NAMES } from '../html-names.ts'
import type { SourceLine } from '../issue.ts'
import { childrenOf } from '../plain-text.ts'

type Words = Parameters<Findings['warning']>[1]

/** Marks that are left in the text: what was meant is another thing than what is shown. */
const LEFT: readonly { pattern: RegExp; words: (found: string) => Words }[] = [
  {
    pattern: /\]（[a-z]+:|\]（$/i,
    words: () => ({
      what: 'a link in full-width brackets is none',
      why: 'Markdown reads only ( and ) around an address',
      fix: 'write [text](https://…)',
    }),
  },
  {
    pattern: /\]\($/,
    words: () => ({
      what: 'a link that Markdown does not read: its brackets are shown',
      why: 'there is a link in its text, a space in its address, or curly quotes around its title',
      fix: 'write [text](https://… "title"), with no other link in the text',
    }),
  },
  {
    pattern: /\][ \u3000]\($/,
    words: () => ({
      what: 'a link with a space between its brackets is none',
      why: 'the brackets are shown to readers',
      fix: 'write [text](https://…) without the space',
    }),
  },
  {
    pattern: /\[[^[\]]{1,200}\]\[[^[\]]{0,200}\]/,
    words: (found) => ({
      what: `a link whose address is written nowhere: ${shorten(found, 50)}`,
      why: 'the brackets are shown to readers',
      fix: `write the address, as in ${/\[([^[\]]*)\]$/.exec(found)?.[0] === '[]' ? '[name]' : shorten(/\[[^[\]]*\]$/.exec(found)?.[0] ?? '[name]', 30)}: https://…`,
    }),
  },
  {
    pattern: /\[\^[^\][\s]{1,60}\]/,
    words: (found) => ({
      what: `a footnote that is written nowhere: ${found}`,
      why: 'its mark is shown to readers as it is',
      fix: `write ${found}: and the note on a line of its own`,
    }),
  },
  {
    pattern: /(?:^|[\s(（])\*\*(?=\S)|\S\*\*(?=$|[\s,.，。)）])/,
    words: () => ({
      what: 'stars that mark nothing: **',
      why: 'they are shown to readers as they are',
      fix: 'put ** right before the first and right after the last character, in pairs',
    }),
  },
  {
    pattern:
      /__[「『（《“【][^_\n]{1,200}__|__[^_\n]{1,200}__(?=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}])/u,
    words: () => ({
      what: 'lines that mark nothing: __',
      why: 'they are shown to readers as they are: Markdown wants a space around them',
      fix: 'write ** instead of __',
    }),
  },
]

export function checkText(token: Token, line: SourceLine, findings: Findings): void {
  if (token.type !== 'text' || childrenOf(token)) return
  const broken = brokenTag(token.raw)
  if (broken) {
    findings.warning(line + token.raw.slice(0, broken.at).split('\n').length - 1, {
      what: `a tag that does not end: ${shorten(broken.found, 30)}`,
      why: 'it is shown to readers as it is written',
      fix: 'write the > or the quote that it lacks, or &lt; for a < that is text',
    })
  }
  const text = decodeEntities(token.text)
  for (const { pattern, words } of LEFT) {
    const match = pattern.exec(text)
    if (match) {
      const at = line + text.slice(0, match.index).split('\n').length - 1
      findings.warning(at, words(match[0]))
    }
  }
}

/** The start of a tag that was meant as HTML: what is written `&lt;` or `\\<` is text by intent. */
const RAW_TAG = /<\/?([a-z][a-z0-9]*)(?:\s+[a-z][a-z-]*\s*=|\s*$)/i

/** Without its end it is no tag, and is shown to readers. */
function brokenTag(raw: string): { at: number; found: string } | null {
  const match = RAW_TAG.exec(raw)
  const name = match?.[1]?.toLowerCase() ?? ''
  // "3 <b" compares.
  const isMeant = HTML_NAMES.has(name) && (name.length > 1 || match?.[0].endsWith('='))
  return match && isMeant ? { at: match.index, found: raw.slice(match.index) } : null
}

/** A block of HTML ends at a blank line, and until there Markdown is text. */
export function checkMarkdownInHtml(token: Token, line: SourceLine, findings: Findings): void {
  if (token.type !== 'html' || !token.block) return
  const match = /\]\((?:https?:|mailto:|\/|#)|\*\*[^\s*][^*\n]{0,200}\*\*|^#{1,6} \S|^```/m.exec(
    token.text.replace(/<[^<>]*>/g, (tag: string) => tag.replace(/[^\n]/g, ' ')),
  )
  if (!match) return
  findings.warning(line + token.text.slice(0, match.index).split('\n').length - 1, {
    what: `Markdown in a block of HTML is shown as it is: ${shorten(match[0], 30)}`,
    why: 'a block of HTML goes on to the next blank line, and nothing in it is read as Markdown',
    fix: 'put a blank line before and after the Markdown',
  })
}

export type LiquidTag = { tag: string; line: SourceLine }

export function liquidTagOf(token: Token, line: SourceLine): LiquidTag | null {
  if (token.type !== 'text' || childrenOf(token)) return null
  const match = /\{%.{0,500}?%\}/.exec(token.text)
  if (!match) return null
  return { tag: match[0], line: line + token.text.slice(0, match.index).split('\n').length - 1 }
}

export function checkLiquidTags(found: readonly LiquidTag[], findings: Findings): void {
  const [first, ...others] = found
  if (first === undefined) return
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  findings.warning(first.line, {
    what: `${shorten(decodeEntities(first.tag), 40)}${more} is shown as it is`,
    why: 'expressions may name a value, and there are no tags',
    fix: 'take it out, or write it as code',
  })
}
