import { parse } from 'tldts'
import { endOfAddress } from './address-end.ts'

// A link whose words are an address leads there and nowhere else. What counts as an address is what a reader would
// take for one: with a scheme or `www.` anywhere in the words, a mailbox, or words that are nothing but a host.

/** Nobody sees them, and a program that compares would take them for a difference. */
const UNSEEN = /\p{Cf}|\u034f/gu
/** What stands for an expression differs each time that it stands. */
const PLACEHOLDER = /zq[a-z0-9]{16}/g

const WEB_START =
  /(?<![a-z0-9+])(?:https?|ftp):\/{1,2}(?=[^\s/])|(?<![\p{L}\p{N}:/.-])\/\/(?=[^\s/.]+\.)|(?<![a-z0-9.-])www\.(?=[^\s/.])/giu
const MAILBOX =
  /(?<![\p{L}\p{N}._%+-])(?:mailto:)?([\p{L}\p{N}._%+-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,})/giu
const BARE_HOST =
  /^[\s\p{Ps}\p{Pi}"']*((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}(?::\d+)?(?:[/?#]\S*)?)[\s\p{Pe}\p{Pf}"'.,;:!?]*$/u
const PHONE = /^\s*(?:tel:)?([+(]?\d[\d\s().\-/]*)$/i

/** Top-level domains that end names of files: `README.md`, `main.rs`. */
const FILE_ENDINGS = new Set('am as bz cc la md mk ml mm mov pl ps py rs sh so tf zip'.split(' '))
/** ASP.NET, VB.NET */
const PRODUCT = /^[A-Z]+\.NET$/

/** The address that a link's words show where it is another than the one it leads to. */
export function wronglyShown(words: string, href: string): string | null {
  const [text, address] = [plain(words), plain(href)]
  if (address.startsWith('#') || text === address || text === decoded(address)) return null
  const phone = /^tel:/i.test(address) ? PHONE.exec(text)?.[1] : undefined
  if (phone !== undefined) return isSamePhone(phone, address) ? null : phone.trim()
  const target = URL.canParse(address) ? new URL(address) : null
  const { webs, mailboxes } = addressesIn(text)
  return (
    webs.find((shown) => !leadsTo(shown, target)) ??
    mailboxes.find((shown) => !mailsTo(shown, target)) ??
    null
  )
}

function plain(words: string): string {
  return words.replace(UNSEEN, '').normalize('NFKC').replace(PLACEHOLDER, '{}').trim()
}

function addressesIn(text: string): { webs: string[]; mailboxes: string[] } {
  const bare = BARE_HOST.exec(text)?.[1]
  if (bare !== undefined && isHost(bare)) return { webs: [bare], mailboxes: [] }
  const webs: string[] = []
  let others = ''
  let from = 0
  for (const { index } of text.matchAll(WEB_START)) {
    if (index < from) continue
    const end = index + endOfAddress(text.slice(index))
    webs.push(text.slice(index, end) + (text.startsWith('...', end) ? '...' : ''))
    others += `${text.slice(from, index)} `
    from = end
  }
  others += text.slice(from)
  return { webs, mailboxes: [...others.matchAll(MAILBOX)].map(([, shown = '']) => shown) }
}

function isHost(bare: string): boolean {
  const [host = ''] = bare.split(/[:/?#]/, 1)
  const { isIcann, isPrivate, publicSuffix } = parse(host, { allowPrivateDomains: true })
  if ((!isIcann && !isPrivate) || PRODUCT.test(host)) return false
  return bare !== host || !FILE_ENDINGS.has(publicSuffix ?? '')
}

function leadsTo(shown: string, target: URL | null): boolean {
  const url = webUrl(shown)
  if (target === null || url === null) return false
  if (target.protocol === 'mailto:') return ownerOf(url.hostname) === ownerOf(hostOfMailbox(target))
  if (ownerOf(url.hostname) !== ownerOf(target.hostname)) return false
  return isBeginning(pathOf(url), pathOf(target), shown.includes('...'))
}

/** Whoever reads `https://bank.example@evil.example` takes the first for the host. */
function webUrl(shown: string): URL | null {
  const [, rest = ''] = /^(?:(?:https?|ftp):\/{1,2}|\/\/)?(.*)$/is.exec(shown) ?? []
  const readable = rest.replace(/^([^/?#]*?)@/, '$1/@').replace(/\.\.\..*$/s, '')
  return URL.canParse(`https://${readable}`) ? new URL(`https://${readable}`) : null
}

function pathOf({ pathname, search, hash }: URL): string {
  const path = `${pathname}${search}${hash}`
  try {
    return decodeURIComponent(path).normalize('NFKC').toLowerCase()
  } catch {
    return path.toLowerCase()
  }
}

/** `/docs` is shown of `/docs/en?from=mail`, and not of `/documents`, unless it says that something was left out. */
function isBeginning(shown: string, whole: string, isShortened: boolean): boolean {
  const start = shown.replace(/\/?(?:index\.html?)?(?:#.*)?$/, '')
  return (
    whole.startsWith(start) &&
    (isShortened || /^(?:[/?#&]|\p{P}*$)/u.test(whole.slice(start.length)))
  )
}

function mailsTo(mailbox: string, target: URL | null): boolean {
  if (target === null) return false
  if (target.protocol !== 'mailto:') {
    return ownerOf(mailbox.split('@').at(-1) ?? '') === ownerOf(target.hostname)
  }
  return decoded(target.pathname).toLowerCase().split(',').includes(mailbox.toLowerCase())
}

function hostOfMailbox({ pathname }: URL): string {
  return decoded(pathname).split('@').at(-1) ?? ''
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The domain that somebody has registered, or was given by a host of many; the name itself where it is none. */
function ownerOf(host: string): string {
  const name = URL.canParse(`https://${host}`) ? new URL(`https://${host}`).hostname : host
  return parse(name, { allowPrivateDomains: true }).domain ?? name
}

/** `0800 123` is dialled as `+44 800 123`. */
function isSamePhone(shown: string, href: string): boolean {
  const [a, b] = [shown, decoded(href)].map((number) =>
    number.replace(/\D/g, '').replace(/^0+/, ''),
  )
  return a !== undefined && b !== undefined && a !== '' && (b.endsWith(a) || a.endsWith(b))
}
