import { setTimeout as sleep } from 'node:timers/promises'
import type { Listen } from '../config.ts'
import { createSmtpSender } from '../mail/smtp.ts'
import { composeReport } from './report.ts'
import type { CaughtMessage, Store } from './store.ts'

/** Sends the reports that the catcher owes to the inbound door, for as long as it takes for the door to be up. */
export type Reporter = Readonly<{
  /** Something is owed. */
  wake(): void
  setDoor(door: Listen | null): void
  close(): Promise<void>
}>

/** A door that is not up yet costs this much; it doubles up to the limit. */
const RETRY_MS = { first: 250, limit: 5_000 }

export function startReporter(store: Store, door: Listen | null): Reporter {
  const stop = new AbortController()
  const state = { door, woken: true, ring: () => {} }
  const wake = () => {
    state.woken = true
    state.ring()
  }
  const running = run(store, state, stop.signal)
  return {
    wake,
    setDoor(next) {
      state.door = next
      wake()
    },
    async close() {
      stop.abort()
      wake()
      await running
    },
  }
}

type State = { door: Listen | null; woken: boolean; ring: () => void }

async function run(store: Store, state: State, stop: AbortSignal): Promise<void> {
  let delay = RETRY_MS.first
  while (!stop.aborted) {
    if (!state.woken) {
      await new Promise<void>((resolve) => {
        state.ring = resolve
      })
    }
    if (stop.aborted) return
    state.woken = false
    if (state.door === null) continue
    const isDone = await deliverAll(store, state.door, stop)
    if (isDone) {
      delay = RETRY_MS.first
      continue
    }
    await sleep(delay, undefined, { signal: stop }).catch(() => {})
    delay = Math.min(2 * delay, RETRY_MS.limit)
    state.woken = true
  }
}

/** @returns false if some are still owed */
async function deliverAll(store: Store, door: Listen, stop: AbortSignal): Promise<boolean> {
  const owed = await store.owed()
  if (owed.length === 0) return true
  const sender = createSmtpSender({
    ...{ name: 'door', kind: 'smtp', host: door.host, port: door.port, connections: 1 },
    ...{ implicitTls: false, user: null, password: null, ratePerSecond: null },
  })
  let isDone = true
  for (const mail of owed) {
    if (stop.aborted) break
    isDone = (await deliver(store, sender, mail)) && isDone
  }
  await sender.close()
  return isDone
}

async function deliver(
  store: Store,
  sender: ReturnType<typeof createSmtpSender>,
  mail: CaughtMessage,
): Promise<boolean> {
  const report = await composeReport(mail, new Date())
  // The null sender: a report never has a report of its own (RFC 5321 4.5.5).
  const { outcome } = await sender.send({ from: '', to: mail.from }, report)
  // Rejected: the return path is no address of the door. Uncertain: it may be there, and twice is worse than once.
  const isDone = outcome !== 'deferred' && outcome !== 'not-begun'
  if (isDone) await store.reportDone(mail.id)
  return isDone
}
