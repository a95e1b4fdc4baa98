const FIRST_SECONDS = 5 * 60
const LONGEST_SECONDS = 4 * 3600
const END_SECONDS = 48 * 3600
/** The catcher defers on request, for somebody who watches. */
const CATCHER_SECONDS = 1

export type Retry = { retry: 'later'; seconds: number } | { retry: 'too-old' }

/**
 * When a message that was deferred is tried again: 5 minutes, doubled each time up to 4 hours, until 48 hours of such
 * delays have passed.
 * @param random 0 to 1, for ±20 %: those deferred together should not come back together
 */
export function retryAfter(
  row: Readonly<{ attempts: number; deferredSeconds: number }>,
  transportKind: 'smtp' | 'catcher',
  random = Math.random(),
): Retry {
  const seconds =
    transportKind === 'catcher'
      ? CATCHER_SECONDS
      : Math.round(
          Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** row.attempts) * (0.8 + 0.4 * random),
        )
  if (row.deferredSeconds + seconds > END_SECONDS) return { retry: 'too-old' }
  return { retry: 'later', seconds }
}
