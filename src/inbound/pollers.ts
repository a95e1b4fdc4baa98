import { notePolled, underMailboxLock } from '../../db/queries/mailboxes.ts'
import type { MailboxConfig } from '../config-intake.ts'
import { messageOf, PostriderError } from '../errors.ts'
import { pollImap } from './imap.ts'
import type { PollerDeps } from './mailbox-mail.ts'
import { pause } from './pause.ts'
import { pollPop3 } from './pop3-poll.ts'

export type Pollers = Readonly<{ close(): Promise<void> }>

/** Another process of the fleet has the mailbox: it is asked whether it still does. */
const ASK_AGAIN_MS = 5_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000
/** A login that is refused is not tried every minute: the provider would lock it. */
const REFUSED_WAIT_MS = 300_000

/** One for each mailbox, for as long as the process lives; a mailbox that cannot be reached is tried again and again. */
export function startPollers(deps: PollerDeps, mailboxes: readonly MailboxConfig[]): Pollers {
  const stop = new AbortController()
  const running = mailboxes.map((mailbox) => pollForEver(deps, mailbox, stop.signal))
  return Object.freeze({
    async close() {
      stop.abort()
      await Promise.all(running)
    },
  })
}

async function pollForEver(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  stop: AbortSignal,
): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; !stop.aborted; ) {
    const began = performance.now()
    const waits = await pollOnce(deps, mailbox, stop)
    // Whatever worked for a while is tried again at once.
    if (performance.now() - began > LONGEST_WAIT_MS) waitMs = FIRST_WAIT_MS
    await pause(waits ?? waitMs, stop)
    if (waits === null) waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  }
}

/** @returns how long to wait; null: as long as faults make one wait */
async function pollOnce(
  deps: PollerDeps,
  mailbox: MailboxConfig,
  stop: AbortSignal,
): Promise<number | null> {
  const poll = mailbox.protocol === 'imap' ? pollImap : pollPop3
  try {
    const held = await underMailboxLock(deps.db, mailbox.name, async (lost) => {
      deps.log.info({ mailbox: mailbox.name }, 'looking through a mailbox')
      await poll(deps, mailbox, AbortSignal.any([stop, lost]))
      return 'held'
    })
    return held === null ? ASK_AGAIN_MS : FIRST_WAIT_MS
  } catch (error) {
    if (stop.aborted) return null
    const words = messageOf(error)
    deps.log.error({ mailbox: mailbox.name, err: words }, 'mailbox in trouble; tried again')
    await notePolled(deps.db, mailbox.name, words).catch(() => {})
    return error instanceof PostriderError && error.code === 'refused' ? REFUSED_WAIT_MS : null
  }
}
