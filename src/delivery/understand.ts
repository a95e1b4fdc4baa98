import { readingOf } from '../transports/reading.ts'
import type { Rule } from '../transports/reply-rules.ts'
import type { Outcome } from './held.ts'

/** An outcome, with what its reply says beside it. */
export type Understood = Readonly<{
  outcome: Outcome
  /** The provider asks for less. */
  rule: Rule | null
  /** What of ours is to be mended before it makes sense to go on. */
  mend: string | null
}>

/**
 * Whose fault a reply to a message is: where it is about our pace or about us, its code says nothing of the reader. Pure.
 * @param provider who runs the reader's mailbox; null: not known
 */
export function understand(outcome: Outcome, provider: string | null): Understood {
  if (outcome.outcome !== 'deferred' && outcome.outcome !== 'rejected') {
    return { outcome, rule: null, mend: null }
  }
  const { reply } = outcome
  const reading = readingOf(reply, provider)
  const later: Outcome = { outcome: 'deferred', reply }
  switch (reading.about) {
    case 'us':
      return { outcome: { outcome: 'back' }, rule: null, mend: reading.mend }
    case 'pace':
      return { outcome: reading.rule.repeats ? later : outcome, rule: reading.rule, mend: null }
    case 'later':
      return { outcome: later, rule: null, mend: null }
    case 'delivery':
      return { outcome, rule: null, mend: null }
  }
}
