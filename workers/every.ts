/**
 * Does it at once and then again, `everyMs` after it was done. It must not throw.
 * @returns stops it, and settles when the last one is done
 */
export function every(everyMs: number, work: () => Promise<void>): () => Promise<void> {
  const stop = new AbortController()
  const running = (async () => {
    while (!stop.signal.aborted) {
      await work()
      await pause(everyMs, stop.signal)
    }
  })()
  return async () => {
    stop.abort()
    await running
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
