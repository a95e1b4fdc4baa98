/** Runs at most `count` at once; the others wait in the order in which they came. */
export function createTurns(count: number): { run<T>(work: () => Promise<T>): Promise<T> } {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async run(work) {
      if (running >= count) await new Promise<void>((resolve) => waiting.push(resolve))
      else running += 1
      try {
        return await work()
      } finally {
        // Handed on, not given back: nobody comes in between.
        const next = waiting.shift()
        if (next) next()
        else running -= 1
      }
    },
  }
}
