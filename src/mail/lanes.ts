/** Takes turns on a fixed number of connections. */
export type Lanes = Readonly<{
  /** Resolves when a lane is free. */
  take(): Promise<void>
  give(): void
  /** One lane until a login has worked, so that a revoked one costs one attempt and not one for each connection. */
  setProven(isProven: boolean): void
  /** Lets everybody who waits go on at once, and resolves when all lanes are free. */
  drain(): Promise<void>
}>

export function createLanes(count: number): Lanes {
  let busy = 0
  let proven = false
  let draining = false
  const waiting: (() => void)[] = []
  const empty: (() => void)[] = []
  const wake = () => {
    while (waiting.length > 0 && (draining || busy < (proven ? count : 1))) {
      busy += 1
      waiting.shift()?.()
    }
    if (busy === 0) for (const done of empty.splice(0)) done()
  }
  return {
    take: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        wake()
      }),
    give() {
      busy -= 1
      wake()
    },
    setProven(isProven) {
      proven = isProven
      wake()
    },
    drain: () =>
      new Promise((resolve) => {
        draining = true
        empty.push(resolve)
        wake()
      }),
  }
}
