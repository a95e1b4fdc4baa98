import { type Findings, shorten } from './finding.ts'
import type { SourceLine } from './issue.ts'
import type { Merges } from './merge.ts'
import { isWebUrl } from './meta.ts'

/** How addresses of one issue are read. */
export type Addresses = {
  /** The address as it goes out, or null where it must not. */
  link(href: string, line: SourceLine): string | null
  image(src: string, line: SourceLine): string | null
}

/** An address as it stands in the tokens. `written`: as the editor wrote it. */
export type FoundAddress = Readonly<{
  kind: 'link' | 'image'
  href: string
  written: string
  line: SourceLine
}>

/** What only somebody with the file system can say of an issue, and what they want to know of it. */
export type Surroundings = Readonly<{
  /** Whether a relative path names an image that the issue brings along, beside its file or below it. */
  imageAt?(path: string): 'here' | 'outside' | 'absent'
  /** Told of every address that stays. */
  found?(address: FoundAddress): void
}>

const LINK_SCHEMES = new Set(['http', 'https', 'mailto', 'tel'])
const IMAGE_SCHEMES = new Set(['http', 'https'])
/** Marks that set the direction of text, and the byte order mark: pasted along, they make an address relative. */
const INVISIBLE = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g

export function createAddresses(
  baseUrl: string | null,
  merges: Merges,
  findings: Findings,
  around: Surroundings = {},
): Addresses {
  const read = (
    raw: string,
    line: SourceLine,
    kind: 'link' | 'image',
    schemes: ReadonlySet<string>,
  ): string | null => {
    const href = merges.settle(cleanAddress(raw))
    if (kind === 'link' && (href.startsWith('#') || href === '')) return readFragment(href)
    if (isHoleInOrigin(href, merges)) {
      findings.error(line, holeInOrigin(kind, merges.restore(href)))
      return null
    }
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(href)?.[1]?.toLowerCase()
    if (scheme !== undefined && schemes.has(scheme)) return toAscii(href)
    if (scheme !== undefined) {
      findings.warning(line, {
        what: `the address of this ${kind} was taken out: ${shorten(href)}`,
        why: `mail programs do not follow "${scheme}:", or it could harm a reader`,
        fix: `use ${[...schemes].join(', ')}`,
      })
      return null
    }
    return resolve(href, line, kind)
  }

  const resolve = (href: string, line: SourceLine, kind: 'link' | 'image'): string => {
    if (href.startsWith('//')) return toAscii(`https:${href}`)
    if (baseUrl !== null && URL.canParse(href, baseUrl)) return new URL(href, baseUrl).href
    const place = kind === 'image' && href !== '' ? around.imageAt?.(href) : undefined
    if (place !== 'here') findings.error(line, relativeWords(kind, href, place))
    return toAscii(href)
  }

  const readAndTell = (
    kind: 'link' | 'image',
    schemes: ReadonlySet<string>,
    written: string,
    line: SourceLine,
  ): string | null => {
    const href = read(written, line, kind, schemes)
    if (href !== null) around.found?.({ kind, href, written: cleanAddress(written), line })
    return href
  }
  return {
    link: (href, line) => readAndTell('link', LINK_SCHEMES, href, line),
    image: (src, line) => readAndTell('image', IMAGE_SCHEMES, src, line),
  }
}

function relativeWords(
  kind: string,
  href: string,
  place: 'outside' | 'absent' | undefined,
): { what: string; why: string; fix: string } {
  const shown = shorten(href) || '(empty)'
  if (place === undefined) {
    return {
      what: `relative ${kind}: ${shown}`,
      why: 'in a mail there is no page that it could be relative to',
      fix: 'write it in full, or set base_url in the front matter',
    }
  }
  return {
    what:
      place === 'absent'
        ? `there is no image ${shown}`
        : `the image ${shown} lies outside the issue's folder`,
    why:
      place === 'absent'
        ? 'readers would see an empty frame'
        : 'only what lies beside the issue or below it is taken along',
    fix: 'put it into the folder of the issue, write its address in full, or set base_url',
  }
}

function cleanAddress(raw: string): string {
  return (
    raw
      .replace(/[\p{Cc}\u2028\u2029]/gu, '')
      .replace(INVISIBLE, '')
      // The same marks as an earlier tool encoded them, where they stand before the scheme.
      .replace(/^(?:%E2%80%(?:8E|8F|A[A-E])|%E2%81%A[6-9]|%EF%BB%BF)+/i, '')
      .trim()
  )
}

function readFragment(href: string): string {
  try {
    return decodeURIComponent(href)
  } catch {
    return href
  }
}

/** A reader's value must not choose where a link leads. */
function isHoleInOrigin(href: string, merges: Merges): boolean {
  const origin = /^(?:[^:/?#]*:)?(?:\/\/[^/?#]*)?/.exec(href)?.[0] ?? ''
  if (merges.has(origin)) return true
  return /^zq[a-z0-9]{16}/.test(href) && merges.has(href.slice(0, 18))
}

function holeInOrigin(kind: string, href: string): { what: string; why: string; fix: string } {
  return {
    what: `an expression in the scheme or host of this ${kind}: ${shorten(href)}`,
    why: 'a reader’s value would choose where it leads',
    fix: 'write scheme and host out; in the path and the query an expression may stand',
  }
}

/** As written where it can stand in a header and an attribute; else percent-encoded, the host as IDNA. */
function toAscii(href: string): string {
  if (/^[!#-;=?-[\]_a-z~]+$/i.test(href)) return href
  try {
    if (isWebUrl(href)) return new URL(href).href
    return encodeURI(href).replace(/%25(?=[0-9a-f]{2})/gi, '%')
  } catch {
    return encodeURI(href.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/%25(?=[0-9a-f]{2})/gi, '%')
  }
}
