import { ADDRESS, addressesIn, field } from '../../mail/header-read.ts'
import type { Letter } from './letter.ts'

/** One address that failed, and what the notice says of it. */
export type FoundRecipient = Readonly<{ address: string; words: string }>

/**
 * How notices name whom they are about, the surest first; the first way that finds somebody is believed. Group 1 is
 * the address. Each is asked line by line.
 */
const WAYS: readonly RegExp[] = [
  // Old Sendmail: "554 <ada@far.test>... 550 Host unknown"
  new RegExp(String.raw`^[ \t]*[45]\d\d (?:[45]\.\d\.\d )?<?(${ADDRESS})>?\.\.\.`, 'iu'),
  // Sendmail's ">>> RCPT TO:<…>" and the fields of a report that stands in the text.
  new RegExp(
    String.raw`^[ \t]*(?:final|original)-recipient:[ \t]*(?:rfc822[ \t]*;)?[ \t]*<?(${ADDRESS})>?`,
    'iu',
  ),
  // X.400 behind Exchange: "c=US;a= ;p=Far;o=Site;dda:SMTP=ada@far.test;"
  new RegExp(String.raw`smtp[=:;][ \t]*(${ADDRESS})`, 'iu'),
  // Postfix, qmail, Courier, Sina: "<ada@far.test>: …" begins a paragraph.
  new RegExp(
    String.raw`^[ \t]{0,3}["']?<(${ADDRESS})>["']?(?: \(expanded from[^)]*\))?[ \t]*(?::|\(|\.\.\.)`,
    'iu',
  ),
  new RegExp(String.raw`^[ \t]*["']?(${ADDRESS})["']?:[ \t]*$`, 'iu'),
  // "Recipient: <…>", "Failed Recipient: …", "Recipient address: …", 收件人：, Empfänger:
  new RegExp(
    String.raw`^[ \t*>-]*(?:(?:failed|original|recipient|intended|undelivered|bad|rejected|e-?mail)[ -])*(?:recipients?|address(?:es)?|user|rcpt|recipient\(s\)|destinataires?|destinatarios?|destinatari|empfänger|ontvanger|mottagare|odbiorca|получатель|получатели|адресат|收件人|收件者|宛先|あて先|送信先|받는 ?사람|수신자)(?: address| e-?mail)?(?:\(s\))?[ \t]*[:：][ \t]*(?:smtp:|rfc822;|mailto:)?[ \t]*[<"'\[]?(${ADDRESS})`,
    'iu',
  ),
  // The address alone on its line, with brackets, a bullet or its name around it.
  new RegExp(
    String.raw`^[ \t*>\-•·]*(?:\d+[.)][ \t]*)?["'<(\[]*(${ADDRESS})[>"')\]]*(?:<mailto:[^>]*>)?[ \t]*[.:;,]?[ \t]*$`,
    'iu',
  ),
  new RegExp(
    String.raw`^[ \t*>-]*"?[^"<>@\n]{0,80}"?[ \t]*[<(\[](?:mailto:)?(${ADDRESS})[>)\]](?:<mailto:[^>]*>)?[ \t]*:?[ \t]*$`,
    'iu',
  ),
  // Exchange 5.5: "ada@far.test on Thu, 1 Jan …"; "ada@far.test  (reason)"; "ada@far.test - reason".
  new RegExp(
    String.raw`^[ \t*>-]*["'<(\[]?(${ADDRESS})[>"')\]]?(?:[ \t]+(?:on[ \t]|[-–—:([]|\.\.\.)|[ \t]*\.\.\.|[ \t]*[:：])`,
    'iu',
  ),
  new RegExp(String.raw`^[ \t]*>>>[ \t]*rcpt to:[ \t]*<(${ADDRESS})>`, 'iu'),
  new RegExp(String.raw`rcpt to:[ \t]*<(${ADDRESS})>`, 'iu'),
  // "…could not be delivered to ada@far.test", "undeliverable to", "message to <…> was"
  new RegExp(
    String.raw`(?<!\p{L})(?:deliver(?:y|ed|able)?|sent?|sending|messages?|mail|e-?mail|reach|address(?:ed)?|contact|undeliverable)(?: sent| addressed)? (?:to|for)[ \t:]*(?:the |following |address |recipients? |e-?mail |user |mailbox )*["'<(\[]?(${ADDRESS})`,
    'iu',
  ),
  new RegExp(
    String.raw`(?<!\p{L})(?:recipients?|user(?:id)?|to|for|mailbox|account|address|addressee|adresse|dirección|indirizzo|endereço|alla?|à|para|pour|an|für|aan|till|til|адрес[ау]?)(?:[ \t]+|[ \t]*[:：][ \t]*)["'<(\[]{0,2}(${ADDRESS})`,
    'iu',
  ),
  new RegExp(
    String.raw`(?:发送到|送达|到|发给|收件人|给|送信先|宛先|あて先|수신자|받는 사람)[ \t:：是为]*["'<(\[「“]{0,2}(${ADDRESS})`,
    'iu',
  ),
]

/** Any address at all, in brackets or bare: asked last. */
const ANY_WAYS: readonly RegExp[] = [
  new RegExp(String.raw`[<("'\[](?:mailto:|smtp:)?(${ADDRESS})[>)"'\]]`, 'iu'),
  new RegExp(String.raw`(?<![\w.@-])(${ADDRESS})(?![\w.-])`, 'iu'),
]

/** Nobody's mailbox in a notice: whom to write to about it, and who wrote it. */
const NOT_READERS =
  /^(?:postmaster|mailer-daemon|mail-daemon|mailerdaemon|abuse|hostmaster|webmaster|noc|helpdesk|support|no-?reply|root|administrator|admin|security)@/

const PARAGRAPH_LIMIT = 1_500
const RECIPIENT_LIMIT = 100

/** Whom the notice is about. Empty: it does not say. */
export function findRecipients(letter: Letter): FoundRecipient[] {
  const named = failedHeader(letter)
  const lines = letter.notice.split('\n').filter((line) => line.length < 2_000)
  if (named.length > 0) return wordsAbout(lines, named)
  const addresses =
    firstWay(WAYS, lines, letter, false) ??
    localPartsIn(lines, letter) ??
    firstWay(ANY_WAYS, lines, letter, false) ??
    // Mail to oneself: then only what is left when nobody else is named.
    firstWay(WAYS, lines, letter, true) ??
    []
  return wordsAbout(lines, addresses)
}

function firstWay(
  ways: readonly RegExp[],
  lines: readonly string[],
  letter: Letter,
  mayBeOurs: boolean,
): string[] | null {
  for (const way of ways) {
    const found = findBy(way, lines, letter, mayBeOurs)
    if (found.length > 0) return found
  }
  return null
}

/** Exim and Gmail say it in a header. */
function failedHeader({ fields }: Letter): string[] {
  const names = [
    'x-failed-recipients',
    'x-failed-recipient',
    'x-mailer-daemon-recipients',
    'x-undelivered-to',
  ]
  for (const name of names) {
    const values = fields.filter(([key]) => key === name).map(([, value]) => value)
    const addresses = addressesIn(values.join(','))
    if (addresses.length > 0) return [...new Set(addresses)].slice(0, RECIPIENT_LIMIT)
  }
  return []
}

function findBy(
  way: RegExp,
  lines: readonly string[],
  letter: Letter,
  mayBeOurs: boolean,
): string[] {
  const found = new Set<string>()
  for (const line of lines) {
    if (/^[ \t>]*message-?id/i.test(line)) continue
    const address = way
      .exec(line)?.[1]
      ?.toLowerCase()
      .replace(/[.'!?]+$/, '')
    if (address !== undefined && isReader(address, letter, mayBeOurs)) found.add(address)
    if (found.size >= RECIPIENT_LIMIT) break
  }
  return [...found]
}

function isReader(address: string, letter: Letter, mayBeOurs: boolean): boolean {
  if (mayBeOurs) return letter.fromAddress !== address
  if (letter.ours.has(address) || letter.fromAddress === address) return false
  if (/\.(?:png|gif|jpe?g|html?)$/.test(address) || !/@[^@]*[a-z\p{L}\d]/u.test(address))
    return false
  if (NOT_READERS.test(address)) return addressesIn(field(letter.original, 'to')).includes(address)
  // The sender of what came back, and its message id.
  const sender = addressesIn(
    `${field(letter.original, 'from')},${field(letter.original, 'return-path')},${field(letter.original, 'message-id')}`,
  )
  return !sender.includes(address) || addressesIn(field(letter.original, 'to')).includes(address)
}

/** For each address the lines from the one that names it to the one that names another. */
function wordsAbout(lines: readonly string[], all: readonly string[]): FoundRecipient[] {
  if (all.length === 1 && all[0]) return [{ address: all[0], words: lines.join('\n') }]
  const words = new Map<string, string>(all.map((address) => [address, '']))
  let current: string[] = []
  for (const line of lines) {
    const named = addressesIn(line).filter((address) => words.has(address))
    if (named.length > 0) current = named
    for (const address of current) {
      const said = words.get(address) ?? ''
      if (said.length < PARAGRAPH_LIMIT) words.set(address, `${said}${line}\n`)
    }
  }
  return [...words].map(([address, said]) => ({ address, words: said }))
}

/** AOL's old way: under "the following recipients:" the names alone, at the domain that speaks. */
function localPartsIn(lines: readonly string[], letter: Letter): string[] | null {
  const domain = letter.fromAddress.split('@')[1]
  const at = lines.findIndex((line) => /recipients?\b.*:\s*$/i.test(line))
  if (domain === undefined || at < 0) return null
  const names: string[] = []
  for (const line of lines.slice(at + 1, at + 20)) {
    const name = /^\s+([\w.+-]{2,64})\s*$/.exec(line)?.[1]
    if (name === undefined && line.trim() !== '') break
    if (name !== undefined) names.push(`${name.toLowerCase()}@${domain}`)
  }
  return names.length > 0 ? names : null
}
