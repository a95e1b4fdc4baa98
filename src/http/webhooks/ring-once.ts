/** In a burst of thousands a doorbell is rung a few times a second. */
const APART_MS = 200

/** Rings at once, and then at most every 200 ms; never not at all for one that came since. */
export function createBell(ring: () => void): { ring(): void } {
  let timer: NodeJS.Timeout | null = null
  let again = false
  const rest = () => {
    timer = null
    if (!again) return
    again = false
    start()
  }
  const start = () => {
    ring()
    timer = setTimeout(rest, APART_MS)
    timer.unref()
  }
  return {
    ring() {
      if (timer === null) start()
      else again = true
    },
  }
}
