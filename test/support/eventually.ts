import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a state, never for a time: repeats until nothing is thrown, and throws the last error after `timeoutMs`. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + (options.timeoutMs ?? 20_000)
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(options.everyMs ?? 25)
    }
  }
}
