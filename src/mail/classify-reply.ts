import { BOUNCE_REASONS, type BounceReason, type BounceVerdict } from './bounce-reason.ts'
import { ADDRESS } from './header-read.ts'
import { otherSubject } from './reply-doubts.ts'
import { namesSender } from './reply-names.ts'
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
  stage?: ReplyStage | undefined
  /** Whom it is about, where known. */
  address?: string | undefined
  /** Addresses that the mail was sent from. */
  senders?: readonly string[] | undefined
  /** The recipient's own domain says it, in a notice of its own: it knows its mailboxes. */
  isOwnWord?: boolean | undefined
}>

export type Classified = Readonly<{ type: BounceVerdict; reason: BounceReason }>

const ANY_ADDRESS = new RegExp(ADDRESS, 'giu')

/** More words than that are no reply. */
const TEXT_LIMIT = 4_000

const ENGLISH: Phrases = [...OUR_FAULT, ...THEIR_TROUBLE, ...DEAD_ADDRESS, ...LAST_WORDS]

/** Whose fault it is. Pure. The words weigh more than the digits, and doubt is never called hard. */
export function classifyReply(facts: ReplyFacts): Classified {
  const words = plainWords(facts.text)
  const said = saidIn(ENGLISH, words) ?? saidInWorld(words)
  const reason = otherThing(facts, words, said, doubt(facts, reasonOf(facts, said), said))
  return { type: BOUNCE_REASONS[reason], reason }
}

/** Codes for what we lack (RFC 7372 and after): no "not found" beside them is about a reader. Sendmail has its own 5.7.27. */
const PRECISE = /^[45]\.7\.(?:2[0-68-9]|3[0-2]|40|509|515)$/

function reasonOf({ code, enhanced, text }: ReplyFacts, found: Said | null): BounceReason {
  const status = enhanced === null ? null : reasonOfStatus(enhanced)
  if (found === null || PRECISE.test(enhanced ?? ''))
    return status ?? (code === null ? 'unclear' : reasonOfCode(code))
  return weighed(found, status, enhanced, text)
}

/** The words, unless they say less than the status. */
function weighed(
  found: Said,
  status: BounceReason | null,
  enhanced: string | null,
  text: string,
): BounceReason {
  const isMicrosoft = isDirectoryBlock(enhanced, text) || isNoMailbox(enhanced, text)
  const said = isMicrosoft ? 'unknown-user' : found.reason
  // "Rejected", "unavailable", "try later": the status says more than that.
  const isVague = said === 'policy' || said === 'system-error' || said === 'network'
  if (!isVague || status === null || status === 'unclear') return said
  // "5.1.1 unknown error": one of both is wrong.
  return said === 'system-error' && BOUNCE_REASONS[status] === 'hard' ? said : status
}

/** Microsoft, of an address that its directory lacks; 5.4.1 is "no answer from host" elsewhere. */
const isDirectoryBlock = (enhanced: string | null, text: string) =>
  enhanced === '5.4.1' && /rejected: access denied/i.test(text)

/** Outlook.com, of a mailbox that it does not have: with a number of its own behind the words, to RCPT alone. */
const isNoMailbox = (enhanced: string | null, text: string) =>
  enhanced === '5.5.0' && /action not taken: mailbox unavailable \(s\d{6,}\)/i.test(text)

/** What words say, and where in them. */
type Said = Readonly<{ reason: BounceReason; at: number; isForeign: boolean }>

/** The words alone, lower case; null: nothing that is known. */
function saidIn(phrases: Phrases, words: string): Said | null {
  for (const [reason, pattern] of phrases) {
    const at = pattern.exec(words)?.index
    if (at !== undefined) return { reason, at, isForeign: false }
  }
  return null
}

function saidInWorld(words: string): Said | null {
  for (const [reason, phrases] of WORLD_PHRASES) {
    const found = phrases.find((one) => words.includes(one))
    if (found !== undefined) return { reason, at: words.indexOf(found), isForeign: true }
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

/** Where in a session a server said it. */
export type ReplyStage = 'connect' | 'mail' | 'rcpt' | 'data'

/**
 * Words of a server about its own mailboxes: Exchange, Domino, qmail, Exim, Smail, IMail, mail.local; and those that
 * leave no doubt though they come only once it has the mail (Yahoo, Mail.ru).
 */
const OWN_WORDS =
  /mailbox not found|invalid mailbox|no mailbox here|recip(?:ient)?notfound|resolver\.adr\.|not listed in|\(user not found|name is not recogni[sz]ed|address book|unrouteable address|unknown local.?part|(?:^|\n|: )(?:unknown user|user unknown): |invalid final delivery|destination addresses were unknown|public address book|no such (?:local )?(?:mailbox|account|user) (?:on|at|in) this|delivery error: dd this user doesn/

/** As far around the words that count as what limits them may stand: a notice speaks of many things. */
const NEAR = 200

/** Of what is read as hard: whatever is said beside it, in the same breath, makes it doubtful. */
function otherThing(
  { text, address, senders = [], code }: ReplyFacts,
  words: string,
  said: Said | null,
  reason: BounceReason,
): BounceReason {
  if (BOUNCE_REASONS[reason] !== 'hard') return reason
  if (code !== null && namesSender(text.slice(0, TEXT_LIMIT), senders, address))
    return reason === 'unknown-host' ? 'sender-dns' : 'sender'
  const at = said?.at ?? NEAR / 2
  const near = words.slice(Math.max(0, at - NEAR), at + NEAR)
  const other = otherSubject(near, said?.isForeign ?? false)
  return other === 'sender' && reason === 'unknown-host' ? 'sender-dns' : (other ?? reason)
}

/**
 * What is no proof that an address is dead, whatever the words: an answer before it was named; from a server that took
 * it and refuses the mail (docomo, au, m-FILTER: the reader's filter speaks so); with a code that says policy; or a
 * sentence of which nobody says who said it to what. 5.2.1: there is such a mailbox.
 */
function doubt(facts: ReplyFacts, reason: BounceReason, said: Said | null): BounceReason {
  if (BOUNCE_REASONS[reason] !== 'hard') return reason
  if (facts.enhanced?.startsWith('4.') || (facts.code ?? 500) < 500) return 'system-error'
  const answered = facts.text.toLowerCase()
  const stage = facts.stage ?? stageOf(answered)
  if (stage === 'mail') return reason === 'unknown-host' ? 'sender-dns' : 'sender'
  if (stage === 'connect') return 'policy'
  if (reason === 'unknown-user') return doubtUser(facts, answered, stage, said?.isForeign ?? false)
  // 500 to 504 speak of commands (RFC 5321 4.2.2): "invalid domain name" is the one we greet with.
  const isSyntax = facts.code !== null && facts.code >= 500 && facts.code <= 504
  return isSyntax && reason === 'unknown-host' && stage !== 'rcpt' ? 'malformed' : reason
}

function doubtUser(
  { code, enhanced, domain, isOwnWord }: ReplyFacts,
  answered: string,
  stage: ReplyStage | undefined,
  isForeign: boolean,
): BounceReason {
  if (OWN_WORDS.test(answered) || isNoMailbox(enhanced, answered)) return 'unknown-user'
  if (enhanced?.startsWith('5.2.') && /\b(?:un|not )available/.test(answered)) return 'unclear'
  if (enhanced?.startsWith('5.7.') && /user unknown/.test(answered)) return 'refused-by-recipient'
  if (stage === 'rcpt') return 'unknown-user'
  // 5.2.x: there is such a mailbox.
  if (enhanced === '5.2.1') return 'disabled'
  if (stage === 'data' || /(?:^|\.)docomo\.ne\.jp$/.test(domain ?? ''))
    return 'refused-by-recipient'
  // Sendmail puts `<ada@far.test>... `, of old without brackets, before what it answers to RCPT, and to nothing else.
  const isSendmail = /\b5\d\d (?:5\.\d\.\d )?<?[^\s<>@]+@[^\s<>]+>?\.\.\. /.test(answered)
  // With a code it passes on what a server behind it, be it a filter, has answered.
  const isOwn = isOwnWord && code === null
  const isProof = isForeign || isOwn || isSendmail || /^5\.(?:1\.|4\.1$)/.test(enhanced ?? '')
  return isProof ? 'unknown-user' : 'perhaps-unknown'
}

/** As Postfix ("in reply to RCPT TO command"), Exim ("after end of data:") and others write it. */
export function stageOf(words: string): ReplyStage | undefined {
  const command =
    /(?:in reply to|after|like our|command:?|sent:|for|response to)(?: the| sending| our| pipelined| initial)*[\s:]+(end of data|data|rcpt|mail from|mail|e?helo|ehlo|initial|greeting|starttls|auth|connect)/i.exec(
      words,
    )?.[1]
  if (command === undefined) return stageTold(words)
  if (/data/i.test(command)) return 'data'
  if (/rcpt/i.test(command)) return 'rcpt'
  return /^mail/i.test(command) ? 'mail' : 'connect'
}

/** qmail: "does not like recipient", "failed after I sent the message"; Yahoo: "[RCPT_TO]"; m-FILTER: "DATA" alone. */
function stageTold(words: string): ReplyStage | undefined {
  // InterScan turns the arrows round: "Sent <<< RCPT TO", "Received >>> 550".
  if (/does not like recipient|\[rcpt_to\]|sent <<< rcpt[^>]*>\s*received >>> 5/i.test(words))
    return 'rcpt'
  if (/^[ \t]*data\b|failed after i sent the message|\[(?:data|body|end_of_data)\]/im.test(words)) {
    return 'data'
  }
  if (/but (?:my name|greeting)|does not like (?:my |the )?(?:name|greeting)/i.test(words))
    return 'connect'
  return /(?:like|but) (?:my |the )?sender|\[mail_from\]/i.test(words) ? 'mail' : undefined
}

/** A link to a blocklist says what the words around it do not. */
const LISTS =
  /spamhaus|spamcop|sorbs|barracuda|uceprotect|surbl|uribl|invaluement|abuseat|senderscore|rbl|dnsbl|blocklist|blacklist/

/** Google Groups says in fifty languages that a group does not exist or does not let you post: nobody knows which. */
const GROUPS = /groups\.google\.com\/support/

/** Lower case, one line; what a server merely names (hosts, links, addresses, numbers) taken out: a name proves nothing. */
export function plainWords(text: string): string {
  return (
    text
      .slice(0, TEXT_LIMIT)
      .toLowerCase()
      // A new label begins a new thought; a wrapped line does not.
      .replace(/\n(?=\s*[\p{L}][\p{L}\w -]{0,30}:)/gu, ' | ')
      .replace(/https?:\/\/\S*/g, (link) =>
        LISTS.test(link) ? ' blocklist ' : GROUPS.test(link) ? ' members only ' : ' ',
      )
      .replace(/\b[2-5]\d\d[- ](?:#?[245]\.\d{1,3}\.\d{1,3}\b)?/g, ' ')
      .replace(ANY_ADDRESS, '<a>')
      // Names of hosts, not of Exchange's own errors.
      .replace(
        /\b(?!resolver\.|routing\.|storedrv\.)[\w-]{1,63}(?:\.[a-z][\w-]{0,62}){2,8}\b/g,
        (host) => (LISTS.test(host) ? ' blocklist ' : 'host'),
      )
      .replace(/<<a>>/g, '<a>')
      .replace(
        /(?:\bhost|\bfrom|\bby|\bmx|\bserver) [\w-]{1,63}(?:\.[\w-]{1,63}){1,10}(?: ?[[(][^\])]{0,60}[\])])*/g,
        'host',
      )
      .replace(/\b[2-5]\d\d[- ](?:#?[245]\.\d{1,3}\.\d{1,3}\b)?/g, ' ')
      .replace(/\s+/g, ' ')
  )
}
