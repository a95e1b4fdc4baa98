import { createHash } from 'node:crypto'
import type { BounceType } from '../../../../db/types.ts'
import { maskAddresses } from '../../../log.ts'
import type { BounceReason } from '../../../mail/bounce-reason.ts'
import { classifyReply } from '../../../mail/classify-reply.ts'

/** What a provider says of one recipient. */
export type ProviderEvent = Readonly<{
  /** The same however often it is posted; unique at this provider. */
  id: string
  kind: 'bounce' | 'complaint' | 'unsubscribe' | 'delivered' | 'auto-reply' | 'other'
  /** In lower case. */
  recipient: string | null
  /** Whatever may hold our Message-ID, or the token in it: headers, metadata, custom ids. */
  tokens: readonly string[]
  type: BounceType | null
  reason: BounceReason | null
  /** RFC 3463 */
  status: string | null
  /** Addresses masked, at most 500 characters. */
  diagnostic: string | null
  /** RFC 5965 3.5, in lower case: abuse, not-spam, auth-failure … */
  feedbackType: string | null
}>

/** What a provider's own words for a failure amount to. */
export type ProviderVerdict = Readonly<{
  says: BounceType | null
  /** Where the provider itself names the fault. */
  reason?: BounceReason
  status?: string | null
  /** The server's answer. */
  text?: string | null
}>

/**
 * Providers call hard what was only refused (SES Permanent/General, Mailgun's permanent): where the server's own words are
 * there they decide, and where the two differ, the milder one is taken.
 */
export function bounce(
  verdict: ProviderVerdict,
): Pick<ProviderEvent, 'kind' | 'type' | 'reason' | 'status' | 'diagnostic'> {
  const text = verdict.text?.trim() || null
  const status = statusIn(verdict.status ?? null) ?? statusIn(text)
  const code = /\b([45]\d\d)\b/.exec(text ?? '')?.[1]
  const told =
    text === null && status === null
      ? null
      : classifyReply({ code: code ? Number(code) : null, enhanced: status, text: text ?? '' })
  const judged = judge(verdict, told)
  const diagnostic = text && maskAddresses(text).slice(0, 500)
  return { kind: 'bounce', ...judged, status, diagnostic }
}

type Judged = Pick<ProviderEvent, 'type' | 'reason'>

function judge({ says, reason }: ProviderVerdict, told: Judged | null): Judged {
  const doubtful: Judged = { type: says === 'block' ? 'block' : 'soft', reason: 'unclear' }
  const named: Judged | null = says !== null && reason !== undefined ? { type: says, reason } : null
  if (told === null) {
    return named ?? (says === 'hard' ? { type: 'hard', reason: 'unknown-user' } : doubtful)
  }
  if (told.reason === 'unclear') return named ?? doubtful
  if (says === null || told.type === says) return told
  // Hard only where both say so.
  return told.type === 'hard' ? (named ?? doubtful) : told
}

/** RFC 3463: `5.1.1`, wherever it stands; not the beginning of an IP address. */
export function statusIn(text: string | null): string | null {
  return /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/.exec(text ?? '')?.[1] ?? null
}

export const NO_BOUNCE = { type: null, reason: null, status: null, diagnostic: null } as const

/** The shape of an event that is no bounce. */
export function plain(
  kind: Exclude<ProviderEvent['kind'], 'bounce'>,
  words: { diagnostic?: string | null; feedbackType?: string | null } = {},
) {
  const diagnostic = words.diagnostic ? maskAddresses(words.diagnostic).slice(0, 500) : null
  return { kind, ...NO_BOUNCE, diagnostic, feedbackType: words.feedbackType ?? null }
}

type Said = Omit<ProviderEvent, keyof About | 'feedbackType'> &
  Partial<Pick<ProviderEvent, 'feedbackType'>>
type About = Pick<ProviderEvent, 'id' | 'recipient' | 'tokens'>

/** What is said, with whom it is about. null: nothing that counts. */
export function eventsOf(said: Said | null, about: About): ProviderEvent[] {
  return said === null ? [] : [{ feedbackType: null, ...said, ...about }]
}

/** Names an event by what it says, where its provider gives it no name. */
export function contentId(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Foreign JSON, read without trust: what is not there, or is something else, is null. */
export type Json = Readonly<Record<string, unknown>>

export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() || null
  return typeof value === 'number' ? String(value) : null
}

export function addressOf(value: unknown): string | null {
  const text = textOf(value)
  const bare = /<([^<>]+)>\s*$/.exec(text ?? '')?.[1] ?? text
  return bare?.includes('@') ? bare.trim().toLowerCase() : null
}

/** All texts in a value, however deep: what an editor's metadata may hold is not known beforehand. */
export function textsIn(value: unknown, depth = 4): string[] {
  if (typeof value === 'string') return [value]
  if (depth === 0 || typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((each) => textsIn(each, depth - 1))
}

/** @throws SyntaxError */
export function readJson(raw: Buffer): unknown {
  return JSON.parse(raw.toString('utf8'))
}

/** One object a post, or a list of them where events come grouped. @throws SyntaxError */
export function oneOrMany(raw: Buffer): Json[] {
  const said = readJson(raw)
  return (Array.isArray(said) ? listOf(said) : [said]).map(objectOf)
}
