import { BOUNCE_REASONS, type BounceReason, type BounceVerdict } from './bounce-reason.ts'
import type { Phrases } from './reply-phrases.ts'
import { DEAD_ADDRESS } from './reply-phrases-dead.ts'
import { OUR_FAULT } from './reply-phrases-ours.ts'
import { LAST_WORDS, THEIR_TROUBLE } from './reply-phrases-theirs.ts'
import { WORLD_PHRASES } from './reply-phrases-world.ts'
import { reasonOfStatus } from './status-reason.ts'

/** What a server said of one recipient, in a session or in a report. */
export type ReplyFacts = Readonly<{
  /** SMTP's three digits. */
  code: number | null
  /** RFC 3463, as in `5.1.1`. */
  enhanced: string | null
  text: string
  /** Of the recipient, where known. */
  domain?: string | undefined
  /** To which command it answered, where known; else what the text says of it. */
  stage?: 'rcpt' | 'data' | undefined
}>

export type Classified = Readonly<{ type: BounceVerdict; reason: BounceReason }>

/** More words than that are no reply. */
const TEXT_LIMIT = 4_000

const ENGLISH: Phrases = [...OUR_FAULT, ...THEIR_TROUBLE, ...DEAD_ADDRESS, ...LAST_WORDS]

/** Whose fault it is. Pure. The words weigh more than the digits, and doubt is never called hard. */
export function classifyReply(facts: ReplyFacts): Classified {
  const words = plainWords(facts.text)
  const reason = afterData(facts, reasonOf(facts, words))
  return { type: BOUNCE_REASONS[reason], reason }
}

function reasonOf({ code, enhanced }: ReplyFacts, words: string): BounceReason {
  const said = reasonOfWords(words)
  const status = enhanced === null ? null : reasonOfStatus(enhanced)
  if (said === null) return status ?? (code === null ? 'unclear' : reasonOfCode(code))
  // "Rejected", "unavailable", "try later": the status says more than that.
  const isVague = said === 'policy' || said === 'system-error' || said === 'network'
  if (isVague && status !== null && status !== 'unclear') return status
  const isTemporary =
    enhanced?.startsWith('4.') || (enhanced === null && code !== null && code < 500)
  if (isTemporary && BOUNCE_REASONS[said] === 'hard') return 'system-error'
  return said
}

/** What the words alone say; null: nothing that is known. */
export function reasonOfWords(words: string): BounceReason | null {
  for (const [reason, pattern] of ENGLISH) {
    if (pattern.test(words)) return reason
  }
  for (const [reason, phrases] of WORLD_PHRASES) {
    if (phrases.some((phrase) => words.includes(phrase))) return reason
  }
  return null
}

/** 550 alone may be anything: only 551 and 521, 556 (RFC 7504) have a meaning of their own. */
function reasonOfCode(code: number): BounceReason {
  if (code === 551) return 'moved'
  if (code === 521 || code === 556) return 'accepts-no-mail'
  if (code === 552 || code === 452) return 'mailbox-full'
  return code === 530 || code === 535 ? 'security' : 'unclear'
}

/** Checks the mailbox only once it has the mail. */
const LATE_CHECK =
  /doesn.?t have an? [\w.]+ account|mailbox not found|invalid mailbox|disabled or discontinued|dd (?:this user|sorry)/

/**
 * "Unknown user" that is none: a server that took the recipient and refuses the mail so has a filter of its reader's
 * speak (docomo, au, m-FILTER); so does one that names nobody, and one whose own code says policy. 5.2.1: there is
 * such a mailbox.
 */
function afterData(
  { stage, text, enhanced, domain }: ReplyFacts,
  reason: BounceReason,
): BounceReason {
  if (reason !== 'unknown-user') return reason
  const answered = text.toLowerCase()
  const said = stage ?? stageNamed(answered)
  if (said === 'rcpt') return reason
  if (enhanced === '5.2.1') return 'disabled'
  // RFC 5321 4.2.3 has it for "not found", "no access" and "policy" alike.
  if (/mailbox unavailable/.test(answered) && !/^5\.1\./.test(enhanced ?? '')) return 'unclear'
  const isFilter =
    (said === 'data' && !LATE_CHECK.test(answered)) ||
    /(?:^|\d |; ?): user unknown/.test(answered) ||
    /(?:^|\.)docomo\.ne\.jp$/.test(domain ?? '') ||
    /\b5[0-9]{2}[ -]5\.7\.\d/.test(answered)
  return isFilter ? 'refused-by-recipient' : reason
}

function stageNamed(answered: string): 'rcpt' | 'data' | undefined {
  if (/(?:reply to|after|command:?|for|like our) (?:the )?rcpt/.test(answered)) return 'rcpt'
  return /(?:end of|after|reply to) (?:the )?data\b|^data\b/.test(answered) ? 'data' : undefined
}

/** A link to a blocklist says what the words around it do not. */
const LISTS =
  /spamhaus|spamcop|sorbs|barracuda|uceprotect|surbl|uribl|invaluement|abuseat|senderscore|rbl|dnsbl|block/

/** Lower case, one line; what a server merely names (hosts, links, addresses, numbers) taken out: a name proves nothing. */
export function plainWords(text: string): string {
  return text
    .slice(0, TEXT_LIMIT)
    .toLowerCase()
    .replace(/https?:\/\/\S*/g, (link) => (LISTS.test(link) ? ' blocklist ' : ' '))
    .replace(/\b[2-5]\d\d[- ](?:#?[245]\.\d{1,3}\.\d{1,3}\b)?/g, ' ')
    .replace(/[^\s<>"'(),:;[\]@]{1,99}@[^\s<>"'(),:;[\]]{1,255}/g, '<a>')
    .replace(/<<a>>/g, '<a>')
    .replace(
      /(?:\bhost|\bfrom|\bby|\bmx|\bserver) [\w-]{1,63}(?:\.[\w-]{1,63}){1,10}(?: ?[[(][^\])]{0,60}[\])])*/g,
      'host',
    )
    .replace(/\b[2-5]\d\d[- ](?:#?[245]\.\d{1,3}\.\d{1,3}\b)?/g, ' ')
    .replace(/\s+/g, ' ')
}
