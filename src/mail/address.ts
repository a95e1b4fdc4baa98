import { domainToASCII } from 'node:url'
import { z } from 'zod'

/** One mailbox. */
export type MailAddress = Readonly<{
  /** As it is mailed: NFC, domain in ASCII and lower case, local part as typed. */
  address: string
  /** What makes it the same reader: `address` in lower case. */
  key: string
  domain: string
}>

/** RFC 5321 4.5.3.1, and erratum 1690 of RFC 3696: a path of 256 octets has room for 254. */
const LIMITS = { address: 254, local: 64, domain: 253, label: 63 }

// The browser's own expression: zod's default refuses punycode top-level domains and `a&b@…`.
const EMAIL = z.email({ pattern: z.regexes.html5Email })

/** What would end a line or a path inside an SMTP command (RFC 5321 4.1.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f<>]/

/** Whether an address could break out of `MAIL FROM:<…>` or `RCPT TO:<…>`. */
export function isUnsafeInEnvelope(address: string): boolean {
  return UNSAFE.test(address)
}

/**
 * Reads a bare address, as typed or imported; spaces around it are dropped. `why` is for people, and repeats nothing
 * of the address. Local parts outside ASCII are refused: they need SMTPUTF8 on the whole way.
 */
export function parseAddress(
  text: string,
): { ok: true; value: MailAddress } | { ok: false; why: string } {
  const no = (why: string) => ({ ok: false as const, why })
  if (isUnsafeInEnvelope(text)) return no('it holds a line break, a control character, < or >')
  const typed = text.trim().normalize('NFC')
  const at = typed.lastIndexOf('@')
  if (at < 1 || at === typed.length - 1) return no('it is not of the form name@domain')
  const local = typed.slice(0, at)
  const domain = domainToASCII(typed.slice(at + 1).replace(/\.$/, ''))
  if (/[^\u0020-\u007e]/.test(local)) return no('the part before the @ is not ASCII')
  if (domain === '') return no('the part after the @ is no domain')
  if (local.length > LIMITS.local) return no(`the part before the @ is over ${LIMITS.local} octets`)
  if (domain.length > LIMITS.domain || domain.split('.').some((l) => l.length > LIMITS.label)) {
    return no('the domain is too long')
  }
  const address = `${local}@${domain}`
  if (address.length > LIMITS.address) return no(`it is over ${LIMITS.address} octets`)
  if (/^\.|\.\.|\.$/.test(local)) return no('a dot stands where none may stand')
  if (!EMAIL.safeParse(address).success) return no('it is not of the form name@domain')
  if (!domain.includes('.') && domain !== 'localhost') return no('the domain has no dot')
  if (/(^|\.)\d+$/.test(domain)) return no('the part after the @ is a number, not a domain')
  return { ok: true, value: { address, key: address.toLowerCase(), domain } }
}

/** Domains in lower case that nobody owns (RFC 2606, RFC 6761); Postgres reads its source too. */
export const RESERVED_DOMAIN = /(^|\.)(test|example|invalid|localhost|example\.(com|net|org))$/

/** Whether nobody can have a mailbox there (RFC 2606, RFC 6761). */
export function isReservedDomain(domain: string): boolean {
  return RESERVED_DOMAIN.test(domain.toLowerCase().replace(/\.$/, ''))
}
