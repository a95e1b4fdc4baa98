import type { Db } from '../../db/client.ts'
import { countSignal, slowProvider } from '../../db/queries/pace.ts'
import type { Id } from '../../db/types.ts'
import type { Log } from '../log.ts'
import type { Rule } from '../transports/reply-rules.ts'

export type SignalDeps = Readonly<{
  db: Db
  log: Log
  transportId: Id
  /** Done before outcomes that are recorded later, and tried until it succeeds. */
  first(task: () => Promise<unknown>): void
  /** What waits of it goes back: it may be too much already. */
  onSignal(providerId: number): void
}>

export type Signal = { providerId: number; provider: string; rule: Rule; times: number }

/** Counts what providers say of our pace, and slows those that have said it often enough. */
export function createSignals(deps: SignalDeps) {
  let waiting = new Map<string, Signal>()
  let isRecording = false
  const record = async () => {
    const signals = waiting
    waiting = new Map()
    isRecording = true
    for (const [key, signal] of signals) {
      try {
        await recordSignal(deps, signal)
        signals.delete(key)
      } catch (error) {
        // Counted with those that have come since, when the task is tried again.
        for (const [left, { times, ...rest }] of signals) {
          const known = waiting.get(left)
          waiting.set(left, { ...rest, times: times + (known?.times ?? 0) })
        }
        throw error
      }
    }
    isRecording = false
  }
  return {
    /** Something was said that Postgres does not know yet: nothing more is claimed until it does. */
    isPending: () => isRecording || waiting.size > 0,
    /** Of those without a name, whose readers are at many places, each one only defers its own message. */
    add(providerId: number, provider: string | null, rule: Rule): void {
      if (providerId === 0 || provider === null) return
      deps.onSignal(providerId)
      const key = `${providerId} ${rule.name}`
      const known = waiting.get(key)
      if (known !== undefined) {
        known.times += 1
        return
      }
      if (waiting.size === 0) deps.first(record)
      waiting.set(key, { providerId, provider, rule, times: 1 })
    },
  }
}

async function recordSignal({ db, log, transportId, onSignal }: SignalDeps, signal: Signal) {
  if (await slowBySignal({ db, log }, { ...signal, transportId })) onSignal(signal.providerId)
}

/** Counts what a provider said, and slows it where that is often enough. @returns whether it goes slower from now on */
export async function slowBySignal(
  { db, log }: Pick<SignalDeps, 'db' | 'log'>,
  signal: Signal & Readonly<{ transportId: Id }>,
): Promise<boolean> {
  const { transportId, providerId, provider, rule, times } = signal
  const { perMinute, inFlight, minutes } = rule.slow
  const slowed = await db.transaction().execute(async (trx) => {
    const seen = await countSignal(trx, transportId, providerId, ruleKey(rule), times)
    if (seen < rule.times) return false
    return slowProvider(trx, transportId, providerId, {
      ratePerSecond: perMinute / 60,
      inFlight: inFlight ?? null,
      seconds: minutes * 60,
      reason: `${provider} asks for less (${rule.name})`,
    })
  })
  if (!slowed) return false
  const pace = perMinute === 0 ? 'stops' : 'slows down'
  log.warn({ transportId, provider, rule: rule.name, perMinute, minutes }, `a provider ${pace}`)
  return true
}

function ruleKey({ provider, name }: Rule): string {
  return `${provider ?? 'any'} ${name}`
}
