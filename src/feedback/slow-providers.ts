import type { Db } from '../../db/client.ts'
import { type LateWords, lateWords } from '../../db/queries/late-words.ts'
import type { Id } from '../../db/types.ts'
import { type Signal, slowBySignal } from '../delivery/signals.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { readingOf } from '../transports/reading.ts'
import type { FeedbackOutcome } from './apply.ts'

/**
 * Behind a relay a provider's wish for less comes as a report, minutes after the mail was accepted. It counts with what
 * is said in sessions, on each transport of that campaign. Should this fail, the next report says it again.
 */
export async function slowProviders(
  deps: Readonly<{ db: Db; log: Log }>,
  outcomes: ReadonlyMap<Id, FeedbackOutcome>,
): Promise<void> {
  const counted = [...outcomes].filter(([, { outcome }]) => outcome === 'counted')
  if (counted.length === 0) return
  try {
    const ids = counted.map(([id]) => id)
    for (const signal of signalsIn(await lateWords(deps.db, ids))) await slowBySignal(deps, signal)
  } catch (error) {
    deps.log.warn({ err: messageOf(error) }, 'pace not settled by late reports')
  }
}

type LateSignal = Signal & { transportId: Id }

function signalsIn(said: readonly LateWords[]): LateSignal[] {
  const signals = new Map<string, LateSignal>()
  for (const { transportId, providerId, provider, status, diagnostic } of said) {
    const reply = { code: null, enhanced: status, text: diagnostic }
    const reading = readingOf(reply, provider)
    if (reading.about !== 'pace') continue
    const { rule } = reading
    const key = `${transportId} ${providerId} ${rule.name}`
    const known = signals.get(key)
    if (known === undefined) {
      signals.set(key, { transportId, providerId, provider, rule, times: 1 })
    } else known.times += 1
  }
  return [...signals.values()]
}
