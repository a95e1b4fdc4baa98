import type { TransportKind } from '../../db/types.ts'
import { secondsAsked } from '../transports/reading.ts'

const FIRST_SECONDS = 5 * 60
const LONGEST_SECONDS = 4 * 3600
/** Who asks for more time than that has it, and no more. */
const LONGEST_ASKED_SECONDS = 24 * 3600
export const END_SECONDS = 48 * 3600
/** The catcher defers on request, for somebody who watches. */
const CATCHER_SECONDS = 1

export type Retry = { retry: 'later'; seconds: number } | { retry: 'too-old' }

/**
 * When a message that was deferred is tried again: 5 minutes, doubled each time up to 4 hours, or as long as the server
 * asks for, until so many seconds of such delays have passed.
 * @param said the server's words
 * @param random 0 to 1, for ±20 %, or up to 10 % more than asked: those deferred together should not come back together
 */
export function retryAfter(
  row: Readonly<{ attempts: number; deferredSeconds: number }>,
  said: string,
  options: Readonly<{ transportKind: TransportKind; endSeconds?: number; random?: number }>,
): Retry {
  const { transportKind, endSeconds = END_SECONDS, random = Math.random() } = options
  const seconds = transportKind === 'catcher' ? CATCHER_SECONDS : delay(row.attempts, said, random)
  if (row.deferredSeconds + seconds > endSeconds) return { retry: 'too-old' }
  return { retry: 'later', seconds }
}

function delay(attempts: number, said: string, random: number): number {
  const asked = secondsAsked(said)
  if (asked !== null) {
    return Math.ceil(Math.min(LONGEST_ASKED_SECONDS, Math.max(1, asked)) * (1 + 0.1 * random))
  }
  return Math.round(Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** attempts) * (0.8 + 0.4 * random))
}
