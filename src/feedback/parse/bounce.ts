import { maskAddresses } from '../../log.ts'
import { BOUNCE_REASONS, type BounceReason } from '../../mail/bounce-reason.ts'
import { classifyReply, type ReplyStage } from '../../mail/classify-reply.ts'
import { type DsnRecipient, readDsn } from '../../mail/dsn.ts'
import { addressesIn, field } from '../../mail/header-read.ts'
import { looksLikeBounce, weigh } from './evidence.ts'
import type { Letter } from './letter.ts'
import { type FoundRecipient, findRecipients } from './recipients.ts'
import type { BounceEvent } from './returned-mail.ts'
import { readReplyIn } from './words.ts'

const DIAGNOSTIC_LIMIT = 500

/** More is nobody's return path: a header may hold thousands. */
const SENDER_LIMIT = 10

/** What the letter reports of whom. null: it is no bounce. */
export function readBounce(letter: Letter): readonly BounceEvent[] | null {
  const reported = reportIn(letter.statuses)
  if (reported.length > 0) return eventsOf(reported, letter)
  const found = findRecipients(letter)
  if (!looksLikeBounce(letter, weigh(letter), found.length > 0)) return null
  // Gateways flatten a report into text. From anybody else such lines are a quotation.
  const flattened = reportIn(fieldsIn(letter.notice))
  if (flattened.length > 0) return eventsOf(flattened, letter)
  const named = found.length > 0 ? found : whomItWentTo(letter)
  return named.map(({ address, words }) => fromNotice(address || null, words, letter))
}

function eventsOf(reported: readonly DsnRecipient[], letter: Letter): BounceEvent[] | null {
  if (reported.every(({ action }) => isGood(action))) return null
  return reported.map((recipient) => fromReport(recipient, letter))
}

/** RFC 3464 2.3.3: it got there, or went on to where nobody reports. */
const isGood = (action: string | null) => /^\s*(?:delivered|relayed|expanded)/i.test(action ?? '')

function reportIn(texts: readonly string[]): readonly DsnRecipient[] {
  return texts
    .filter((text) => !/^[ \t]*disposition:/im.test(text))
    .flatMap((text) => readDsn(text).recipients)
    .filter(
      ({ finalRecipient, originalRecipient, action, status, diagnostic }) =>
        Boolean(finalRecipient ?? originalRecipient) && Boolean(action ?? status ?? diagnostic),
    )
}

function fieldsIn(notice: string): string[] {
  const at = notice.search(/^[ \t>]*(?:reporting-mta|final-recipient|original-recipient):/im)
  return at < 0 || !/^[ \t>]*(?:action|status):/im.test(notice.slice(at)) ? [] : [notice.slice(at)]
}

function fromReport(recipient: DsnRecipient, letter: Letter): BounceEvent {
  const action = /^\s*([a-z]+)/i.exec(recipient.action ?? '')?.[1]?.toLowerCase() ?? null
  const original = addressOf(recipient.originalRecipient)
  const final = finalOf(addressOf(recipient.finalRecipient), original, letter)
  const notice = aboutIn(letter, [final, original])
  const diagnostic = recipient.diagnostic ?? ''
  const status = statusOf(recipient.status, diagnostic, notice)
  const base = { finalRecipient: final, originalRecipient: original, action, status }
  if (isGood(action)) return { ...base, type: null, reason: null, diagnostic: storable(diagnostic) }
  const reason = reasonOf({
    texts: [diagnostic, notice],
    status,
    // The reporter tries again, whatever the server said (Postfix's soft_bounce).
    action: /^\s*4\./.test(recipient.status ?? '') ? 'delayed' : action,
    ...contextOf(original ?? final, letter),
    stage: readReplyIn(diagnostic).stage ?? readReplyIn(notice).stage,
  })
  return {
    ...base,
    type: BOUNCE_REASONS[reason],
    reason,
    diagnostic: storable(diagnostic || readReplyIn(notice).text || explanation(final, notice)),
  }
}

function fromNotice(address: string | null, words: string, letter: Letter): BounceEvent {
  const reply = readReplyIn(words)
  const isDelay = /\b(?:delay|warning|will (?:be retried|retry|keep trying)|not yet)/i.test(words)
  const reason = reasonOf({
    texts: [reply.text, words],
    status: reply.enhanced,
    action: null,
    ...contextOf(address, letter),
    stage: reply.stage,
  })
  return {
    finalRecipient: address,
    originalRecipient: null,
    action: isDelay && BOUNCE_REASONS[reason] !== 'hard' ? 'delayed' : 'failed',
    status: reply.enhanced,
    type: BOUNCE_REASONS[reason],
    reason,
    diagnostic: storable(reply.text || explanation(address, words)),
  }
}

type Context = Readonly<{
  address: string | undefined
  domain: string | undefined
  senders: readonly string[]
  isOwnWord: boolean
}>

type Said = Context &
  Readonly<{
    texts: readonly string[]
    status: string | null
    action: string | null
    stage: ReplyStage | undefined
  }>

/** The first text that says something decides; the status where none does. */
function reasonOf({ texts, status, action, ...context }: Said): BounceReason {
  const reasons: BounceReason[] = []
  for (const text of texts.filter((words) => words.trim() !== '')) {
    const reason = reasonOfText(text, status, context)
    // A reporter's "address not found" is a guess where the server's own words left it open.
    const isGuess = BOUNCE_REASONS[reason] === 'hard' && hasReply(texts[0]) && reasons.length > 0
    reasons.push(isGuess && BOUNCE_REASONS[reasons[0] ?? reason] !== 'hard' ? 'unclear' : reason)
  }
  const clear = reasons.find((reason) => !VAGUE.has(reason)) ?? reasons.find((r) => r !== 'unclear')
  const reason = clear ?? classifyReply({ code: null, enhanced: status, text: '' }).reason
  if (BOUNCE_REASONS[reason] !== 'hard') return reason
  // Where the mail also says that it is full, one of both is wrong: no proof.
  if (reasons.includes('mailbox-full')) return 'mailbox-full'
  // A warning is never the end of an address.
  return action === 'delayed' ? 'expired' : reason
}

/**
 * Sendmail and others make 5.1.1 of every 550 to RCPT: where the server gave no code of its own, its words must say
 * that nobody is there, or "access denied" would cost a reader.
 */
function reasonOfText(
  text: string,
  status: string | null,
  context: Context & Pick<Said, 'stage'>,
): BounceReason {
  const { code, enhanced } = readReplyIn(text)
  const { reason } = classifyReply({ code, enhanced: status, text, ...context })
  if (BOUNCE_REASONS[reason] !== 'hard' || code === null || enhanced !== null) return reason
  const byWords = classifyReply({ code, enhanced: null, text, ...context }).reason
  if (byWords === 'unclear') return 'perhaps-unknown'
  return VAGUE.has(byWords) && byWords !== 'perhaps-unknown' ? byWords : reason
}

const hasReply = (text: string | undefined) => readReplyIn(text ?? '').code !== null

const VAGUE = new Set<BounceReason>([
  'unclear',
  'policy',
  'system-error',
  'network',
  'perhaps-unknown',
])

/** The server's own code, where it gave one; else the reporter's, unless that says nothing (`5.0.0`). */
function statusOf(field: string | null, diagnostic: string, notice: string): string | null {
  const words = readReplyIn(diagnostic).enhanced
  if (words !== null) return words
  const said = /(?:^|[\s(;])([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(field ?? '')?.[1] ?? null
  if (said !== null && !/\.0\.0$/.test(said)) return said
  return readReplyIn(notice).enhanced ?? said
}

/** The notice's words about one of these addresses. */
function aboutIn(letter: Letter, addresses: readonly (string | null)[]): string {
  const lower = letter.notice.toLowerCase()
  for (const address of addresses) {
    const at = address === null ? -1 : lower.indexOf(address)
    if (at >= 0) return letter.notice.slice(at, at + 3_000)
  }
  return letter.notice.slice(0, 3_000)
}

/** Without a reply: what the notice says behind the address, of a paragraph or less. */
function explanation(address: string | null, words: string): string {
  const at = address === null ? -1 : words.toLowerCase().indexOf(address)
  const behind =
    at < 0 ? '' : words.slice(at + (address?.length ?? 0)).replace(/^[^\p{L}\p{N}]+/u, '')
  // "because:" opens what is said in the next paragraph.
  const said = behind.replace(/:[ \t]*\n\s*/, ': ').split(/\n[ \t]*\n/)[0]
  return said?.slice(0, DIAGNOSTIC_LIMIT) ?? ''
}

/** Nobody is named: then whom the returned mail went to, where that is one. */
function whomItWentTo(letter: Letter): FoundRecipient[] {
  const words = letter.notice
  for (const name of ['x-original-to', 'delivered-to', 'to']) {
    const addresses = addressesIn(field(letter.original, name))
    if (addresses.length === 1 && addresses[0]) return [{ address: addresses[0], words }]
  }
  return [{ address: '', words }]
}

/** A name of the reporter's own system, or a program, is nobody we mailed: the notice may know who. */
function finalOf(final: string | null, original: string | null, letter: Letter): string | null {
  if (final?.includes('@') || original?.includes('@')) return final
  const found = findRecipients(letter)
  return found.length === 1 ? (found[0]?.address ?? final) : final
}

const addressOf = (value: string | null) => value?.trim().toLowerCase() || null

/** Who reports of its own domain knows which mailboxes it has. */
function contextOf(address: string | null, { fromAddress, original, ours }: Letter): Context {
  const domain = address?.split('@')[1]
  const senders = ['from', 'sender', 'reply-to', 'return-path'].flatMap((name) =>
    addressesIn(field(original, name)),
  )
  return {
    address: address ?? undefined,
    domain,
    senders: [...senders, ...ours].slice(0, SENDER_LIMIT),
    isOwnWord: domain !== undefined && domain === fromAddress.split('@')[1],
  }
}

function storable(text: string): string | null {
  const line = maskAddresses(text.replace(/[\s\p{Cc}]+/gu, ' ').trim())
  return [...line].slice(0, DIAGNOSTIC_LIMIT).join('') || null
}
