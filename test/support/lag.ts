import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late this process came to anything since then, for promises of time that hold where a process gets its turn. */
export function watchLag(): { worstMs(): number } {
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  return {
    worstMs() {
      delays.disable()
      return delays.max / 1e6
    },
  }
}
