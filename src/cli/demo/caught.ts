import { setTimeout as sleep } from 'node:timers/promises'
import PostalMime, { type Email } from 'postal-mime'
import { type CaughtMessage, openStore } from '../../catcher/store.ts'

const LOOK_EVERY_MS = 100
const LIMIT_MS = 30_000

/** What the catcher has on disk now. */
export async function caughtIn(dir: string): Promise<CaughtMessage[]> {
  return (await openStore(dir)).messages()
}

export type MailWanted = Readonly<{
  to: string
  fits?: (mail: Email) => boolean
}>

/** The first mail that is wanted, as soon as it is there. */
export async function waitForMail(
  dir: string,
  { to, fits = () => true }: MailWanted,
  signal: AbortSignal,
): Promise<Email> {
  return until(`a mail to ${to}`, signal, async () => {
    for (const caught of await caughtIn(dir)) {
      if (caught.to !== to) continue
      const mail = await PostalMime.parse(await caught.raw())
      if (fits(mail)) return mail
    }
    return null
  })
}

/** A header's value on one line. */
export function headerOf(mail: Email, name: string): string {
  const header = mail.headers.find(({ key }) => key === name.toLowerCase())
  if (!header) throw new Error(`the mail has no ${name}`)
  return header.value.replace(/\s+/g, ' ')
}

/** Asks until there is an answer, or nobody wants it any more. */
export async function until<T>(
  what: string,
  signal: AbortSignal,
  ask: () => Promise<T | null>,
): Promise<T> {
  const deadline = Date.now() + LIMIT_MS
  for (;;) {
    signal.throwIfAborted()
    const answer = await ask()
    if (answer !== null) return answer
    if (Date.now() > deadline) throw new Error(`it took too long: ${what}`)
    await sleep(LOOK_EVERY_MS)
  }
}
