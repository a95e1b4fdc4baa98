import type { Reply } from '../mail/reply.ts'
import { NOT_NOW, OURS, RULES, type Rule } from './reply-rules.ts'

/** What a reply to a message is about, as far as its provider is known. */
export type Reading =
  /** It asks for less. `repeats`: the message is tried again, whatever its code. */
  | { about: 'pace'; rule: Rule }
  /** Ours to mend; `mend` says what. */
  | { about: 'us'; mend: string }
  /** Later, though it is a 5xx. */
  | { about: 'later' }
  /** That reader or that message: the code counts. */
  | { about: 'delivery' }

const SAME_FAMILY: Readonly<Record<string, string>> = { microsoft365: 'outlook' }

/** @param provider its name; null: not known, then only what anybody may say is understood */
export function readingOf(reply: Reply, provider: string | null): Reading {
  const said = [reply.code, reply.enhanced, reply.text].filter((part) => part !== null).join(' ')
  const who = provider === null ? whoSays(said) : (SAME_FAMILY[provider] ?? provider)
  const ours = OURS.find((each) => each.provider === who && each.says.test(said))
  if (ours) return { about: 'us', mend: ours.mend }
  const rule = RULES.find(
    (each) => (each.provider === null || each.provider === who) && each.says.test(said),
  )
  if (rule) return { about: 'pace', rule }
  const isNotNow = NOT_NOW.some((each) => each.provider === who && each.says.test(said))
  return isNotNow ? { about: 'later' } : { about: 'delivery' }
}

/** Domains that no profile lists (a first send, before DNS was asked) are told by what only one provider says. */
function whoSays(said: string): string | null {
  if (/\bgsmtp\b|support\.google\.com/i.test(said)) return 'google'
  if (/\[(TS|TSS|IPTS)0\d\]/i.test(said)) return 'yahoo'
  if (/\[HCM1\]/i.test(said)) return 'apple'
  if (/\bRP-00[1-3]\b|\bS3150\b|\.outlook\.com\b/i.test(said)) return 'outlook'
  return null
}

/** "Try again in 20 minutes": seconds, or null where nothing of the kind is said. */
export function secondsAsked(text: string): number | null {
  const match =
    /\b(?:try(?:ing)?|retry)\s+(?:again\s+)?(?:later\s+)?(?:in|after)\s+(\d{1,6})\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)?\b/i.exec(
      text,
    )
  if (match === null) return null
  const unit = (match[2] ?? 's')[0]?.toLowerCase()
  return Number(match[1]) * (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1)
}
